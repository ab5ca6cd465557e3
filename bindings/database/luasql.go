package database

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// LuaSQL declares the module luasql.NAME: "sqlite3", "postgres", "mysql" or "odbc".
type LuaSQL struct {
	Name    string
	Classes bool // it declares the classes, which all of them share
}

// Bind returns nothing: the connections are those of freeswitch.Dbh.
func (LuaSQL) Bind(*run.Env) any { return nil }

// luaSQLSource makes the global luasql, which older versions of LuaSQL had.
const luaSQLSource = `
local driver = ...
luasql = luasql or {}
for name, value in pairs(driver) do luasql[name] = value end
return driver`

// An environment is an object of a driver's constructor.
type environment struct {
	vm.Nothing
	session *session
	driver  string
	closed  bool
}

// A sqlConn is an object of environment:connect.
type sqlConn struct {
	vm.Nothing
	session *session
	handle  *database.Handle // nil: closed
	manual  bool             // setautocommit(false)
	cursors map[*sqlCursor]bool
}

// Declare declares the table, and the classes in one of them.
func (m LuaSQL) Declare() *vm.Module {
	module := &vm.Module{
		Outside: true,
		Name:    "luasql." + m.Name, Required: true, Source: luaSQLSource,
		AfterHangup: "A command that runs when the call hangs up ends with an error; one that is given later runs as before.",
		Doc: "Databases as LuaSQL has them. require also sets the global luasql, as its older versions do. " +
			"Which databases there are, with their users and passwords, says the configuration (databases:), and grants: databases: which of them the flow may use.",
		Constants: []vm.Constant{{Name: "_VERSION", Value: lua.LString("LuaSQL 2.6.0"), Doc: "the version of LuaSQL whose functions it has"}},
		Funcs: []vm.Func{{
			Name: m.Name, Results: []vm.Result{{Name: "env", Kind: vm.Object, Class: "LuaSQLEnvironment", Doc: "connects to databases"}},
			Doc: "Returns the environment in which one connects.", Example: "local env = require(\"luasql." + m.Name + "\")." + m.Name + "()\nlocal con = assert(env:connect(\"customers\"))",
			Go: func(a *vm.Args) error {
				a.Return(a.State().NewObject("LuaSQLEnvironment", &environment{session: a.State().OwnerOf("Dbh").(*session), driver: m.Name}))
				return nil
			},
		}},
	}
	if m.Classes {
		module.Classes = []*vm.Class{environmentClass(), connClass(), cursorClass()}
		module.Variables = []vm.Variable{{Name: "luasql", Kind: vm.Table, Doc: "Holds the drivers of LuaSQL that require has loaded; nil before.", Example: "require \"luasql.postgres\"\nlocal con = luasql.postgres():connect(\"customers\")"}}
	}
	return module
}

func environmentClass() *vm.Class {
	text := func(name, doc string) vm.Param {
		return vm.Param{Name: name, Kind: vm.String, Optional: true, Default: "none", Doc: doc}
	}
	return &vm.Class{
		Name: "LuaSQLEnvironment", Value: (*environment)(nil), Doc: "What connects to databases.",
		Example: "local con, why = require(\"luasql.sqlite3\").sqlite3():connect(\"customers\")\nif not con then print(why) end",
		Methods: []vm.Func{
			{
				Name: "connect",
				Params: []vm.Param{{Name: "source", Kind: vm.String, Doc: "the database: its name in the configuration (databases:), or its file or name as the dsn there has it"},
					text("user", "not used: the configuration has it"), text("password", "as user"), text("host", "the server, if source is the name that the database has there"), text("port", "the server's port")},
				Results: []vm.Result{{Name: "con", Kind: vm.Object, Class: "LuaSQLConnection", Doc: "nil if it is not connected"}, {Name: "why", Kind: vm.String, Doc: "the reason"}},
				Doc:     "Connects. Raises an error if the configuration does not have the database, or does not grant it to the flow. A script may hold 4 connections at a time.",
				Example: "local env = require(\"luasql.postgres\").postgres()\nlocal con = assert(env:connect(\"customers\", \"user\", \"password\", \"db.example.com\"))",
				Go:      luaSQLConnect,
			},
			{
				Name: "close", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "false if it is closed already"}}, Doc: "Closes the environment.", Example: "require(\"luasql.mysql\").mysql():close()",
				Go: func(a *vm.Args) error {
					e := a.Self().(*environment)
					a.ReturnBool(!e.closed)
					e.closed = true
					return nil
				},
			},
		},
	}
}

