package vm

import (
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/stdlib"
	lua "github.com/yuin/gopher-lua"
)

// A new state has none of the names that every script has: each is put among its
// globals when it is looked up first, and all of them when a script does more with the
// table than that. Most scripts use few of them, and filling it took a tenth of what a
// whole call computes.

// declareGlobals makes the metatable of globals that are not all there.
func (m *Machine) declareGlobals() {
	m.unfilled = newTable()
	m.unfilled.RawSetString("__index", guard.GoFunction(globalIndex))
	m.unfilled.RawSetString("__pairs", guard.GoFunction(globalPairs))
	m.unfilled.RawSetString("__metatable", lua.LFalse)
	m.shared.Tables[m.unfilled] = true
	m.shared.Fill = m.fill
}

// openGlobals makes the globals of a new state.
func (s *State) openGlobals() {
	L := s.guard.L()
	L.G.Global.Metatable = s.machine.unfilled
	s.strings = newTable()
	s.strings.Metatable = s.machine.library("string").metatable
	L.SetMetatable(lua.LString(""), stdlib.StringMetatable(L, s.strings))
}

// standardGlobal puts a name that every script has among the globals, if there is
// such a name, and returns its value.
func (s *State) standardGlobal(name string) lua.LValue {
	v, ok := s.machine.globals.Get(name)
	if !ok {
		return lua.LNil
	}
	if v == lua.LNil {
		v = s.ownTable(name)
	}
	s.SetGlobal(name, v)
	return v
}

// ownTable returns the table of that name, of which each state has its own.
func (s *State) ownTable(name string) *lua.LTable {
	switch name {
	case "_G":
		return s.guard.L().G.Global
	case "string":
		return s.strings
	}
	t := newTable()
	t.Metatable = s.machine.library(name).metatable
	if name == "package" {
		s.packages = t
	}
	return t
}

func globalIndex(L *lua.LState) int {
	s := guard.Of(L).Data.(*State)
	v := lua.LValue(lua.LNil)
	if name, ok := L.Get(2).(lua.LString); ok {
		v = s.Global(string(name))
	}
	L.Push(v)
	return 1
}

func globalPairs(L *lua.LState) int {
	s := guard.Of(L).Data.(*State)
	t := L.CheckTable(1)
	s.guard.FillLibrary(L, t)
	L.Push(s.Global("next"))
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

// fill gives a table of a state, its globals or a library, all its names, except those
// that the script has set.
func (m *Machine) fill(L *lua.LState, t *lua.LTable) {
	if t.Metatable != m.unfilled {
		for _, l := range m.libraries {
			if t.Metatable == l.metatable {
				l.fill(L, t)
			}
		}
		return
	}
	s := guard.Of(L).Data.(*State)
	fillNames(L, t, &m.globals)
	for _, name := range append(m.libraryNames(), "_G") {
		if t.RawGetString(name) == lua.LNil {
			t.RawSetString(name, s.ownTable(name))
		}
	}
}

// fillNames puts names into a table, except those that the script has set. The
// table has a metatable no more.
func fillNames(L *lua.LState, t *lua.LTable, names *guard.Names) {
	guard.Of(L).ChargeMemory(L, names.Size())
	t.Metatable = lua.LNil
	var own []lua.LValue
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		own = append(own, k, v)
	}
	names.Fill(t, len(own)/2)
	for i := 0; i < len(own); i += 2 {
		t.RawSet(own[i], own[i+1])
	}
}
