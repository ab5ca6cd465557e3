package vm

import (
	"errors"
	"io/fs"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// fillLoaders gives the table package its loaders, by their names of Lua 5.1 and 5.2.
func (s *State) fillLoaders(t *lua.LTable) {
	s.loaders = [2]lua.LValue{guard.GoFunction(loadPreloaded), guard.GoFunction(loadFound)}
	list := newTable()
	for i, loader := range s.loaders {
		list.RawSetInt(i+1, loader)
	}
	s.guard.DeferMemory(400)
	t.RawSetString("loaders", list)
	t.RawSetString("searchers", list)
}

// ownLoaders returns the loaders if the script has changed them, else nil.
func (s *State) ownLoaders() *lua.LTable {
	if s.packages == nil {
		return nil
	}
	for _, name := range []string{"loaders", "searchers"} {
		list, ok := s.packages.RawGetString(name).(*lua.LTable)
		if ok && (list.Len() != len(s.loaders) || list.RawGetInt(1) != s.loaders[0] || list.RawGetInt(2) != s.loaders[1]) {
			return list
		}
	}
	return nil
}

// longestReason bounds what loaders say of a module that they do not find.
const longestReason = 4096

// byLoaders asks the loaders for a module (loadlib.c:ll_require).
func (s *State) byLoaders(L *lua.LState, name string, list *lua.LTable) lua.LValue {
	reason := ""
	for i := 1; ; i++ {
		loader := list.RawGetInt(i)
		if loader == lua.LNil {
			guard.Raise(L, 1, "module '"+name+"' not found:"+reason)
		}
		s.guard.ChargeCPU(L, 50)
		L.Push(loader)
		L.Push(lua.LString(name))
		L.Call(1, 1)
		got := L.Get(-1)
		L.Pop(1)
		switch got := got.(type) {
		case *lua.LFunction:
			return got
		case lua.LString:
			if len(reason)+len(got) < longestReason {
				reason += string(got)
			}
		}
	}
}

// loadPreloaded finds what package.preload has, as the first loader.
func loadPreloaded(L *lua.LState) int {
	name := L.CheckString(1)
	fn := guard.Of(L).Data.(*State).preloaded(name)
	if fn == nil {
		fn = lua.LString("\n\tno field package.preload['" + name + "']")
	}
	L.Push(fn)
	return 1
}

// loadFound finds what require finds, as the second loader.
func loadFound(L *lua.LState) int {
	name := L.CheckString(1)
	s := guard.Of(L).Data.(*State)
	chunk, arg, err := s.find(L, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		L.Push(lua.LString("\n\t" + err.Error()))
	case err != nil:
		guard.Raise(L, 1, "error loading module '"+name+"': "+err.Error())
	case arg == lua.LString(name):
		L.Push(chunk)
	default: // a module of eslua, whose chunk gets its table
		s.guard.ChargeMemory(L, 200)
		L.Push(guard.GoFunction(func(L *lua.LState) int {
			if chunk == nil {
				L.Push(arg)
				return 1
			}
			L.Push(chunk)
			L.Push(arg)
			L.Call(1, 1)
			return 1
		}))
	}
	return 1
}
