package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// each runs a test on an SQLite file, and on the servers that the environment names:
// see .ci/databases.
func each(t *testing.T, test func(t *testing.T, d *Databases, kind string)) {
	for kind, dsn := range map[string]string{
		config.SQLite:     "sqlite://" + filepath.Join(t.TempDir(), "test.db"),
		config.PostgreSQL: os.Getenv("ESLUA_POSTGRES"),
		config.MySQL:      os.Getenv("ESLUA_MARIADB"),
	} {
		t.Run(kind, func(t *testing.T) {
			if dsn == "" {
				t.Skip("the environment names no such server; see .ci/databases")
			}
			d := open(t, config.Database{DSN: config.DSN(dsn)}, clock.System())
			h, err := d.Open(t.Context(), "test")
			if err != nil {
				t.Fatal(err)
			}
			must(t, h, "drop table if exists t")
			must(t, h, "create table t(id int, name varchar(50), big bigint, price numeric(8,2), f double precision)")
			h.Release()
			test(t, d, kind)
		})
	}
}

func open(t *testing.T, c config.Database, clk clock.Clock) *Databases {
	t.Helper()
	if c.Connections == 0 {
		c.Connections = 3
	}
	if c.Timeout == 0 {
		c.Timeout = config.Duration(time.Minute)
	}
	d, err := New(map[string]config.Database{"test": c}, clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func handle(t *testing.T, d *Databases) *Handle {
	t.Helper()
	h, err := d.Open(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Release)
	return h
}

func must(t *testing.T, h *Handle, text string, args ...any) {
	t.Helper()
	if err := h.Exec(t.Context(), text, args); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// read returns what a query gives as one text: name=value of each column, a row a line.
func read(t *testing.T, h *Handle, text string, args ...any) string {
	t.Helper()
	all, err := readAll(t.Context(), h, text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return all
}

func readAll(ctx context.Context, h *Handle, text string, args ...any) (string, error) {
	rows, err := h.Query(ctx, text, args)
	if err != nil {
		return "", err
	}
	var lines []string
	for {
		row, err := rows.Next()
		if row == nil {
			return strings.Join(lines, "\n"), err
		}
		lines = append(lines, shown(row))
	}
}

func shown(row *Row) string {
	var words []string
	for i, v := range row.Values {
		switch v.Kind {
		case Null:
			words = append(words, row.Columns[i]+" is null")
		case Text:
			words = append(words, fmt.Sprintf("%s='%s'", row.Columns[i], v.Text))
		default:
			words = append(words, fmt.Sprintf("%s=%s", row.Columns[i], v.Text))
		}
	}
	return strings.Join(words, " ")
}

func TestValues(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		must(t, h, "insert into t values (1, 'Ada', 9007199254740993, 12.5, 0.1), (2, null, -5, 0.25, 1000000)")
		if h.Changed() != 2 {
			t.Errorf("changed %d rows", h.Changed())
		}
		price := map[string]string{config.SQLite: "12.5"}[kind]
		if price == "" {
			price = "12.50"
		}
		got := read(t, h, "select id, name, big, price, f from t order by id")
		want := "id=1 name='Ada' big=9007199254740993 price=" + price + " f=0.1\nid=2 name is null big=-5 price=0.25 f=1000000"
		if kind == config.SQLite {
			want = strings.Replace(want, "f=1000000", "f=1000000.0", 1)
		}
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if got := read(t, h, "select name from t where id = ? and name = ?", int64(1), "Ada"); got != "name='Ada'" {
			t.Errorf("with values: %s", got)
		}
		must(t, h, "insert into t(id, name, f) values (?, ?, ?)", int64(3), nil, 2.5)
		if got := read(t, h, "select name, f from t where id = ?", int64(3)); got != "name is null f=2.5" {
			t.Errorf("written with values: %s", got)
		}
		if _, err := readAll(t.Context(), h, "select ?", int64(1), int64(2)); err == nil || !strings.Contains(err.Error(), "1 placeholders, and 2 values") {
			t.Errorf("too many values: %v", err)
		}
		if _, err := readAll(t.Context(), h, "select nothing from nowhere"); err == nil {
			t.Error("a wrong command has no error")
		}
		if got := read(t, h, "select 1 as a"); got != "a=1" {
			t.Errorf("after an error: %s", got)
		}
	})
}

func TestSeveralCommands(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		got := read(t, h, "insert into t(id) values (1); select id from t; update t set id = 2; select id + 1 as more from t;")
		if got != "id=1\nmore=3" {
			t.Errorf("got %s", got)
		}
		must(t, h, "insert into t(id) values (3); select 1; insert into t(id) values (4), (5)")
		if got := read(t, h, "select count(*) as n from t"); got != "n=4" {
			t.Errorf("got %s", got)
		}
		if got := read(t, h, "update t set id = 9"); got != "" || h.Changed() != 4 {
			t.Errorf("an update of which rows were wanted gave %q, and changed %d", got, h.Changed())
		}
	})
}

