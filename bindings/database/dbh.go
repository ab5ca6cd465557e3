package database

import (
	"errors"

	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// Dbh declares freeswitch.Dbh.
type Dbh struct{ Databases *database.Databases }

// Bind returns what the run holds of databases.
func (m Dbh) Bind(env *run.Env) any { return &session{env: env, databases: m.Databases} }

// dbh implements freeswitch.Dbh (freeswitch_lua.cpp).
type dbh struct {
	vm.Nothing
	handle *database.Handle // nil: not connected
	err    error            // what last_error returns
}

// Declare declares the constructor and the class.
func (m Dbh) Declare() *vm.Module {
	return &vm.Module{
		Outside: true,
		CText:   true, Name: "freeswitch", Classes: []*vm.Class{dbhClass()},
		AfterHangup: "A command that runs when the call hangs up ends without success; one that is given later runs as before.",
		Funcs: []vm.Func{{
			Name: "Dbh", Native: "LUA::Dbh::Dbh(char *,char *,char *)\nLUA::Dbh::Dbh(char *,char *)\nLUA::Dbh::Dbh(char *)",
			Params: []vm.Param{
				{Name: "dsn", Kind: vm.String, Doc: `the database: its name in the configuration (databases:), odbc://NAME, or the dsn that the configuration has for it ("sqlite:///PATH", "pgsql://...", "mariadb://...")`},
				{Name: "user", Kind: vm.String, Optional: true, Default: "none", Doc: "accepted for mod_lua's sake and not used: the configuration has it"},
				{Name: "password", Kind: vm.String, Optional: true, Default: "none", Doc: "as user"},
			},
			Results: []vm.Result{{Name: "dbh", Kind: vm.Object, Class: "Dbh", Doc: "the connection; its method connected says whether there is one"}},
			Differs: "The configuration names the databases and grants them; an error is raised for another one. user and password are not used.",
			Doc: "Connects to a database. Raises an error if the configuration does not have it, or does not grant it to the flow (grants: databases:). " +
				"A script may hold 4 connections at a time; of more, the oldest is given back until it is used again. What is not released is given back when the script ends.",
			Example: "local dbh = freeswitch.Dbh(\"customers\")\nassert(dbh:connected())",
			Go:      connect,
		}},
	}
}

func connect(a *vm.Args) error {
	s := a.Instance().(*session)
	d := &dbh{}
	if dsn := a.String(0); dsn != "" {
		name, err := s.databases.Find(dsn)
		if err != nil {
			return err
		}
		if err := s.env.Grants.CheckDatabase(name); err != nil {
			return err
		}
		if d.handle, err = s.open(a.Context(), name); err != nil {
			s.env.Log.Error("dbh: connection failed", "database", name, "error", err)
			d.handle = nil
		}
	} else {
		s.env.Log.Error("dbh: connection failed", "error", errNoName)
	}
	a.Return(a.State().NewObject("Dbh", d))
	return nil
}

var errNoName = errors.New("no dsn is given")

func dbhClass() *vm.Class {
	sql := vm.Param{Name: "sql", Kind: vm.String, Most: maxText, Doc: "one command, or several with ; between them"}
	done := []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "false if it failed; the log says why"}}
	return &vm.Class{
		Name: "Dbh", Native: "LUA::Dbh", Value: (*dbh)(nil),
		Doc:     "A connection to a database, as mod_lua has it. Values are put into the text of a command by the script; the object of database binds them.",
		Example: "local dbh = freeswitch.Dbh(\"customers\")\ndbh:query(\"select name from customers\", function(row) print(row.name) end)\ndbh:release()",
		Methods: []vm.Func{
			{
				Name: "query", Native: "LUA::Dbh::query(char *,SWIGLUA_FN)",
				Params: []vm.Param{sql, {Name: "each", Kind: vm.Function, Optional: true, Default: "none",
					Doc: `is called with each row as it comes, a table of text by column name, in which NULL is ""; a result other than 0 that is a number ends the query, and so does an error`}},
				Results: done,
				Doc:     "Runs commands. Rows come one by one: their number is not limited, and each may hold 1 MiB (256 KiB in SQLite).",
				Example: "local n = 0\nfreeswitch.Dbh(\"customers\"):query(\"select number, name from customers\", function(row)\n  n = n + 1\n  print(row.number .. \": \" .. row.name)\nend)",
				Go:      query,
			},
			{
				Name: "query_rows", Params: []vm.Param{sql},
				Results: append(done, vm.Result{Name: "rows", Kind: vm.Table, Doc: "a list of rows; in SQLite's, NULL is absent"}, vm.Result{Name: "why", Kind: vm.String, Doc: "the reason if it failed"}),
				Doc:     "Runs commands and returns all rows.",
				Example: "local ok, rows, why = freeswitch.Dbh(\"customers\"):query_rows(\"select name from customers limit 10\")\nif not ok then print(why) end",
				Go:      queryRows,
			},
			{
				Name: "affected_rows", Results: []vm.Result{{Name: "count", Kind: vm.Int, Doc: "0 if there is no connection"}},
				Doc:     "Returns how many rows the last command has changed.",
				Example: "local dbh = freeswitch.Dbh(\"customers\")\ndbh:query(\"update customers set calls = calls + 1 where number = '1000'\")\nprint(dbh:affected_rows())",
				Go: func(a *vm.Args) error {
					n := int64(0)
					if d := connected(a); d != nil {
						n = d.handle.Changed()
					}
					a.ReturnInt(int(n))
					return nil
				},
			},
			{
				Name: "test_reactive", Native: "LUA::Dbh::test_reactive(char *,char *,char *)\nLUA::Dbh::test_reactive(char *,char *)\nLUA::Dbh::test_reactive(char *)",
				Params: []vm.Param{{Name: "test", Kind: vm.String, Most: maxText, Doc: "a command that fails if the table is missing"},
					{Name: "drop", Kind: vm.String, Most: maxText, Optional: true, Default: "none", Doc: "runs then, and may fail"},
					{Name: "create", Kind: vm.String, Most: maxText, Optional: true, Default: "none", Doc: "runs then"}},
				Results: done,
				Doc:     "Creates what a test does not find.",
				Example: "freeswitch.Dbh(\"customers\"):test_reactive(\"select count(*) from calls\", \"drop table calls\", \"create table calls(number text)\")",
				Go:      testReactive,
			},
			{
				Name: "connected", Results: []vm.Result{{Name: "connected", Kind: vm.Bool, Doc: "false also after release"}},
				Doc:     "Reports whether there is a connection.",
				Example: "assert(freeswitch.Dbh(\"customers\"):connected())",
				Go:      func(a *vm.Args) error { a.ReturnBool(a.Self().(*dbh).handle != nil); return nil },
			},
			{
				Name: "last_error", Results: []vm.Result{{Name: "why", Kind: vm.String, Doc: "nil if there is none; as in mod_lua it says nothing of a query of SQLite's that had a function"}},
				Doc:     "Returns why the last query failed.",
				Example: "local dbh = freeswitch.Dbh(\"customers\")\nif not dbh:query(\"delete from nothing\") then print(dbh:last_error()) end",
				Go: func(a *vm.Args) error {
					a.Return(lua.LNil)
					if err := a.Self().(*dbh).err; err != nil {
						a.ReturnString(err.Error())
					}
					return nil
				},
			},
			{
				Name: "clear_error", Doc: "Forgets what last_error returns.",
				Example: "freeswitch.Dbh(\"customers\"):clear_error()",
				Go:      func(a *vm.Args) error { a.Self().(*dbh).err = nil; return nil },
			},
			{
				Name: "release", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "false if there was no connection"}},
				Doc:     "Gives the connection back. A transaction that has not ended is undone.",
				Example: "local dbh = freeswitch.Dbh(\"customers\")\ndbh:release()",
				Go: func(a *vm.Args) error {
					d := connected(a)
					if d != nil {
						a.Instance().(*session).release(d.handle)
						d.handle = nil
					}
					a.ReturnBool(d != nil)
					return nil
				},
			},
		},
	}
}

