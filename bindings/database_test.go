package bindings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/operate/config"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// withDatabases gives the scripts the databases cdr, which they are granted, and
// secret, which they are not.
func (h *harness) withDatabases(cdr config.DSN) *harness {
	h.t.Helper()
	secret := config.DSN("sqlite://" + filepath.Join(h.t.TempDir(), "secret.db"))
	if cdr == "" {
		cdr = config.DSN("sqlite://" + filepath.Join(h.t.TempDir(), "cdr.db"))
	}
	d, err := database.New(map[string]config.Database{
		"cdr":    {DSN: cdr, Connections: 5, Timeout: config.Duration(5 * time.Minute)},
		"secret": {DSN: secret, Connections: 1, Timeout: config.Duration(time.Second)},
	}, clock.System())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(d.Close)
	h.databases = d
	h.grant(func(g *grant.Grants) { g.Databases = []string{"cdr"} })
	return h
}

// in runs a script without a call and returns what its variable r holds at the end.
func (h *harness) in(script string) string {
	h.t.Helper()
	o := h.execute(show+script, host.NoSwitch{}, "")
	if o.err != nil {
		return "error: " + o.err.Error()
	}
	if n := h.databases.Status()[0].InUse; n != 0 {
		h.t.Errorf("after the script %d connections are held:\n%s", n, script)
	}
	return o.text("r")
}

// eachDatabase runs a test on SQLite and on the servers that the environment names; see
// .ci/databases.
func eachDatabase(t *testing.T, test func(t *testing.T, h *harness, kind string)) {
	for kind, dsn := range map[string]string{
		config.SQLite: "sqlite://" + filepath.Join(t.TempDir(), "cdr.db"), config.PostgreSQL: os.Getenv("ESLUA_POSTGRES"), config.MySQL: os.Getenv("ESLUA_MARIADB"),
	} {
		t.Run(kind, func(t *testing.T) {
			if dsn == "" {
				t.Skip("the environment names no such server; see .ci/databases")
			}
			h := open(t, "").withDatabases(config.DSN(dsn))
			h.in(`local d = freeswitch.Dbh("cdr") d:query("drop table if exists u") assert(d:query("create table u(id int, name varchar(20), b boolean, f double precision)"))`)
			test(t, h, kind)
		})
	}
}

// fill puts the rows into the table of which the tests know.
func (h *harness) fill() {
	h.in(`freeswitch.Dbh("cdr"):query("delete from u; insert into u values (1, 'Ada', true, 0.5), (2, null, false, null)")`)
}

