package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

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

// fillPackage completes the table package. package.loaded has the libraries as well.
func (s *State) fillPackage(t *lua.LTable) {
	if s.preload == nil {
		s.preload = newTable()
	}
	loaded := s.loadedTable()
	for _, name := range append(s.machine.libraryNames(), "_G") {
		lib := lua.LValue(t)
		if name != "package" {
			lib = s.Global(name)
		}
		if _, ok := lib.(*lua.LTable); ok && loaded.RawGetString(name) == lua.LNil {
			s.guard.DeferMemory(200)
			loaded.RawSetString(name, lib)
		}
	}
	t.RawSetString("loaded", loaded)
	t.RawSetString("preload", s.preload)
	s.fillLoaders(t)
	if t.RawGetString("path") == lua.LString("") { // the script has not set it
		t.RawSetString("path", lua.LString(s.defaultPath()))
	}
}

// loading marks in package.loaded a module whose chunk is running.
var loading = &lua.LUserData{Metatable: lua.LNil}

// longestName limits a module's name: no file has a longer path.
const longestName = 4096

// require runs a module of the same generation, once for each state.
func require(L *lua.LState) int {
	name, ok := L.Get(1).(lua.LString)
	if !ok {
		guard.Raise(L, 1, "bad argument #1 to 'require' (string expected, got "+L.Get(1).Type().String()+")")
	}
	if len(name) > longestName {
		guard.Raise(L, 1, "the name of a module that begins with '"+string(name[:40])+"' is longer than any file's")
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
	if lib, ok := s.Global(string(name)).(*lua.LTable); ok && (name == "_G" || s.machine.global(string(name)) != nil) {
		L.Push(lib)
		return 1
	}
	fn, arg := s.load(L, string(name))
	g.ChargeMemory(L, 300+len(name))
	loaded.RawSetString(string(name), loading)
	if fn == nil { // a module of eslua without source
		L.Push(arg)
	} else {
		L.Push(fn)
		L.Push(arg)
		L.Call(1, 1)
	}
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

// load returns the function that makes a module, and its argument. A module of eslua that
// needs none is the argument itself.
func (s *State) load(L *lua.LState, name string) (fn, arg lua.LValue) {
	if list := s.ownLoaders(); list != nil {
		return s.byLoaders(L, name, list), lua.LString(name)
	}
	if fn := s.preloaded(name); fn != nil {
		return fn, lua.LString(name)
	}
	fn, arg, err := s.find(L, name)
	if errors.Is(err, fs.ErrNotExist) {
		guard.Raise(L, 1, "module '"+name+"' not found: "+err.Error())
	}
	if err != nil {
		guard.Raise(L, 1, "error loading module '"+name+"': "+err.Error())
	}
	return fn, arg
}

// preloaded returns what the script has put into package.preload, or nil.
func (s *State) preloaded(name string) lua.LValue {
	if s.preload != nil {
		if v := s.preload.RawGetString(name); v != lua.LNil {
			return v
		}
	}
	return nil
}

const maxModuleName = 1024 // bytes: each dot in it makes a table

// module makes the globals of its caller the fields of a module (loadlib.c:ll_module).
func module(L *lua.LState) int {
	name, ok := L.Get(1).(lua.LString)
	if !ok {
		guard.TypeError(L, 1, "string")
	}
	if len(name) > maxModuleName {
		guard.Raise(L, 1, fmt.Sprintf("the name of a module has at most %d bytes; this one has %d", maxModuleName, len(name)))
	}
	s := guard.Of(L).Data.(*State)
	t, ok := s.loadedTable().RawGetString(string(name)).(*lua.LTable)
	if !ok {
		t = globalTable(L, string(name))
		s.loadedTable().RawSetString(string(name), t)
	}
	if t.RawGetString("_NAME") == lua.LNil {
		guard.Of(L).ChargeMemory(L, 400+len(name))
		t.RawSetString("_M", t)
		t.RawSetString("_NAME", name)
		t.RawSetString("_PACKAGE", name[:strings.LastIndexByte(string(name), '.')+1])
	}
	if !guard.SetCallersGlobals(L, t) {
		guard.Raise(L, 1, "'module' not called from a Lua function")
	}
	for i := 2; i <= L.GetTop(); i++ {
		L.Push(L.Get(i))
		L.Push(t)
		L.Call(1, 0)
	}
	return 0
}

// globalTable returns the table that a dotted name names, and makes it.
func globalTable(L *lua.LState, name string) *lua.LTable {
	at := L.G.Global
	for part := range strings.SplitSeq(name, ".") {
		guard.Of(L).FillLibrary(L, at)
		switch next := at.RawGetString(part).(type) {
		case *lua.LTable:
			at = next
		case *lua.LNilType:
			made := newTable()
			guard.Of(L).ChargeMemory(L, 200+len(part))
			at.RawSetString(part, made)
			at = made
		default:
			guard.Raise(L, 1, "name conflict for module '"+name+"'")
		}
	}
	return at
}

// seeAll lets a module see the globals (loadlib.c:ll_seeall).
func seeAll(L *lua.LState) int {
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		guard.TypeError(L, 1, "table")
	}
	guard.Of(L).FillLibrary(L, t) // or its metatable would be that of all states
	meta, ok := t.Metatable.(*lua.LTable)
	if !ok {
		guard.Of(L).ChargeMemory(L, 200)
		meta = newTable()
		t.Metatable = meta
	}
	meta.RawSetString("__index", L.G.Global)
	return 0
}

// find returns the chunk of a module and its argument, as load does.
func (s *State) find(L *lua.LState, name string) (chunk, arg lua.LValue, err error) {
	fn, err := s.search(L, name)
	if errors.Is(err, fs.ErrNotExist) {
		fn, err = s.compiled(name)
	}
	if l := s.machine.find(name); errors.Is(err, fs.ErrNotExist) && l != nil {
		t := s.ownTable(name)
		s.guard.FillLibrary(L, t)
		if l.source == nil {
			return nil, t, nil
		}
		return s.guard.NewFunction(l.source.proto), t, nil
	}
	return fn, lua.LString(name), err
}
