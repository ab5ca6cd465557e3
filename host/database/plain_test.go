package database

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/operate/config"
)

// TestWhatIsPlain: what a connection is kept after is known to leave nothing behind.
func TestWhatIsPlain(t *testing.T) {
	for _, text := range []string{
		"select 1", "SELECT * FROM t WHERE id IN (1,2) AND (name = ? OR lower(name) LIKE ?)", "insert into t values (1, 'x')", "insert into t(id, name) values (?, ?);",
		"INSERT INTO public.\"T\" (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id", "replace into `t` (`id`) values (1)",
		"update t set attempts = attempts + (1), seen = now() where id = coalesce(?, 0)", "delete from t where created < date('now', '-1 day')",
		"select count(*), max(price)::numeric(8,2), row_number() over (partition by id order by id) from t group by id having count(*) > 1",
		"with x as (select 1) select * from x", "select exists(select 1 from t)", "select json_extract(a, '$.b') from t", "select (1)", "select ((1)+(2))*(3)",
	} {
		if !isPlain(text) {
			t.Errorf("%q is not plain", text)
		}
	}
	for _, text := range append(leaving[config.PostgreSQL], leaving[config.MySQL]...) {
		for _, way := range []func(string) string{
			strings.ToUpper, func(s string) string { return " " + s + " ;" }, func(s string) string { return strings.ReplaceAll(s, "(", " \n (") },
			func(s string) string { return strings.ReplaceAll(s, "(", "-- count\n(") }, func(s string) string { return strings.ReplaceAll(s, "(", "/*count*/(") },
			func(s string) string { return strings.ReplaceAll(s, "(", "# count\n(") }, func(s string) string { return strings.Replace(s, "select ", "select 1 where 0 in (select ", 1) },
			func(s string) string { return strings.Replace(s, "select ", "insert into a (b) select ", 1) }, func(s string) string { return strings.ReplaceAll(s, "select ", "select count(*), ") },
		} {
			if text := way(text); isPlain(text) {
				t.Errorf("%q is plain", text)
			}
		}
	}
	if text := strings.Repeat("(", 1<<16); !isPlain("select " + text) {
		t.Error("brackets are not plain")
	}
}

// leaving lists commands after which a connection is not as it was.
var leaving = map[string][]string{
	config.PostgreSQL: {
		"select set_config('search_path', 'pg_catalog', false)", `select "set_config"('search_path', 'pg_catalog', false)`, `select U&"set\005fconfig"('search_path', 'pg_catalog', false)`,
		"select pg_catalog . set_config('search_path', 'pg_catalog', false)", "select query_to_xml('select set' || '_config(''search_path'',''pg_catalog'',false)', true, true, '')",
		"select 7 as id into pg_temp.t", `select 7 as id into U&"pg\005ftemp".t`, "select 7 as id into temporary t2", "select pg_advisory_lock(1)", "select pg_try_advisory_lock_shared(1)",
		"listen x", "prepare p as select 1", "set statement_timeout = 1", "declare c cursor with hold for select 1", "select setseed(0.5)",
	},
	config.MySQL: {
		"select get_lock('a', 1)", "select `get_lock`('a', 1)", "select @x := 1", "set @x = 1", "set sql_mode = 'ansi'", "create temporary table t2(a int)", "select /*!50000 get_lock('a', 1) */ ", "use mysql", "lock tables t read",
		"select 1 /*! into @x */", "prepare p from 'select 1'",
	},
}

// TestNoCommandLeavesAnything: whatever a script has done with a connection, the next one gets
// it as it was at the beginning.
func TestNoCommandLeavesAnything(t *testing.T) {
	each(t, func(t *testing.T, d *Databases, kind string) {
		for _, text := range leaving[kind] {
			h := handle(t, d)
			must(t, h, "select 1")
			if err := h.Exec(t.Context(), text, nil); err != nil {
				t.Logf("%s: %v", text, err)
			}
			h.Release()
			if n := d.Status()[0].Open; n != 0 {
				t.Errorf("after %q the connection is kept", text)
			}
		}
	})
}
