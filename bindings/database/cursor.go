package database

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

var errCursor = errors.New("LuaSQL: cursor is closed")

// sqlCursor reads the rows of a command.
type sqlCursor struct {
	conn    *sqlConn
	ctx     *lasting
	rows    *database.Rows // nil: closed
	next    *database.Row  // that was read to find out whether there are any
	taken   int
	columns []string
	types   []string
}

// Holds counts the row that was read already.
func (c *sqlCursor) Holds(func(lua.LValue)) int {
	if c.next == nil {
		return 256
	}
	return 256 + c.next.Size()
}

func newCursor(a *vm.Args, c *sqlConn) *sqlCursor {
	l := &lasting{now: a.Context()}
	l.Context, l.cancel = context.WithCancelCause(a.Context())
	return &sqlCursor{conn: c, ctx: l}
}

// A lasting is the context of a command whose rows are read by several functions. Each of
// them waits in an aside of its own, and the hangup of the call ends the command.
type lasting struct {
	context.Context
	cancel context.CancelCauseFunc
	now    context.Context // of the function that waits
}

// Value returns the Blocker of the function that waits.
func (l *lasting) Value(key any) any {
	if key == (clock.BlockerKey{}) {
		return clock.BlockerOf(l.now)
	}
	return l.Context.Value(key)
}

// during does something that may wait for the cursor's rows.
func (c *sqlCursor) during(a *vm.Args, do func() error) error {
	aside, stop := c.session().env.Aside(a.Context())
	defer stop()
	defer context.AfterFunc(aside, func() { c.ctx.cancel(context.Cause(aside)) })()
	c.ctx.now = aside
	defer func() { c.ctx.now = a.Context() }()
	return do()
}

func cursorClass() *vm.Class {
	const open = "local con = assert(require(\"luasql.postgres\").postgres():connect(\"customers\"))\nlocal cur = assert(con:execute(\"select number, name from customers\"))\n"
	return &vm.Class{
		Name: "LuaSQLCursor", Value: (*sqlCursor)(nil), Doc: "The rows of a command of LuaSQL's. Values are text, in SQLite numbers too; NULL is nil.",
		Example: open + "print(cur:fetch())\ncur:close()",
		Methods: []vm.Func{
			{
				Name: "fetch", Params: []vm.Param{{Name: "into", Kind: vm.Any, Optional: true, Default: "none", Doc: "a table, which gets the values"}, {Name: "mode", Kind: vm.String, Optional: true, Default: `"n"`, Doc: `"n": by number; "a": by the name of the column; "an": both`}},
				Results: []vm.Result{{Name: "values", Kind: vm.Any, Doc: "the table, or without one all values; nil after the last row, and the cursor is closed"}},
				Doc:     "Reads a row.", Example: open + "local row = cur:fetch({}, \"a\")\nif row then print(row.name) end", Go: fetch,
			},
			{
				Name: "close", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "false if it is closed already"}}, Doc: "Drops the rows that have not been read.", Example: open + "cur:close()",
				Go: func(a *vm.Args) error {
					c := a.Self().(*sqlCursor)
					a.ReturnBool(c.rows != nil)
					if c.rows == nil {
						return nil
					}
					return c.during(a, c.close)
				},
			},
			{
				Name: "getcolnames", Results: []vm.Result{{Name: "names", Kind: vm.Table, Doc: "a list"}}, Doc: "Returns the names of the columns.", Example: open + "print(cur:getcolnames()[1])",
				Go: func(a *vm.Args) error { return listOf(a, a.Self().(*sqlCursor).columns) },
			},
			{
				Name: "getcoltypes", Results: []vm.Result{{Name: "types", Kind: vm.Table, Doc: "a list of the types as the database names them; empty if there are no rows"}}, Doc: "Returns the types of the columns.", Example: open + "print(cur:getcoltypes()[1])",
				Go: func(a *vm.Args) error { return listOf(a, a.Self().(*sqlCursor).types) },
			},
			{
				Name: "numrows", Results: []vm.Result{{Name: "count", Kind: vm.Int, Doc: "of all rows, also those that were read"}}, Doc: "Counts the rows. Those that were not read are read into memory for it, 4 MiB at most.", Example: open + "print(cur:numrows())",
				Go: func(a *vm.Args) error {
					c := a.Self().(*sqlCursor)
					if c.rows == nil {
						return errCursor
					}
					left := 0
					err := c.during(a, func() (err error) { left, err = c.rows.Count(); return err })
					if err != nil {
						return err
					}
					if c.next != nil {
						left++
					}
					a.ReturnInt(c.taken + left)
					return nil
				},
			},
		},
	}
}

func (c *sqlCursor) session() *session { return c.conn.session }

// close drops what has not been read.
func (c *sqlCursor) close() error {
	rows := c.rows
	c.rows, c.next = nil, nil
	delete(c.conn.cursors, c)
	return rows.Close()
}

func fetch(a *vm.Args) error {
	c := a.Self().(*sqlCursor)
	if c.rows == nil {
		return errCursor
	}
	row, err := c.next, error(nil)
	if c.next = nil; row == nil {
		err = c.during(a, func() (err error) { row, err = c.rows.Next(); return err })
	}
	if row == nil {
		_ = c.close() // the rows have ended
		if a.Return(lua.LNil); err != nil {
			return failed(a, err)
		}
		return nil
	}
	c.taken++
	t := a.Table(0)
	if t == nil {
		values := make([]lua.LValue, len(row.Values))
		for i, v := range row.Values {
			values[i] = c.value(a, v)
		}
		a.Return(values...)
		return nil
	}
	mode := a.String(1)
	if !a.Has(1) {
		mode = "n"
	}
	for i, v := range row.Values {
		value := c.value(a, v)
		a.ChargeMemory(guard.TableSize(0, 2))
		if strings.Contains(mode, "n") {
			t.RawSetInt(i+1, value)
		}
		if strings.Contains(mode, "a") {
			t.RawSetString(row.Columns[i], value)
		}
	}
	a.Return(t)
	return nil
}

// value gives a value as LuaSQL's driver does: numbers are SQLite's only.
func (c *sqlCursor) value(a *vm.Args, v database.Value) lua.LValue {
	switch v.Kind {
	case database.Null:
		return lua.LNil
	case database.Number:
		if x, err := strconv.ParseFloat(string(v.Text), 64); err == nil && c.conn.handle.SQLite() {
			a.ChargeMemory(16)
			return lua.LNumber(x)
		}
	}
	return copied(a, v.Text)
}

func listOf(a *vm.Args, texts []string) error {
	a.ChargeMemory(guard.TableSize(len(texts), 0))
	t := &lua.LTable{Metatable: lua.LNil}
	for i, text := range texts {
		a.SetIndex(t, i+1, copied(a, []byte(text)))
	}
	a.Return(t)
	return nil
}