func TestDbh(t *testing.T) {
	eachDatabase(t, func(t *testing.T, h *harness, kind string) {
		const dbh = `local d = freeswitch.Dbh("cdr") `
		truth := map[string]string{config.PostgreSQL: "t"}[kind]
		if truth == "" {
			truth = "1"
		}
		null := "'name'=''"
		absent := map[bool]string{true: "", false: null}[kind == config.SQLite] // see the reference
		const rowError = `local e = "" d:query("nonsense", function() end) r = show(d:last_error() ~= nil)`
		for script, want := range map[string]string{
			`r = show({d:connected(), d:release(), d:connected(), d:release(), d:query("select 1"), d:affected_rows()})`:                        "{1=true,2=true,3=false,4=false,5=false,6=0}",
			`r = "" d:query("select id, name, b from u order by id", function(row) r = r .. show(row) end)`:                                     "{'b'='" + truth + "','id'='1','name'='Ada'}{'b'='" + map[string]string{config.PostgreSQL: "f"}[kind] + zero(kind) + "','id'='2'," + null + "}",
			`local n = 0 local ok = d:query("select id from u", function(row) n = n + 1 return 1 end) r = show({ok, n})`:                        "{1=true,2=1}",
			`local n = 0 local ok = d:query("select id from u", function(row) n = n + 1 return "1" end) r = show({ok, n})`:                      "{1=true,2=1}",
			`local n = 0 local ok = d:query("select id from u", function(row) n = n + 1 return 0.5 end) r = show({ok, n})`:                      "{1=true,2=2}",
			`local n = 0 local ok = d:query("select id from u", function(row) n = n + 1 return true end) r = show({ok, n})`:                     "{1=true,2=2}",
			`local n = 0 local ok = d:query("select id from u", function(row) n = n + 1 return "break" end) r = show({ok, n})`:                  "{1=true,2=2}",
			`local n = 0 local ok = d:query("select id from u", function(row) n = n + 1 error("x") end) r = show({ok, n})`:                      "{1=true,2=1}",
			`r = show({d:query_rows("select id, name from u order by id")})`:                                                                    "{1=true,2={1={'id'='1','name'='Ada'},2={'id'='2'" + map[bool]string{true: "," + absent}[absent != ""] + "}}}",
			`d:query("update u set f = 1") local n = d:affected_rows() d:query("delete from u where id = 99") r = show({n, d:affected_rows()})`: "{1=2,2=0}",
			`local a = d:query("nonsense") local e = d:last_error() d:clear_error() r = show({a, type(e), type(d:last_error())})`:               "{1=false,2='string',3='nil'}",
			`d:query("nonsense") d:query("select 1") r = type(d:last_error())`:                                                                  "nil",
			rowError: map[bool]string{true: "false", false: "true"}[kind == config.SQLite],
			`r = show({d:test_reactive("select nothing from nowhere", "drop table nowhere", "create table fresh(a int)"), d:test_reactive("select a from fresh", "", "nonsense"), d:test_reactive("select 1"), d:query("drop table fresh")})`: "{1=true,2=true,3=false,4=true}",
			`r = show({d:query(""), d:query(nil), select("#", d:query_rows(""))})`:                                                                                 "{1=false,2=false,3=3}",
			`local n = 0 d:query("select id from u", function(row) d:query("update u set f = 7 where id = " .. row.id) n = n + d:affected_rows() end) r = show(n)`: "2",
			`for i = 1, 20 do assert(freeswitch.Dbh("cdr", "me", "secret"):query("select 1")) end r = show(d:query("select 1"))`:                                   "true",
			`local all = {} for i = 1, 5 do all[i] = freeswitch.Dbh("odbc://cdr:a:b") all[i]:query("begin") end r = "held"`:                                        "held",
			`r = ({pcall(d.query, d, "select 1", nil)})[2]`:                                                                                                        "job.lua:12: Error in LUA::Dbh::query (arg 3), expected 'SWIGLUA_FN' got 'nil'; write dbh:query(sql) if there is no function",
			`r = ({pcall(d.query, d, {})})[2]`:         "Error in LUA::Dbh::query (arg 2), expected 'char *' got 'table'; write dbh:query(sql, [each])",
			`r = ({pcall(d.query, d)})[2]`:             "Error in LUA::Dbh::query expected 2..3 args, got 1; write dbh:query(sql, [each])",
			`r = show(freeswitch.Dbh(""):connected())`: "false",
		} {
			h.fill()
			if got := h.in(dbh + script); got != want {
				t.Errorf("%s\n is %s\nwant %s", script, got, want)
			}
		}
		h.fill()
		h.in(dbh + `d:query("begin") d:query("delete from u")`)
		if got := h.in(dbh + `local n = 0 d:query("select id from u", function() n = n + 1 end) r = show(n)`); got != "2" {
			t.Errorf("a transaction that the script forgot was not undone: %s rows", got)
		}
	})
}

func zero(kind string) string {
	if kind == config.PostgreSQL {
		return ""
	}
	return "0"
}

