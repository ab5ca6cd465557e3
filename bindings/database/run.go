// Package database owns what scripts do with databases: freeswitch.Dbh as mod_lua has
// it, and database, whose commands have bound values and whose errors are raised. Both
// stand on host/database.
package database

import (
	"context"
	"fmt"
	"slices"

	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// mostHeld bounds the connections that a script may hold at a time. Of more handles, the
// oldest gives its connection back until it is used again.
const mostHeld = 4

// maxText limits the bytes of a command.
const maxText = 256 << 10

// A session holds the connections of a run.
type session struct {
	env       *run.Env
	databases *database.Databases
	held      []*database.Handle // the oldest first
}

// Holds counts the rows that had to be read for other commands.
func (s *session) Holds(func(lua.LValue)) (bytes int) {
	for _, h := range s.held {
		bytes += h.Stored()
	}
	return bytes
}

// End gives back what the script has forgotten.
func (s *session) End(context.Context) {
	for _, h := range s.held {
		h.Release()
	}
	s.held = nil
}

// open returns a handle of a database that the script is granted.
func (s *session) open(ctx context.Context, name string) (*database.Handle, error) {
	if err := s.env.Grants.CheckDatabase(name); err != nil {
		return nil, err
	}
	if err := s.makeRoom(); err != nil {
		return nil, err
	}
	ctx, stop := s.env.Aside(ctx)
	defer stop()
	h, err := s.databases.Open(ctx, name)
	if h != nil && err == nil {
		s.held = append(s.held, h)
	}
	return h, err
}

// makeRoom forgets the handles that hold no connection any more, and has others give
// theirs back if there are too many.
func (s *session) makeRoom() error {
	s.held = slices.DeleteFunc(s.held, func(h *database.Handle) bool { return !h.Connected() })
	for i := 0; len(s.held) >= mostHeld && i < len(s.held); {
		if !s.held[i].Idle() {
			i++
			continue
		}
		s.held[i].Release()
		s.held = slices.Delete(s.held, i, i+1)
	}
	if len(s.held) >= mostHeld {
		return fmt.Errorf("a script may hold %d connections to databases at a time: release one", mostHeld)
	}
	return nil
}

// hold notes that a handle is about to be used, which may have given its connection back.
func (s *session) hold(h *database.Handle) error {
	if h.Connected() {
		return nil
	}
	if err := s.makeRoom(); err != nil {
		return err
	}
	s.held = append(s.held, h)
	return nil
}

// A table of a row is made in three ways.
type shape func(a *vm.Args, v database.Value) lua.LValue

// cString gives a value as a C string: text up to its first NUL, "" for NULL.
func cString(a *vm.Args, v database.Value) lua.LValue {
	text := v.Text
	for i, c := range text {
		if c == 0 {
			text = text[:i]
			break
		}
	}
	return copied(a, text)
}

// cStringOrNil leaves NULL out.
func cStringOrNil(a *vm.Args, v database.Value) lua.LValue {
	if v.Kind == database.Null {
		return lua.LNil
	}
	return cString(a, v)
}

func copied(a *vm.Args, text []byte) lua.LValue {
	a.ChargeMemory(len(text) + 32)
	a.ChargeCPU(4 + len(text)/64)
	return lua.LString(text)
}

// table makes a table of a row.
func table(a *vm.Args, row *database.Row, as shape) *lua.LTable {
	a.ChargeMemory(guard.TableSize(0, 0))
	t := &lua.LTable{Metatable: lua.LNil}
	for i, name := range row.Columns {
		if v := as(a, row.Values[i]); v != lua.LNil {
			a.SetKey(t, name, v)
		}
	}
	return t
}

// list reads all rows into a table, which is on the stack meanwhile, so that the memory
// limit counts what it holds.
func list(a *vm.Args, rows *database.Rows, as shape) (*lua.LTable, error) {
	a.ChargeMemory(guard.TableSize(0, 0))
	t := &lua.LTable{Metatable: lua.LNil}
	a.L.Push(t)
	for n := 1; ; n++ {
		row, err := rows.Next()
		if row == nil {
			return t, err
		}
		a.SetIndex(t, n, table(a, row, as))
	}
}