func TestNested(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		must(t, h, "insert into t(id) values (1), (2), (3)")
		rows, err := h.Query(t.Context(), "select id from t order by id", nil)
		if err != nil {
			t.Fatal(err)
		}
		seen := ""
		for row, err := rows.Next(); row != nil; row, err = rows.Next() {
			if err != nil {
				t.Fatal(err)
			}
			seen += string(row.Values[0].Text)
			must(t, h, "update t set name = 'n' where id = "+string(row.Values[0].Text))
		}
		if got := read(t, h, "select count(*) as n from t where name = 'n'"); seen != "123" || got != "n=3" {
			t.Errorf("saw %s, changed %s", seen, got)
		}
	})
}

// Rows that must be read ahead because other commands run while they come are bounded
// for all commands of a handle together.
func TestNestedWithinTheMemory(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		if h.backend.nests() {
			return
		}
		must(t, h, "insert into t(name) values "+strings.Repeat("('"+strings.Repeat("x", 50)+"'), ", 9999)+"('y')")
		for range 3 { // what is read or dropped is free again
			var open []*Rows
			for len(open) < 10 {
				rows, err := h.Query(t.Context(), "select name from t", nil)
				if err != nil {
					if !strings.Contains(err.Error(), "read them all before") {
						t.Fatal(err)
					}
					break
				}
				if row, err := rows.Next(); row == nil {
					t.Fatal(err)
				}
				open = append(open, rows)
			}
			if len(open) != 3 {
				t.Errorf("%d queries of 1.5 MB are under way at a time", len(open))
			}
			for row, err := open[0].Next(); row != nil; row, err = open[0].Next() {
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, rows := range open {
				if err := rows.Close(); err != nil {
					t.Fatal(err)
				}
			}
			h.Release()
		}
	})
}

// Dropping rows is work of this process.
func TestDroppedRowsAreCounted(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		if h.backend.computes() {
			return
		}
		must(t, h, "insert into t(name) values "+strings.Repeat("('x'), ", 2999)+"('y')")
		full := &fullBlocker{}
		err := h.Exec(context.WithValue(t.Context(), clock.BlockerKey{}, full), "select a.name from t a, t b", nil)
		if !errors.Is(err, errFull) || full.looks > 5000 { // of 35,000: until the server hears of it
			t.Errorf("ended by %v after %d looks", err, full.looks)
		}
		if got := read(t, h, "select 1 as a"); got != "a=1" {
			t.Errorf("the handle is of no more use: %s", got)
		}
	})
}

// A fullBlocker is a script that must end.
type fullBlocker struct {
	clock.Blocker
	looks int
}

var errFull = errors.New("no more processor time")

func (*fullBlocker) Block()   {}
func (*fullBlocker) Unblock() {}
func (b *fullBlocker) Look(int) error {
	if b.looks++; b.looks < 5 {
		return nil
	}
	return errFull
}

func TestStopEarly(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		must(t, h, "begin")
		must(t, h, "insert into t(id) values (1), (2), (3)")
		rows, err := h.Query(t.Context(), "select id from t", nil)
		if err != nil {
			t.Fatal(err)
		}
		if row, err := rows.Next(); row == nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		must(t, h, "commit")
		if got := read(t, h, "select count(*) as n from t"); got != "n=3" {
			t.Errorf("the transaction is lost: %s", got)
		}
	})
}

// endless computes or waits for ever.
var endless = map[string]string{
	config.SQLite:     "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c",
	config.PostgreSQL: "select pg_sleep(1000)",
	config.MySQL:      "select count(*) from information_schema.columns a, information_schema.columns b, information_schema.columns c, information_schema.columns d",
}

func TestEndedByItsContext(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		why := errors.New("the call has hung up")
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(20*time.Millisecond, func() { stop(why) })
		if _, err := readAll(ctx, h, endless[kind]); !errors.Is(err, why) {
			t.Errorf("ended by %v", err)
		}
		if got := read(t, h, "select 1 as a"); got != "a=1" {
			t.Errorf("the handle is of no more use: %s", got)
		}
	})
}

func TestEndedByTheTimeLimit(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		h.pool.limit = 50 * time.Millisecond
		if _, err := readAll(t.Context(), h, endless[kind]); err == nil || !strings.Contains(err.Error(), "longer than 50ms (databases: test: timeout:") {
			t.Errorf("ended by %v", err)
		}
	})
}

func TestLargeRows(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		large := map[string]string{
			config.SQLite:     "select " + strings.Repeat("hex(randomblob(120000)), ", 5) + "1",
			config.PostgreSQL: "select repeat('x', 900000) as a, repeat('x', 900000) as b",
			config.MySQL:      "select repeat('x', 900000) as a, repeat('x', 900000) as b",
		}
		h := handle(t, d)
		if _, err := readAll(t.Context(), h, large[kind]); err == nil || !strings.Contains(err.Error(), "a row holds more than") {
			t.Errorf("got %v", err)
		}
		if got := read(t, h, "select 1 as a"); got != "a=1" {
			t.Errorf("the handle is of no more use: %s", got)
		}
	})
}

