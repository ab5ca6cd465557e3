package guard

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// Base returns the global functions that need the guard. All states share them.
// Package stdlib has the rest of Lua's base library.
func Base() map[string]lua.LValue {
	b := builtin()
	return map[string]lua.LValue{
		"error":      GoFunction(baseError),
		"getfenv":    GoFunction(baseGetfenv),
		"load":       GoFunction(baseLoad),
		"loadstring": GoFunction(baseLoadstring),
		"pcall":      &lua.LFunction{Proto: b.pcall},
		"setfenv":    GoFunction(baseSetfenv),
		"xpcall":     &lua.LFunction{Proto: b.xpcall},
	}
}

// ArgError raises that argument n of the running Go function is wrong, as
// lauxlib.c:luaL_argerror: the text does not count a method's self.
func ArgError(L *lua.LState, n int, message string) {
	Of(L).chargeNames(raw(L).currentFrame, 2)
	sort, name := raw(L).currentFrame.calledAs()
	if name == "" {
		name = "?"
	}
	if sort == "method" {
		if n--; n == 0 {
			Raise(L, 1, "calling '"+name+"' on bad self ("+message+")")
		}
	}
	Raise(L, 1, "bad argument #"+strconv.Itoa(n)+" to '"+name+"' ("+message+")")
}

// TypeError raises that argument n of the running Go function has another type
// than the expected one.
func TypeError(L *lua.LState, n int, expected string) {
	got := "no value"
	if n <= L.GetTop() {
		got = Arg(L, n).Type().String()
	}
	ArgError(L, n, expected+" expected, got "+got)
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
		TypeError(L, 2, "table")
	}
	fn, global := environment(L, 0)
	if global || fn.IsG || !scripted(fn) {
		Raise(L, 1, "'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	L.Push(fn)
	return 1
}

// SetCallersGlobals makes t the environment of the script's function that called the
// running Go function, and reports false if none did.
func SetCallersGlobals(L *lua.LState, t *lua.LTable) bool {
	f := frameAt(L, 1)
	if f == nil || !scripted(f.Fn) {
		return false
	}
	f.Fn.Env = t
	return true
}

// environment returns the function that argument 1 names, as lbaselib.c:getfunc,
// or that it is the global environment, for level 0.
func environment(L *lua.LState, level int) (fn *lua.LFunction, global bool) {
	switch v := L.Get(1).(type) {
	case *lua.LFunction:
		return v, false
	case *lua.LNilType:
		if L.GetTop() > 0 || level == 0 {
			TypeError(L, 1, "number")
		}
	default:
		n, ok := ToNumber(L, v)
		if !ok {
			TypeError(L, 1, "number")
		}
		level = int(n)
	}
	if level == 0 {
		return nil, true
	}
	if level < 0 {
		ArgError(L, 1, "level must be non-negative")
	}
	f := frameAt(L, level)
	if f == nil {
		ArgError(L, 1, "invalid level")
	}
	return f.Fn, false
}
