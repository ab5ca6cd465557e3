package stdlib

import (
	"strconv"

	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// base returns the globals that need nothing but their arguments. Package guard has the others.
func base() []Field {
	return []Field{
		{"_VERSION", lua.LString("Lua 5.1")},
		fn("assert", baseAssert),
		fn("collectgarbage", baseCollectgarbage),
		fn("getmetatable", baseGetmetatable),
		fn("ipairs", baseIpairs),
		fn("next", baseNext),
		fn("pairs", basePairs),
		fn("print", basePrint),
		fn("rawequal", baseRawequal),
		fn("rawget", baseRawget),
		fn("rawlen", baseRawlen),
		fn("rawset", baseRawset),
		fn("select", baseSelect),
		fn("setmetatable", baseSetmetatable),
		fn("tonumber", baseTonumber),
		fn("tostring", baseTostring),
		fn("type", baseType),
		fn("unpack", unpack),
	}
}

// baseAssert adds the position to a message, as in 5.1, and raises a value that is not a string unchanged, as in 5.2.
func baseAssert(L *lua.LState) int {
	if lua.LVAsBool(argAny(L, 1)) {
		return L.GetTop()
	}
	message := guard.Arg(L, 2)
	if message == lua.LNil {
		return fail(L, "assertion failed!")
	}
	if s, ok := toString(message); ok {
		return fail(L, "%s", s)
	}
	guard.Throw(L, message, nil)
	return 0
}

// baseCollectgarbage only counts: Go collects, for all scripts at once.
func baseCollectgarbage(L *lua.LState) int {
	switch option := optString(L, 1, "collect"); option {
	case "count":
		L.Push(lua.LNumber(float64(guard.Of(L).Memory()) / 1024))
	case "collect", "stop", "restart", "step", "setpause", "setstepmul", "isrunning", "generational", "incremental":
		L.Push(guard.Integer(0))
	default:
		argError(L, 1, "invalid option '"+option[:min(len(option), 40)]+"'")
	}
	return 1
}

func baseGetmetatable(L *lua.LState) int {
	if _, ok := argAny(L, 1).(*lua.LTable); ok {
		argTable(L, 1)
	}
	L.Push(L.GetMetatable(guard.Arg(L, 1)))
	return 1
}

// baseSetmetatable takes tables only: gopher-lua would change the metatable of all numbers or strings.
func baseSetmetatable(L *lua.LState) int {
	t, mt := argTable(L, 1), guard.Arg(L, 2)
	if _, ok := mt.(*lua.LTable); !ok && (mt != lua.LNil || L.GetTop() < 2) {
		argError(L, 2, "nil or table expected")
	}
	if L.GetMetaField(t, "__metatable") != lua.LNil {
		return fail(L, "cannot change a protected metatable")
	}
	t.Metatable = mt
	L.Push(t)
	return 1
}

func baseRawequal(L *lua.LState) int {
	a, b := argAny(L, 1), argAny(L, 2)
	L.Push(lua.LBool(L.RawEqual(a, b)))
	return 1
}

func baseRawget(L *lua.LState) int {
	t, k := argTable(L, 1), argAny(L, 2)
	guard.Of(L).ChargeKey(L, k, 1)
	L.Push(t.RawGet(k))
	return 1
}

// baseRawlen implements 5.2's rawlen.
func baseRawlen(L *lua.LState) int {
	switch v := guard.Arg(L, 1).(type) {
	case *lua.LTable:
		L.Push(guard.Integer(guard.Of(L).Len(L, v)))
	case lua.LString:
		L.Push(guard.Integer(len(v)))
	default:
		argError(L, 1, "table or string expected")
	}
	return 1
}

func baseRawset(L *lua.LState) int {
	t, k, v := argTable(L, 1), argAny(L, 2), argAny(L, 3)
	switch x, isNumber := k.(lua.LNumber); {
	case k == lua.LNil:
		return failBare(L, "table index is nil")
	case isNumber && x != x:
		return failBare(L, "table index is NaN")
	}
	guard.Of(L).Set(L, t, k, v)
	L.SetTop(1)
	return 1
}

func baseSelect(L *lua.LState) int {
	top := L.GetTop()
	if s, ok := guard.Arg(L, 1).(lua.LString); ok && len(s) > 0 && s[0] == '#' {
		L.Push(guard.Integer(top - 1))
		return 1
	}
	n := argInt(L, 1)
	switch {
	case n < 0:
		n += top
	case n > top:
		n = top
	}
	if n < 1 {
		argError(L, 1, "index out of range")
	}
	return top - n
}

func baseTonumber(L *lua.LState) int {
	base := optInt(L, 2, 10)
	if base == 10 {
		if v, ok := argAny(L, 1).(lua.LNumber); ok {
			L.Push(v)
			return 1
		}
	}
	x, ok := 0.0, false
	if base == 10 {
		x, ok = guard.ToNumber(L, guard.Arg(L, 1))
	} else {
		s := argString(L, 1)
		if base < 2 || base > 36 {
			argError(L, 2, "base out of range")
		}
		guard.Of(L).ChargeParse(L, s)
		x, ok = number.ParseBase(s, base)
	}
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(x))
	return 1
}

// baseTostring returns the result of __tostring even if it is not a string, as in 5.1.
func baseTostring(L *lua.LState) int {
	v := argAny(L, 1)
	if r, ok := callTostring(L, v); ok {
		L.Push(r)
		return 1
	}
	if s, ok := v.(lua.LString); ok {
		L.Push(s)
		return 1
	}
	L.Push(lua.LString(plainString(v)))
	return 1
}

func callTostring(L *lua.LState, v lua.LValue) (lua.LValue, bool) {
	f := L.GetMetaField(v, "__tostring")
	if f == lua.LNil {
		return lua.LNil, false
	}
	call(L, 1, f, v)
	return pop(L), true
}

// tostring returns v as text for string.format and print, which accept only a string from __tostring.
func tostring(L *lua.LState, v lua.LValue, refusal string) string {
	if r, ok := callTostring(L, v); ok {
		s, ok := toString(r)
		if !ok {
			fail(L, "%s", refusal)
		}
		return s
	}
	return plainString(v)
}

func plainString(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return number.String(float64(v))
	case lua.LBool:
		return strconv.FormatBool(bool(v))
	case *lua.LNilType:
		return "nil"
	}
	return v.String()
}

var typeNames = map[lua.LValueType]lua.LValue{
	lua.LTNil:      lua.LString("nil"),
	lua.LTBool:     lua.LString("boolean"),
	lua.LTNumber:   lua.LString("number"),
	lua.LTString:   lua.LString("string"),
	lua.LTFunction: lua.LString("function"),
	lua.LTUserData: lua.LString("userdata"),
	lua.LTThread:   lua.LString("thread"),
	lua.LTTable:    lua.LString("table"),
}

func baseType(L *lua.LState) int {
	t := argAny(L, 1).Type()
	name, ok := typeNames[t]
	if !ok {
		name = lua.LString(t.String())
	}
	L.Push(name)
	return 1
}