func TestAReleasedConnectionIsClean(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		for _, text := range []string{"begin", "create temporary table mine(a int)"} {
			h := handle(t, d)
			must(t, h, text)
			must(t, h, "insert into t(id) values (7)")
			h.Release()
			if n := d.Status()[0].Open; n != 0 {
				t.Errorf("after %q the connection is kept", text)
			}
		}
		h := handle(t, d)
		if got := read(t, h, "select count(*) as n from t"); got != "n=1" {
			t.Errorf("what the transaction had written is there: %s", got)
		}
		h.Release()
		if n := d.Status()[0].Open; n != 1 {
			t.Errorf("after a select the connection is closed")
		}
	})
}

func TestTransactions(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		h := handle(t, d)
		for _, end := range []func(context.Context) error{h.Commit, func(ctx context.Context) error { h.Rollback(ctx); return nil }} {
			if err := h.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			must(t, h, "insert into t(id) values (1)")
			if err := end(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := read(t, h, "select count(*) as n from t"); got != "n=1" {
			t.Errorf("got %s", got)
		}
		h.Release()
		if n := d.Status()[0].Open; n != 1 {
			t.Error("the connection is closed though the transaction has ended")
		}
	})
}

func TestTheBoundOfAPool(t *testing.T) {
	clk := clock.NewManual(time.Unix(0, 0))
	d := open(t, config.Database{DSN: config.DSN("sqlite://" + filepath.Join(t.TempDir(), "a.db")), Connections: 1, Timeout: config.Duration(time.Minute)}, clk)
	h := handle(t, d)
	if err := h.enter(); err != nil { // a command is under way
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := d.Open(t.Context(), "test")
		failed <- err
	}()
	for d.Status()[0].Waits == 0 {
		time.Sleep(time.Millisecond)
	}
	clk.Advance(time.Minute)
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "databases: test: connections:") {
		t.Errorf("got %v", err)
	}
	h.leave()
	h.Release()
	handle(t, d)
}

func TestFind(t *testing.T) {
	d, err := New(map[string]config.Database{
		"cdr":    {DSN: "sqlite:///var/lib/cdr.db"},
		"fusion": {DSN: "pgsql://hostaddr=127.0.0.1 dbname=fusionpbx user=fusionpbx password='p w'"},
		"shop":   {DSN: "mariadb://Server=db;Database=shop;Uid=me;Pwd=p"},
		"url":    {DSN: "postgresql://me:secret@db/other"},
	}, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for dsn, want := range map[string]string{
		"cdr": "cdr", "odbc://cdr": "cdr", "odbc://cdr:user:pass": "cdr", "cdr:user:pass": "cdr", "sqlite://cdr": "cdr",
		"sqlite:///var/lib/cdr.db": "cdr", "sqlite:///var/lib/cdr.db ": "cdr", "/var/lib/cdr.db": "cdr", "/var/lib/../lib/cdr.db": "cdr",
		"pgsql://hostaddr=127.0.0.1 dbname=fusionpbx user=fusionpbx password=other": "fusion",
		"mariadb://Server=db;Database=shop;Uid=you;Pwd=q":                           "shop",
		"mysql://Server=db;Database=shop":                                           "shop",
		"postgres://you:x@db/other":                                                 "url",
		"nothing":                                                                   "", "": "", ":": "", "sqlite:///etc/passwd": "", "pgsql://dbname=x": "", "/var/lib/cdr.db/x": "",
	} {
		if got, err := d.Find(dsn); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v, want %q", dsn, got, err, want)
		}
	}
	for dsn, want := range map[string]string{
		"core:me:secret":                        `no database "core"; write databases: {core: {dsn: "..."}} and grants: {databases: [core]} there`,
		"sqlite:///var/lib/x.db":                `write databases: {NAME: {dsn: "sqlite:///var/lib/x.db"}} and grants: {databases: [NAME]}`,
		"pgsql://host=h user=u password=secret": `{dsn: "pgsql://host=h user=u password=..."}`,
		"mysql://u:secret@h/db":                 `{dsn: "mysql://u:...@h/db"}`,
	} {
		if _, err := d.Find(dsn); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v\nwant %s", dsn, err, want)
		}
	}
}

func TestConfigure(t *testing.T) {
	dir := t.TempDir()
	c := config.Database{DSN: config.DSN("sqlite://" + filepath.Join(dir, "a.db"))}
	d := open(t, c, clock.System())
	h := handle(t, d)
	must(t, h, "create table a(x)")
	if err := d.Configure(map[string]config.Database{"bad": {DSN: "pgsql://nonsense"}}); err == nil || !strings.Contains(err.Error(), "databases: bad: dsn:") {
		t.Errorf("got %v", err)
	}
	must(t, h, "insert into a values (1)")
	if _, err := d.Open(t.Context(), "test"); err == nil {
		t.Error("a database that was taken out can be opened")
	}
}
