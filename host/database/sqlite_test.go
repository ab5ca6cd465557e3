package database

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

func sqliteIn(t *testing.T, dir string) *Databases {
	return open(t, config.Database{DSN: config.DSN("sqlite://" + filepath.Join(dir, "test.db")), Size: 1 << 20}, clock.System())
}

// TestSQLiteReachesNothingElse tries what would read or write another file, or change
// how the process works.
func TestSQLiteReachesNothingElse(t *testing.T) {
	dir := t.TempDir()
	d := sqliteIn(t, dir)
	h := handle(t, d)
	must(t, h, "create table t(a)")
	other := filepath.Join(dir, "other.db")
	for _, text := range []string{
		"attach '" + other + "' as o", "attach ':memory:' as o", "attach '' as o", "ATTACH database '" + other + "' AS o; create table o.x(a)",
		"vacuum into '" + other + "'", "vacuum",
		"select load_extension('" + other + "')", "select writefile('" + other + "', 'x')", "select readfile('/etc/passwd')",
		"create virtual table v using fts5(a)", "create virtual table v using csv(filename='/etc/passwd')", "select fts3_tokenizer('x')",
		"insert into sqlite_dbpage values (1, zeroblob(4096))", "update sqlite_master set sql = 'x'",
		"select * from pragma_data_store_directory",
	} {
		if err := h.Exec(t.Context(), text, nil); err == nil {
			t.Errorf("%s: is not refused", text)
		}
	}
	for _, text := range []string{
		"pragma temp_store_directory = '" + dir + "/tmp'", "pragma writable_schema = on", "pragma hard_heap_limit = 1",
		"pragma journal_mode = off", "pragma journal_mode = wal", "pragma max_page_count = 1000000000", "PRAGMA Trusted_Schema = on", "pragma mmap_size = 100000000",
	} {
		if got := read(t, h, text); got != "" && !strings.Contains(text, "journal") {
			t.Errorf("%s: gives %s", text, got)
		}
	}
	if got := read(t, h, "pragma journal_mode"); got != "journal_mode='delete'" {
		t.Error(got)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("there are other files: %v", files)
	}
	if got := read(t, h, "pragma table_info(t)"); !strings.Contains(got, "name='a'") {
		t.Errorf("the pragma table_info says %s", got)
	}
}

// TestSQLiteIsBounded tries to fill the memory or the disk, or to compute where no
// context is looked at.
func TestSQLiteIsBounded(t *testing.T) {
	h := handle(t, sqliteIn(t, t.TempDir()))
	must(t, h, "create table t(a); create table l(a); create trigger b before insert on l begin select trim(new.a, new.a); end")
	many := strings.Repeat("x||'',", 600)
	for text, want := range map[string]string{
		"select length(zeroblob(1e9))":                             "too big",
		"select length(randomblob(300000))":                        "too big",
		"select " + many + "1 from (select zeroblob(250000) as x)": "needs more than SQLite may hold",
		"insert into t with recursive c(x) as (select 1 union all select x + 1 from c) select hex(randomblob(1000)) from c":        "full",
		"with recursive c(x) as (select 1 union all select x + 1 from c) select * from c, c as d, c as e order by 1":               "end of the test",
		"with recursive c(x) as (select 1 union select x + 1 from c) select count(*) from c":                                       "end of the test",
		"select 'a' like '" + strings.Repeat("%a", 200) + "'":                                                                      "LIKE or GLOB pattern too complex",
		"select trim(hex(zeroblob(40000)), hex(zeroblob(40000)))":                                                                  "too big",
		"select instr(hex(zeroblob(9000)), hex(zeroblob(4000)) || 'b')" + strings.Repeat(", instr(hex(zeroblob(9000)), 'b')", 500): "too big",
		"select " + strings.Repeat("hex(zeroblob(9000)), ", 1990) + "1":                                                            "too big",
		"values (''), " + strings.Repeat("(replace(hex(zeroblob(9000)), 'b', 'c')), ", 500) + "('')":                               "too big",
		"insert into l values (hex(zeroblob(40000)))":                                                                              "too big",
	} {
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(200*time.Millisecond, func() {
			if want == "end of the test" {
				stop(errors.New(want))
			}
		})
		if err := h.Exec(ctx, text, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
}

func TestSQLiteWaitsForALock(t *testing.T) {
	d := sqliteIn(t, t.TempDir())
	a, b := handle(t, d), handle(t, d)
	must(t, a, "create table t(a)")
	must(t, a, "begin immediate")
	done := make(chan error)
	go func() { done <- b.Exec(t.Context(), "insert into t values (1)", nil) }()
	must(t, a, "insert into t values (2)")
	must(t, a, "commit")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// One script that fills SQLite's memory takes nothing from the others.
func TestSQLiteMemoryIsShared(t *testing.T) {
	d := sqliteIn(t, t.TempDir())
	for range 2 { // and what it has held is free when it is gone
		greedy, modest := handle(t, d), handle(t, d)
		must(t, greedy, "create temp table t(a)")
		must(t, modest, "create temp table t(a)")
		var err error
		for _, size := range []string{"200000", "20000", "2000", "0"} {
			for n := 0; err == nil && n < 1000; n++ {
				must(t, greedy, "savepoint s")
				if err = greedy.Exec(t.Context(), "insert into t values (zeroblob("+size+"))", nil); err != nil {
					break
				}
				must(t, greedy, "release s")
			}
			if err == nil || !strings.Contains(err.Error(), "more than SQLite may hold") {
				t.Fatalf("no end of values of %s bytes: %v", size, err)
			}
			_ = greedy.Exec(t.Context(), "rollback to s; release s", nil)
			err = nil
		}
		for range 20 {
			must(t, modest, "insert into t values (zeroblob(200000))")
		}
		fresh := handle(t, d)
		must(t, fresh, "create table if not exists a(b); insert into a values (1)")
		for _, h := range []*Handle{greedy, modest, fresh} {
			h.Release()
		}
		if n := sqliteHeldBeyond.Load(); n != 0 {
			t.Fatalf("%d bytes are counted of connections that are gone", n)
		}
	}
}
