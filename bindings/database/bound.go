package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Bound declares database, whose commands have bound values.
type Bound struct{ Databases *database.Databases }

// Bind returns what the run holds of databases.
func (m Bound) Bind(env *run.Env) any { return &session{env: env, databases: m.Databases} }

// A db holds a database, or a transaction in it.
type db struct {
	vm.Nothing
	name  string
	tx    *database.Handle // nil: no transaction, each command has a connection of its own
	ended bool             // the transaction
}

// Declare declares the function and the class.
func (m Bound) Declare() *vm.Module {
	const after = "A command that runs when the call hangs up ends with an error; one that is given later runs as before."
	values := vm.Param{Name: "value", Kind: vm.Any, Variadic: true, Doc: "for each ? one value: text, a number, true, false or nil"}
	sql := vm.Param{Name: "sql", Kind: vm.String, Most: maxText, Doc: "one command; ? stands for a value (?? in PostgreSQL for its operator ?)"}
	return &vm.Module{
		Outside:     true,
		AfterHangup: after,
		Funcs: []vm.Func{{
			Name: "database", Params: []vm.Param{{Name: "name", Kind: vm.String, Doc: "its name in the configuration (databases:)"}},
			Results: []vm.Result{{Name: "db", Kind: vm.Object, Class: "db", Doc: "the object whose methods run commands"}},
			Doc:     "Returns a database. Raises an error if the configuration does not have it, or does not grant it to the flow (grants: databases:). mod_lua does not have it.",
			Example: "local db = database(\"customers\")\nlocal caller = db:one(\"select name from customers where number = ?\", \"1000\")",
			Go: func(a *vm.Args) error {
				s := a.Instance().(*session)
				name, err := s.databases.Find(a.String(0))
				if err == nil {
					err = s.env.Grants.CheckDatabase(name)
				}
				if err == nil {
					a.Return(a.State().NewObject("db", &db{name: name}))
				}
				return err
			},
		}},
		Classes: []*vm.Class{{
			Name: "db", Value: (*db)(nil), AfterHangup: after,
			Doc: "A database whose commands have bound values: a value is never read as a part of the command. Errors are raised. " +
				"In rows, numbers are numbers (whole ones beyond 2^53 are text), PostgreSQL's booleans are booleans, NULL is absent, and everything else is text.",
			Example: "local db = database(\"customers\")\nfor _, row in ipairs(db:all(\"select number, name from customers where name like ?\", \"A%\")) do\n  print(row.number, row.name)\nend",
			Methods: []vm.Func{
				{
					Name: "all", Params: []vm.Param{sql, values}, Results: []vm.Result{{Name: "rows", Kind: vm.Table, Doc: "a list of tables by column name"}},
					Doc:     "Runs a command and returns all its rows, within the script's memory.",
					Example: "local rows = database(\"customers\"):all(\"select number, name from customers where vip = ?\", true)\nprint(#rows)",
					Go: func(a *vm.Args) error {
						return withHandle(a, func(ctx context.Context, h *database.Handle, args []any) error {
							rows, err := h.Query(ctx, a.String(0), args)
							if err != nil {
								return err
							}
							t, err := list(a, rows, typed)
							a.Return(t)
							return err
						})
					},
				},
				{
					Name: "one", Params: []vm.Param{sql, values}, Results: []vm.Result{{Name: "row", Kind: vm.Table, Doc: "by column name; nil if there is none"}},
					Doc:     "Runs a command and returns its first row.",
					Example: "local row = database(\"customers\"):one(\"select name from customers where number = ?\", \"1000\")\nif row then print(row.name) end",
					Go: func(a *vm.Args) error {
						a.Return(lua.LNil)
						return withHandle(a, func(ctx context.Context, h *database.Handle, args []any) error {
							rows, err := h.Query(ctx, a.String(0), args)
							if err != nil {
								return err
							}
							row, err := rows.Next()
							if row == nil {
								return err
							}
							a.Return(table(a, row, typed))
							return rows.Close()
						})
					},
				},
				{
					Name: "exec", Params: []vm.Param{sql, values}, Results: []vm.Result{{Name: "changed", Kind: vm.Int, Doc: "how many rows were changed"}},
					Doc:     "Runs a command that changes something.",
					Example: "local changed = database(\"customers\"):exec(\"update customers set name = ? where number = ?\", \"Ada\", \"1000\")",
					Go: func(a *vm.Args) error {
						return withHandle(a, func(ctx context.Context, h *database.Handle, args []any) error {
							err := h.Exec(ctx, a.String(0), args)
							a.ReturnInt(int(h.Changed()))
							return err
						})
					},
				},
				{
					Name: "transaction", Params: []vm.Param{{Name: "what", Kind: vm.Function, Doc: "is called with a db whose commands belong to the transaction"}},
					Results: []vm.Result{{Name: "results", Kind: vm.Any, Doc: "what the function returns"}},
					Doc:     "Makes what a function changes last when it returns, and undoes it if it raises an error, which is then raised.",
					Example: "database(\"customers\"):transaction(function(tx)\n  tx:exec(\"update customers set calls = calls + 1 where number = ?\", \"1000\")\n  tx:exec(\"insert into calls(number) values (?)\", \"1000\")\nend)",
					Go:      transaction,
				},
			},
		}},
	}
}