func TestBoundValues(t *testing.T) {
	eachDatabase(t, func(t *testing.T, h *harness, kind string) {
		const db = `local db = database("cdr") `
		truth, lie := "1", "0"
		if kind == config.PostgreSQL {
			truth, lie = "true", "false"
		}
		for script, want := range map[string]string{
			`r = show(db:all("select id, name, b, f from u order by id"))`:                                                                              "{1={'b'=" + truth + ",'f'=0.5,'id'=1,'name'='Ada'},2={'b'=" + lie + ",'id'=2}}",
			`r = show({db:one("select name from u where id = ?", 1), db:one("select name from u where id = ?", 99)})`:                                   "{1={'name'='Ada'}}",
			`r = show(db:one("select count(*) as n from u where name = ?", "x' or 'a' = 'a").n)`:                                                        "0",
			`r = show({db:exec("update u set name = ?, f = ? where id = ?", "Bob", nil, 1), db:one("select name, f from u where id = 1")})`:             "{1=1,2={'name'='Bob'}}",
			`r = show(db:exec("update u set b = ?", false))`:                                                                                            map[bool]string{true: "1", false: "2"}[kind == config.MySQL],
			`r = show(db:transaction(function(tx) tx:exec("delete from u where id = 1") return tx:one("select count(*) as n from u").n, db == tx end))`: "1",
			`pcall(db.transaction, db, function(tx) tx:exec("delete from u") error("no") end) r = show(db:one("select count(*) as n from u").n)`:        "2",
			`local kept db:transaction(function(tx) kept = tx end) r = ({pcall(kept.one, kept, "select 1")})[2]`:                                        "the transaction has ended",
			`r = ({pcall(db.transaction, db, function(tx) tx:transaction(print) end)})[2]:match("a transaction cannot begin in another one")`:           "a transaction cannot begin in another one",
			`r = ({pcall(db.all, db, "select ?", {})})[2]`:                                                                                              "value 1 is a table: a command takes text, numbers, booleans and nil",
			`r = show({pcall(db.all, db, "select 1; select 2")}):sub(1, 8)`:                                                                             "{1=false",
			`r = show({pcall(db.all, db, "nonsense")}):sub(1, 8)`:                                                                                       "{1=false",
			`r = show({pcall(db.one, db, "select ? as a", 1, 2)}):match("1 placeholders, and 2 values")`:                                                "1 placeholders, and 2 values",
		} {
			h.fill()
			if got := h.in(db + script); !strings.HasSuffix(got, want) {
				t.Errorf("%s\n is %s\nwant %s", script, got, want)
			}
		}
	})
}

func TestGrantedDatabases(t *testing.T) {
	h := open(t, "").withDatabases("")
	for script, want := range map[string]string{
		`freeswitch.Dbh("secret")`:                                    `the database "secret" is not granted to this flow; to grant it, write grants: {databases: [cdr, secret]} in the configuration`,
		`database("secret")`:                                          `the database "secret" is not granted`,
		`freeswitch.Dbh("odbc://secret:a:b")`:                         `the database "secret" is not granted`,
		`freeswitch.Dbh("sqlite:///etc/passwd")`:                      `write databases: {NAME: {dsn: "sqlite:///etc/passwd"}} and grants: {databases: [NAME]} there`,
		`freeswitch.Dbh("core")`:                                      `the configuration has no database "core"; write databases: {core: {dsn: "..."}} and grants: {databases: [core]} there`,
		`database("nothing")`:                                         `the configuration has no database "nothing"`,
		`freeswitch.Dbh("cdr"):load_extension("x")`:                   "eslua loads no extensions into SQLite",
		`assert(freeswitch.Dbh("cdr"):query("attach '/etc/x' as y"))`: "assertion failed!",
	} {
		if got := h.in(script); !strings.Contains(got, want) {
			t.Errorf("%s\n gives %s\nwant %s", script, got, want)
		}
	}
	h.grants = nil
	if got := h.in(`freeswitch.Dbh("cdr")`); !strings.Contains(got, "write grants: {databases: [cdr]}") {
		t.Errorf("by default: %s", got)
	}
}

// endlessQuery has no end of its own.
const endlessQuery = `with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c`