// connected returns the object if it has a connection, or says that it has none.
func connected(a *vm.Args) *dbh {
	d := a.Self().(*dbh)
	if d.handle == nil {
		a.Instance().(*session).env.Log.Error("dbh: not connected")
		return nil
	}
	return d
}

// ready returns the object if it can run a command.
func ready(a *vm.Args) *dbh {
	a.Self().(*dbh).err = nil
	if a.String(0) == "" {
		a.Instance().(*session).env.Log.Error("dbh: missing SQL query")
		return nil
	}
	return connected(a)
}

func query(a *vm.Args) error {
	if a.Len() > 1 && !a.Has(1) {
		return errors.New("Error in LUA::Dbh::query (arg 3), expected 'SWIGLUA_FN' got 'nil'; write dbh:query(sql) if there is no function") //nolint:staticcheck // mod_lua's text
	}
	d := ready(a)
	if d == nil {
		a.ReturnBool(false)
		return nil
	}
	s := a.Instance().(*session)
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	err := s.hold(d.handle)
	if each := a.Function(1); err != nil {
		d.err = err
	} else if each == lua.LNil {
		err = d.handle.Exec(ctx, a.String(0), nil)
		d.err = err
	} else {
		var rows *database.Rows
		if rows, err = d.handle.Query(ctx, a.String(0), nil); err == nil {
			err = s.each(a, rows, each)
		}
		if !d.handle.SQLite() { // switch_core_sqldb.c:switch_cache_db_execute_sql_callback drops SQLite's text
			d.err = err
		}
	}
	s.failed(a, err)
	a.ReturnBool(err == nil)
	return nil
}

