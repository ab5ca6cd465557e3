package stdlib

import (
	"math"

	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// toString returns a string, or the text of a number.
func toString(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return number.String(float64(v)), true
	}
	return "", false
}

// toInt truncates x to the nearest int, so that s:sub(1, math.huge) is the whole string. In C the result is undefined.
func toInt(x float64) int {
	switch {
	case x >= 1<<63:
		return math.MaxInt64
	case x >= -1<<63:
		return int(x)
	}
	return math.MinInt64 // and NaN
}

func argAny(L *lua.LState, n int) lua.LValue {
	if n > L.GetTop() {
		argError(L, n, "value expected")
	}
	return guard.Arg(L, n)
}

func argString(L *lua.LState, n int) string {
	s, ok := toString(guard.Arg(L, n))
	if !ok {
		typeError(L, n, "string")
	}
	return s
}

// sameString returns argument n, a string or number, as a string value.
func sameString(L *lua.LState, n int) lua.LValue {
	if v, ok := guard.Arg(L, n).(lua.LString); ok {
		return v
	}
	return lua.LString(argString(L, n))
}

func optString(L *lua.LState, n int, otherwise string) string {
	if guard.Arg(L, n) == lua.LNil {
		return otherwise
	}
	return argString(L, n)
}

func argNumber(L *lua.LState, n int) float64 {
	x, ok := guard.ToNumber(L, guard.Arg(L, n))
	if !ok {
		typeError(L, n, "number")
	}
	return x
}

func argInt(L *lua.LState, n int) int {
	if x, ok := guard.Arg(L, n).(lua.LNumber); ok { // nearly always
		return toInt(float64(x))
	}
	return toInt(argNumber(L, n))
}

func optInt(L *lua.LState, n, otherwise int) int {
	switch v := guard.Arg(L, n).(type) {
	case lua.LNumber:
		return toInt(float64(v))
	case *lua.LNilType:
		return otherwise
	}
	return argInt(L, n)
}

// lastIndex returns argument n, the end of a range of elements; by default it is the length of t.
func lastIndex(L *lua.LState, n int, t *lua.LTable) int {
	if guard.Arg(L, n) == lua.LNil {
		return guard.Of(L).Len(L, t)
	}
	return argInt(L, n)
}

func argTable(L *lua.LState, n int) *lua.LTable {
	t, ok := guard.Arg(L, n).(*lua.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	guard.Of(L).FillLibrary(L, t)
	return t
}

func argFunction(L *lua.LState, n int) *lua.LFunction {
	f, ok := guard.Arg(L, n).(*lua.LFunction)
	if !ok {
		typeError(L, n, "function")
	}
	return f
}

// checkStack raises an error if a function would have more than 8000 values on the stack, as luaL_checkstack.
func checkStack(L *lua.LState, n int, what string) {
	if n > maxStack-L.GetTop() {
		fail(L, "stack overflow (%s)", what)
	}
}

const maxStack = 8000

// call calls a script's function and leaves the wanted number of results on the stack.
func call(L *lua.LState, results int, f lua.LValue, args ...lua.LValue) {
	if f.Type() != lua.LTFunction && L.GetMetaField(f, "__call").Type() != lua.LTFunction {
		failBare(L, "attempt to call a "+f.Type().String()+" value")
	}
	guard.Of(L).ChargeCPU(L, 4)
	L.Push(f)
	for _, v := range args {
		L.Push(v)
	}
	L.Call(len(args), results)
}

// pop removes the topmost value from the stack and returns it.
func pop(L *lua.LState) lua.LValue {
	v := L.Get(-1)
	L.SetTop(L.GetTop() - 1)
	return v
}