// withHandle runs a command on the transaction's connection, or on one of its own.
func withHandle(a *vm.Args, do func(ctx context.Context, h *database.Handle, args []any) error) error {
	d, s := a.Self().(*db), a.Instance().(*session)
	if d.ended {
		return errors.New("the transaction has ended")
	}
	args, err := values(a)
	if err != nil {
		return err
	}
	h := d.tx
	if h == nil {
		if h, err = s.open(a.Context(), d.name); err != nil {
			return err
		}
		defer s.release(h)
	}
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	return do(ctx, h, args)
}

// release gives a handle back.
func (s *session) release(h *database.Handle) {
	h.Release()
	s.held = slices.DeleteFunc(s.held, func(o *database.Handle) bool { return o == h })
}

// values returns what is bound to a command.
func values(a *vm.Args) ([]any, error) {
	args := make([]any, max(0, a.Len()-1))
	for i := range args {
		switch v := a.Value(i + 1).(type) {
		case *lua.LNilType:
		case lua.LString:
			args[i] = string(v)
		case lua.LBool:
			args[i] = bool(v)
		case lua.LNumber:
			if whole := int64(v); lua.LNumber(whole) == v {
				args[i] = whole
			} else {
				args[i] = float64(v)
			}
		default:
			return nil, fmt.Errorf("value %d is a %s: a command takes text, numbers, booleans and nil", i+1, v.Type())
		}
	}
	return args, nil
}

// typed gives a value as Lua would have it.
func typed(a *vm.Args, v database.Value) lua.LValue {
	switch v.Kind {
	case database.Null:
		return lua.LNil
	case database.Bool:
		return lua.LBool(string(v.Text) == "t")
	case database.Number:
		text := string(v.Text)
		x, err := strconv.ParseFloat(text, 64)
		if err == nil && (strings.ContainsAny(text, ".eEnNiI") || x >= -1<<53 && x <= 1<<53) {
			a.ChargeMemory(16)
			return lua.LNumber(x)
		}
	}
	return copied(a, v.Text)
}

func transaction(a *vm.Args) error {
	d, s := a.Self().(*db), a.Instance().(*session)
	if d.tx != nil || d.ended {
		return errors.New("a transaction cannot begin in another one")
	}
	h, err := s.open(a.Context(), d.name)
	if err != nil {
		return err
	}
	defer s.release(h)
	if err := s.aside(a, h.Begin); err != nil {
		return err
	}
	tx := &db{name: d.name, tx: h}
	results, err := a.State().Call(a.Function(0), a.State().NewObject("db", tx))
	tx.ended = true
	if err != nil {
		_ = s.aside(a, func(ctx context.Context) error { h.Rollback(ctx); return nil })
		return err
	}
	if err := s.aside(a, h.Commit); err != nil {
		return err
	}
	a.Return(results...)
	return nil
}

// aside does something that may wait.
func (s *session) aside(a *vm.Args, do func(context.Context) error) error {
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	return do(ctx)
}