// failed logs why a command failed.
func (s *session) failed(a *vm.Args, err error) {
	if err != nil {
		file, line := a.Where()
		s.env.Log.Error("dbh: a command failed", "error", err, "file", file, "line", line)
	}
}

// each calls a function with each row until it says that it is enough, as
// freeswitch_lua.cpp:Dbh::query_callback does.
func (s *session) each(a *vm.Args, rows *database.Rows, fn lua.LValue) error {
	for {
		row, err := rows.Next()
		if row == nil {
			return err
		}
		results, err := a.State().Call(fn, table(a, row, cString))
		if err != nil {
			s.env.Log.Error("dbh: the function for the rows failed", "error", err)
			s.env.CallbackFailed(err)
			return rows.Close()
		}
		if len(results) > 0 && int(asNumber(results[0])) != 0 {
			return rows.Close()
		}
	}
}

// asNumber reads a value as lua_tonumber does.
func asNumber(v lua.LValue) float64 {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		x, _ := number.Parse(string(v))
		return x
	}
	return 0
}

func queryRows(a *vm.Args) error {
	d := ready(a)
	rows := &lua.LTable{Metatable: lua.LNil}
	if d == nil {
		why := "DBH NOT Connected."
		if a.String(0) == "" {
			why = "Missing SQL query."
		}
		a.Return(lua.LFalse, rows, lua.LString(why))
		return nil
	}
	s := a.Instance().(*session)
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	as := cString
	if d.handle.SQLite() { // mod_pgsql and mod_mariadb give "" for NULL
		as = cStringOrNil
	}
	var result *database.Rows
	err := s.hold(d.handle)
	if err == nil {
		result, err = d.handle.Query(ctx, a.String(0), nil)
	}
	if err == nil {
		rows, err = list(a, result, as)
	}
	s.failed(a, err)
	switch {
	case err == nil:
		a.Return(lua.LTrue, rows, lua.LNil)
	case d.handle.SQLite():
		a.Return(lua.LFalse, rows, lua.LString("Failed to execute sql query"))
	default:
		d.err = err
		a.Return(lua.LFalse, rows, lua.LString(err.Error()))
	}
	return nil
}

// testReactive follows switch_core_sqldb.c:switch_cache_db_test_reactive_ex.
func testReactive(a *vm.Args) error {
	a.ReturnBool(false)
	d := connected(a)
	if d == nil {
		return nil
	}
	s := a.Instance().(*session)
	if a.String(0) == "" || a.String(2) == "" {
		s.env.Log.Error("dbh: test_reactive needs a test and what it creates")
		return nil
	}
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	err := s.hold(d.handle)
	if err != nil {
		s.failed(a, err)
		return nil
	}
	if err = d.handle.Exec(ctx, a.String(0), nil); err != nil {
		if a.Has(1) {
			_ = d.handle.Exec(ctx, a.String(1), nil)
		}
		err = d.handle.Exec(ctx, a.String(2), nil)
	}
	s.failed(a, err)
	a.ReturnBool(err == nil)
	return nil
}