func luaSQLConnect(a *vm.Args) error {
	e := a.Self().(*environment)
	if e.closed {
		return errors.New("LuaSQL: environment is closed")
	}
	s := e.session
	name, err := s.configured(e.driver, a.String(0), a.String(3), a.String(4))
	if err != nil {
		return err
	}
	if err := s.env.Grants.CheckDatabase(name); err != nil {
		return err
	}
	h, err := s.open(a.Context(), name)
	if err != nil {
		return failed(a, err)
	}
	a.ChargeMemory(512)
	a.Return(a.State().NewObject("LuaSQLConnection", &sqlConn{session: s, handle: h, cursors: map[*sqlCursor]bool{}}))
	return nil
}

// configured returns the name in the configuration of what a driver of LuaSQL would
// connect to. The error says what to write there.
func (s *session) configured(driver, source, host, port string) (name string, err error) {
	names := []string{source}
	switch driver {
	case "sqlite3":
		names = append(names, "sqlite://"+source)
	case "postgres":
		if strings.Contains(source, "=") {
			names = append(names, "pgsql://"+source)
			break
		}
		at := "pgsql://"
		if host != "" {
			at += "host=" + host + " "
		}
		if port != "" {
			names = append(names, at+"port="+port+" dbname="+source, at+"dbname="+source+" port="+port)
		}
		names = append(names, at+"dbname="+source)
	case "mysql":
		at := "mariadb://"
		if host != "" {
			at += "Server=" + host + ";"
		}
		if port != "" {
			names = append(names, at+"Port="+port+";Database="+source, at+"Database="+source+";Port="+port)
		}
		names = append(names, at+"Database="+source)
	}
	for _, dsn := range names {
		if name, err = s.databases.Find(dsn); err == nil {
			return name, nil
		}
	}
	return "", err
}

// failed returns nil and the reason, as LuaSQL gives it.
func failed(a *vm.Args, err error) error {
	a.Return(lua.LNil, lua.LString("LuaSQL: "+err.Error()))
	return nil
}

func connClass() *vm.Class {
	const open = "local con = assert(require(\"luasql.postgres\").postgres():connect(\"customers\"))\n"
	done := []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "nil if it failed"}, {Name: "why", Kind: vm.String, Doc: "the reason"}}
	return &vm.Class{
		Name: "LuaSQLConnection", Value: (*sqlConn)(nil), Doc: "A connection of LuaSQL's. It is given back when the script ends; a transaction that has not ended is undone then.",
		Example: open + "local cur = assert(con:execute(\"select name from customers\"))\nlocal row = cur:fetch({}, \"a\")\nwhile row do\n  print(row.name)\n  row = cur:fetch(row, \"a\")\nend\ncon:close()",
		Methods: []vm.Func{
			{
				Name: "execute", Params: []vm.Param{{Name: "sql", Kind: vm.String, Most: maxText, Doc: "one command"}},
				Results: []vm.Result{{Name: "result", Kind: vm.Any, Doc: "a cursor, if it gives rows; else how many rows it has changed; nil if it failed"}, {Name: "why", Kind: vm.String, Doc: "the reason"}},
				Doc:     "Runs a command. Rows come one by one, as the script takes them.",
				Example: open + "print(assert(con:execute(\"update customers set name = 'Ada' where number = '1000'\")))", Go: luaSQLExecute,
			},
			{
				Name: "commit", Results: done, Doc: "Makes what was changed since setautocommit(false), or since the last commit or rollback, last.", Example: open + "con:setautocommit(false)\ncon:execute(\"delete from calls\")\nassert(con:commit())",
				Go: func(a *vm.Args) error { return endTransaction(a, "commit") },
			},
			{
				Name: "rollback", Results: done, Doc: "Undoes what commit would make last.", Example: open + "con:setautocommit(false)\ncon:execute(\"delete from calls\")\nassert(con:rollback())",
				Go: func(a *vm.Args) error { return endTransaction(a, "rollback") },
			},
			{
				Name: "setautocommit", Params: []vm.Param{{Name: "on", Kind: vm.Bool, Doc: "false: what is changed lasts with commit; true: at once"}}, Results: done,
				Doc: "Says whether commands are transactions of their own, which they are at first. With true, what is not committed is undone.", Example: open + "con:setautocommit(false)",
				Go: func(a *vm.Args) error {
					c, err := openConn(a)
					if err != nil {
						return err
					}
					manual := !a.Bool(0)
					if manual != c.manual {
						command := "rollback"
						if manual {
							command = "begin"
						}
						if err := c.exec(a, command); err != nil {
							return failed(a, err)
						}
					}
					c.manual = manual
					a.ReturnBool(true)
					return nil
				},
			},
			{
				Name: "escape", Params: []vm.Param{{Name: "text", Kind: vm.String, Most: maxText, Doc: "any text"}}, Results: []vm.Result{{Name: "escaped", Kind: vm.String, Doc: "for a place between single quotes"}},
				Doc: "Writes a text so that it can stand in a command. database(\"NAME\"), whose commands have bound values, needs none.", Example: open + "con:execute(\"update customers set name = '\" .. con:escape(\"O'Hara\") .. \"'\")",
				Go: func(a *vm.Args) error {
					c, err := openConn(a)
					if err != nil {
						return err
					}
					text := a.String(0)
					a.ChargeCPU(len(text) / 8)
					a.ChargeMemory(2 * len(text))
					quote := ansiQuotes
					if c.handle.MySQL() {
						quote = mysqlQuotes
					}
					a.ReturnString(quote.Replace(text))
					return nil
				},
			},
			{
				Name: "getlastautoid", Results: []vm.Result{{Name: "id", Kind: vm.Int, Doc: "of the row that this connection has inserted last"}}, Doc: "Returns the number that the database has chosen. PostgreSQL has none: write insert ... returning.", Example: open + "print(con:getlastautoid())",
				Go: lastID,
			},
			{
				Name: "close", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "false if it is closed already"}}, Doc: "Gives the connection back. What is not committed is undone.", Example: open + "con:close()",
				Go: func(a *vm.Args) error {
					c := a.Self().(*sqlConn)
					a.ReturnBool(c.handle != nil)
					if c.handle != nil {
						for cursor := range c.cursors {
							cursor.rows = nil // releasing drops them
						}
						c.session.release(c.handle)
						c.handle, c.cursors = nil, nil
					}
					return nil
				},
			},
		},
	}
}