func TestAHangupEndsAQuery(t *testing.T) {
	h := open(t, `session:answer()
		local dbh = freeswitch.Dbh("cdr")
		r = tostring(dbh:query("select 1 union all select * from (`+endlessQuery+`)", function() print("has begun") end))
		r2 = tostring(session:ready())
		r3 = tostring(dbh:query("create table after_hangup(a)"))`).withDatabases("")
	asking := make(chan struct{})
	h.print = func(string) { close(asking) }
	c := h.call()
	<-asking
	c.Hangup("NORMAL_CLEARING")
	if o := h.end(); o.err != nil || o.text("r") != "false" || !h.log.has("error=the call has hung up") || o.text("r2") != "false" || o.text("r3") != "true" {
		t.Errorf("%v, %s, %s, %s", o.err, o.text("r"), o.text("r2"), o.text("r3"))
	}
}

// What SQLite computes is processor time of the script, but it may take long between two
// waits, as a server may.
func TestQueriesOfSQLiteAreProcessorTime(t *testing.T) {
	h := open(t, "").withDatabases("")
	h.limits = guard.Limits{CPU: 10 * time.Second, Burst: 20 * time.Millisecond}
	if got := h.in(`r = show(freeswitch.Dbh("cdr"):query("with recursive c(x) as (select 1 union all select x + 1 from c limit 500000) select count(*) from c"))`); got != "true" {
		t.Error(got)
	}
	h.limits = guard.Limits{CPU: 100 * time.Millisecond}
	for _, try := range []string{
		`while true do pcall(function() database("cdr"):one("` + endlessQuery + `") end) end`,
		`while true do freeswitch.Dbh("cdr"):query("` + endlessQuery + `") end`,
		`while true do freeswitch.Dbh("cdr"):query("select 1") end`,
	} {
		if got := h.in(try); !strings.Contains(got, "cpu limit of 100ms") {
			t.Errorf("%s\n%s", try, got)
		}
	}
}

// In a call, somebody must look whether it has hung up meanwhile.
func TestQueriesInACallAreProcessorTime(t *testing.T) {
	eachDatabase(t, func(t *testing.T, h *harness, kind string) {
		const many = "(select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7)"
		query := "select a.* from " + many + " a"
		for i := range 9 {
			query += ", " + many + " t" + strconv.Itoa(i)
		}
		var err error
		if h.script, err = vm.Compile("test.lua", []byte(`session:answer() freeswitch.Dbh("cdr"):query("`+query+`") session:setVariable("a", "b") after = 1`)); err != nil {
			t.Fatal(err)
		}
		h.limits = guard.Limits{CPU: 100 * time.Millisecond}
		h.call()
		if o := h.end(); o.err == nil || !strings.Contains(o.err.Error(), "cpu limit of 100ms") || o.text("after") != "nil" {
			t.Errorf("ended by %v, and went on: %s", o.err, o.text("after"))
		}
	})
}

func TestRowsWithinTheMemory(t *testing.T) {
	eachDatabase(t, func(t *testing.T, h *harness, kind string) {
		h.limits = guard.Limits{Memory: 2 << 20}
		rows := `with recursive c(x) as (select 1 union all select x + 1 from c where x < 3000) select x, '` + strings.Repeat("y", 2000) + `' as y from c`
		if kind == config.MySQL {
			rows = "set max_recursive_iterations = 10000; " + rows
		}
		if got := h.in(fmt.Sprintf(`local n = 0 freeswitch.Dbh("cdr"):query(%q, function(row) n = n + #row.y end) r = show(n)`, rows)); got != "6000000" {
			t.Errorf("one by one: %s", got)
		}
		if got := h.in(fmt.Sprintf(`r = show({freeswitch.Dbh("cdr"):query_rows(%q)})`, rows)); !strings.Contains(got, "memory") {
			t.Errorf("all at once: %.100s", got)
		}
	})
}
