package guard

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// Base are the global functions that need the guard. They are shared by all
// states; the rest of Lua's base library is host/script/vm/stdlib's.
func Base() map[string]lua.LValue {
	b := builtin()
	return map[string]lua.LValue{
		"error":      function(baseError),
		"getfenv":    function(baseGetfenv),
		"load":       function(baseLoad),
		"loadstring": function(baseLoadstring),
		"pcall":      &lua.LFunction{Proto: b.pcall},
		"setfenv":    function(baseSetfenv),
		"xpcall":     &lua.LFunction{Proto: b.xpcall},
	}
}

// badArgument is lauxlib.c:luaL_argerror.
func badArgument(L *lua.LState, n int, message string) {
	_, name := raw(L).currentFrame.calledAs()
	if name == "" {
		name = "?"
	}
	Raise(L, 1, "bad argument #"+strconv.Itoa(n)+" to '"+name+"' ("+message+")")
}

func baseGetfenv(L *lua.LState) int {
	fn, global := environment(L, 1)
	if global || fn.IsG || !scripted(fn) { // Go functions have no environment of their own
		L.Push(L.G.Global)
	} else {
		L.Push(fn.Env)
	}
	return 1
}

func baseSetfenv(L *lua.LState) int {
	env, ok := L.Get(2).(*lua.LTable)
	if !ok {
		badArgument(L, 2, "table expected, got "+typeName(L, 2))
	}
	fn, global := environment(L, 0)
	if global || fn.IsG || !scripted(fn) {
		Raise(L, 1, "'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	L.Push(fn)
	return 1
}

// environment is lbaselib.c:getfunc: the function that argument 1 names, or
// the global environment for level 0.
func environment(L *lua.LState, level int) (fn *lua.LFunction, global bool) {
	switch v := L.Get(1).(type) {
	case *lua.LFunction:
		return v, false
	case *lua.LNilType:
		if L.GetTop() > 0 || level == 0 {
			badArgument(L, 1, "number expected, got "+typeName(L, 1))
		}
	default:
		n, ok := argNumber(L, v)
		if !ok {
			badArgument(L, 1, "number expected, got "+typeName(L, 1))
		}
		level = int(n)
	}
	if level == 0 {
		return nil, true
	}
	if level < 0 {
		badArgument(L, 1, "level must be non-negative")
	}
	f := frameAt(L, level)
	if f == nil {
		badArgument(L, 1, "invalid level")
	}
	return f.Fn, false
}

func typeName(L *lua.LState, n int) string {
	if n > L.GetTop() {
		return "no value"
	}
	return L.Get(n).Type().String()
}