var (
	ansiQuotes  = strings.NewReplacer("'", "''")
	mysqlQuotes = strings.NewReplacer("\x00", `\0`, "\n", `\n`, "\r", `\r`, `\`, `\\`, "'", `\'`, `"`, `\"`, "\x1a", `\Z`)
)

var errClosed = errors.New("LuaSQL: connection is closed")

func openConn(a *vm.Args) (*sqlConn, error) {
	c := a.Self().(*sqlConn)
	if c.handle == nil {
		return nil, errClosed
	}
	return c, nil
}

// exec runs a command without rows.
func (c *sqlConn) exec(a *vm.Args, command string) error {
	return c.session.aside(a, func(ctx context.Context) error { return c.handle.Exec(ctx, command, nil) })
}

// endTransaction ends a transaction and begins the next one, if the script ends them.
func endTransaction(a *vm.Args, command string) error {
	c, err := openConn(a)
	if err != nil {
		return err
	}
	err = c.exec(a, command)
	if err == nil && c.manual {
		err = c.exec(a, "begin")
	}
	if err != nil {
		return failed(a, err)
	}
	a.ReturnBool(true)
	return nil
}

func luaSQLExecute(a *vm.Args) error {
	c, err := openConn(a)
	if err != nil {
		return err
	}
	if strings.TrimSpace(a.String(0)) == "" {
		return failed(a, errors.New("not an error")) // SQLite's text for no command
	}
	cursor := newCursor(a, c)
	err = cursor.during(a, func() (err error) {
		cursor.rows, err = c.handle.Query(cursor.ctx, a.String(0), nil)
		if err != nil {
			return err
		}
		row, err := cursor.rows.Next()
		if row != nil {
			a.ChargeMemory(row.Size())
			cursor.next = row.Clone()
			cursor.types = cursor.rows.Types()
		}
		return err
	})
	if err != nil {
		return failed(a, err)
	}
	if cursor.columns = cursor.rows.Columns(); len(cursor.columns) == 0 {
		a.ReturnInt(int(c.handle.Changed()))
		return nil
	}
	c.cursors[cursor] = true
	a.Return(a.State().NewObject("LuaSQLCursor", cursor))
	return nil
}

// lastID asks for the number of the last row that was inserted.
func lastID(a *vm.Args) error {
	c, err := openConn(a)
	if err != nil {
		return err
	}
	command := "select last_insert_rowid()"
	switch {
	case c.handle.MySQL():
		command = "select last_insert_id()"
	case !c.handle.SQLite():
		return errors.New("getlastautoid: PostgreSQL has none; write insert ... returning id, and fetch it")
	}
	a.Return(lua.LNil)
	err = c.session.aside(a, func(ctx context.Context) error {
		rows, err := c.handle.Query(ctx, command, nil)
		if err != nil {
			return err
		}
		row, err := rows.Next()
		if row == nil {
			return err
		}
		id, _ := strconv.ParseFloat(string(row.Values[0].Text), 64)
		a.Return(lua.LNumber(id))
		return rows.Close()
	})
	if err != nil {
		return failed(a, err)
	}
	return nil
}
