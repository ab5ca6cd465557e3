package bindings_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// LuaSQL answers as its drivers do: testdata/luasql/NAME.txt is what lua5.1 with
// lua-sql-NAME printed for sqlite3.lua or servers.lua.
func TestLuaSQLAnswersAsItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cdr.db")
	for name, c := range map[string]struct{ file, dsn, record string }{
		"sqlite3":  {"sqlite3.lua", "sqlite://" + path, path + "2"},
		"postgres": {"servers.lua", os.Getenv("ESLUA_POSTGRES"), "postgres postgres postgres x 127.0.0.1 " + between(os.Getenv("ESLUA_POSTGRES"), "port=", " ")},
		"mysql":    {"servers.lua", os.Getenv("ESLUA_MARIADB"), "mysql eslua root \t 127.0.0.1 " + between(os.Getenv("ESLUA_MARIADB"), "Port=", ";")},
	} {
		t.Run(name, func(t *testing.T) {
			if c.dsn == "" {
				t.Skip("the environment names no such server; see .ci/databases")
			}
			file := filepath.Join("testdata", "luasql", name+".txt")
			if *recordPeers {
				recordLuaSQL(t, file, c.file, c.record)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			src, err := os.ReadFile(filepath.Join("testdata", "luasql", c.file))
			if err != nil {
				t.Fatal(err)
			}
			h := open(t, "").withDatabases(config.DSN(c.dsn))
			var out strings.Builder
			h.print = func(line string) { out.WriteString(line + "\n") }
			script := strings.Replace(string(src), "argv and argv[1] or (...)", strconv.Quote(path), 1)
			script = strings.Replace(script, " = ...\n", " = "+strconv.Quote(name)+", \"cdr\"\n", 1)
			if _, o := h.runScript(script); o.err != nil {
				t.Error(o.err)
			}
			if n := h.databases.Status()[0].InUse; n != 0 {
				t.Errorf("%d connections are held", n)
			}
			compareLines(t, out.String(), string(want))
		})
	}
}

func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, after)
	return text
}

