package vm

import (
	"errors"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// loadedTable returns package.loaded.
func (s *State) loadedTable() *lua.LTable {
	if s.loaded == nil {
		s.loaded = newTable()
	}
	return s.loaded
}

// loading marks in package.loaded a module whose chunk is running.
var loading = &lua.LUserData{Metatable: lua.LNil}

// require runs a module of the same generation, once for each state.
func require(L *lua.LState) int {
	name, ok := L.Get(1).(lua.LString)
	if !ok {
		guard.Raise(L, 1, "bad argument #1 to 'require' (string expected, got "+L.Get(1).Type().String()+")")
	}
	g := guard.Of(L)
	s := g.Data.(*State)
	loaded := s.loadedTable()
	switch v := loaded.RawGetString(string(name)); v {
	case lua.LNil:
	case loading:
		guard.Raise(L, 1, "loop or previous error loading module '"+string(name)+"'")
	default:
		L.Push(v)
		return 1
	}
	if lib, ok := L.G.Global.RawGetString(string(name)).(*lua.LTable); ok && s.machine.hasLibrary(string(name)) {
		L.Push(lib)
		return 1
	}
	fn := s.find(L, string(name))
	g.ChargeMemory(L, 300+len(name))
	loaded.RawSetString(string(name), loading)
	L.Push(fn)
	L.Push(name)
	L.Call(1, 1)
	result := L.Get(-1)
	switch now := loaded.RawGetString(string(name)); {
	case result != lua.LNil:
	case now != loading:
		result = now
	default:
		result = lua.LTrue
	}
	loaded.RawSetString(string(name), result)
	L.Push(result)
	return 1
}

func (s *State) find(L *lua.LState, name string) *lua.LFunction {
	find := s.options.Require
	if find == nil {
		find = func(string) (*Script, error) { return nil, errors.New("there are no modules here") }
	}
	script, err := find(name)
	if err != nil {
		guard.Raise(L, 1, "module '"+name+"' not found: "+err.Error())
	}
	if limit := s.guard.Limits().Source; script.size > limit {
		guard.Raise(L, 1, "module '"+name+"': source limit of "+guard.Size(int64(limit))+" reached")
	}
	return s.guard.NewFunction(script.proto)
}

func (m *Machine) hasLibrary(name string) bool {
	for _, l := range m.libraries {
		if l.name == name {
			return true
		}
	}
	return name == "_G"
}