func recordLuaSQL(t *testing.T, file, script, args string) {
	t.Helper()
	argv := append([]string{script}, strings.Split(args, " ")...)
	for i := range argv {
		argv[i] = strings.TrimSpace(argv[i])
	}
	lua := exec.Command("lua5.1", argv...)
	lua.Dir = filepath.Dir(file)
	out, err := lua.CombinedOutput()
	if err == nil {
		err = os.WriteFile(file, out, 0o600)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// The hangup of the call ends what a cursor waits for, and a later command runs.
func TestAHangupEndsALuaSQLCommand(t *testing.T) {
	for range 10 { // a hangup that comes before the command has begun leaves it to the limits
		if hangupEndsALuaSQLCommand(t) {
			return
		}
	}
	t.Error("the hangup has not ended the command")
}

func hangupEndsALuaSQLCommand(t *testing.T) bool {
	h := open(t, `session:answer()
		local con = require("luasql.sqlite3").sqlite3():connect("cdr")
		local cur = con:execute("select 1 union all select * from (`+endlessQuery+`)")
		cur:fetch()
		print("has begun")
		local row, why = cur:fetch()
		r = tostring(row) .. " " .. tostring(why)
		r2 = tostring(con:execute("create table after_hangup(a)"))`).withDatabases("")
	h.limits = guard.Limits{CPU: time.Second}
	asking := make(chan struct{})
	h.print = func(string) { close(asking) }
	c := h.call()
	<-asking
	c.Hangup("NORMAL_CLEARING")
	o := h.end()
	if o.err != nil {
		return false
	}
	o.want(t, "r", "nil LuaSQL: the call has hung up", "r2", "0")
	return true
}

// A script reaches the databases of the configuration that it is granted, by their names
// and by what their dsn has, whatever user and password it gives.
func TestLuaSQLIsConfiguredAndGranted(t *testing.T) {
	h := open(t, "").withDatabases("")
	d, err := database.New(map[string]config.Database{
		"cdr": {DSN: "sqlite:///srv/calls.db", Connections: 1, Timeout: config.Duration(time.Second)},
		"pg":  {DSN: "pgsql://host=192.0.2.1 port=5433 dbname=calls user=u password=p", Connections: 1, Timeout: config.Duration(time.Second)},
		"pg2": {DSN: "pgsql://dbname=local user=u", Connections: 1, Timeout: config.Duration(time.Second)},
		"my":  {DSN: "mariadb://Server=192.0.2.1;Database=calls;Uid=u;Pwd=p", Connections: 1, Timeout: config.Duration(time.Second)},
	}, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	h.databases = d
	h.grants.Databases = nil
	h.use()
	const refused = "is not granted to this flow"
	for script, want := range map[string]string{
		`require("luasql.sqlite3").sqlite3():connect("/srv/calls.db")`:                                             "the database \"cdr\" " + refused,
		`require("luasql.sqlite3").sqlite3():connect("cdr")`:                                                       "the database \"cdr\" " + refused,
		`require("luasql.odbc").odbc():connect("cdr", "u", "p")`:                                                   "the database \"cdr\" " + refused,
		`require("luasql.postgres").postgres():connect("calls", "x", "y", "192.0.2.1", 5433)`:                      "the database \"pg\" " + refused,
		`require("luasql.postgres").postgres():connect("host=192.0.2.1 port=5433 dbname=calls user=x password=y")`: "the database \"pg\" " + refused,
		`require("luasql.postgres").postgres():connect("local", "x", "y")`:                                         "the database \"pg2\" " + refused,
		`require("luasql.mysql").mysql():connect("calls", "x", "y", "192.0.2.1")`:                                  "the database \"my\" " + refused,
		`require "luasql.mysql" luasql.mysql():connect("calls", "x", "y", "192.0.2.1")`:                            "the database \"my\" " + refused,
		`require("luasql.mysql").mysql():connect("calls", "x", "secret", "192.0.2.9")`:                             "the configuration has no database",
		`require("luasql.sqlite3").sqlite3():connect("/etc/passwd")`:                                               "the configuration has no database",
	} {
		_, o := h.runScript("\n" + script)
		if o.err == nil || !strings.Contains(o.err.Error(), want) || !strings.HasPrefix(o.err.Error(), "test.lua:2: ") || strings.Contains(o.err.Error(), "secret") {
			t.Errorf("%s\n%v", script, o.err)
		}
	}
}

// Connections are few, with those of freeswitch.Dbh, and rows are the script's memory.
func TestLuaSQLIsBounded(t *testing.T) {
	h := open(t, "").withDatabases("")
	for script, want := range map[string]string{
		`local all = {} for i = 1, 5 do local con, why = require("luasql.sqlite3").sqlite3():connect("cdr") assert(con, why) assert(con:execute("begin")) all[i] = con end`:                                                     "a script may hold 4 connections",
		`local all = {} for i = 1, 4 do all[i] = freeswitch.Dbh("cdr") assert(all[i]:query("begin")) if i < 4 then all[i]:query("select 1") end end local con, why = require("luasql.mysql").mysql():connect("cdr") error(why)`: "a script may hold 4 connections",
		`local con = require("luasql.sqlite3").sqlite3():connect("cdr") local all = {}
			local cur = con:execute("with recursive c(x) as (select 1 union all select x + 1 from c) select printf('%.10000c', '*') from c")
			while true do all[#all + 1] = cur:fetch() end`: "memory",
	} {
		h.limits.Memory = 8 << 20
		_, o := h.runScript(script)
		if o.err == nil || !strings.Contains(o.err.Error(), want) {
			t.Errorf("%s\n%v", script, o.err)
		}
		if n := h.databases.Status()[0].InUse; n != 0 {
			t.Errorf("%d connections are held", n)
		}
	}
}
