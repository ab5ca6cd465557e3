package stdlib

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// fail raises an error with the place of the Lua function that called, as luaL_error does: there is no place where a
// function was called by another Go function, as by pcall(string.rep).
func fail(L *lua.LState, format string, args ...any) int {
	guard.Raise(L, 1, fmt.Sprintf(format, args...))
	return 0
}

// failBare raises an error without a place, as PUC's VM does for what goes wrong inside a library function.
func failBare(L *lua.LState, message string) int {
	guard.Raise(L, 0, message)
	return 0
}

// argError is luaL_argerror: n counts from 1, self of a method call is not counted in the text.
func argError(L *lua.LState, n int, message string) int {
	name, method := called(L)
	if method {
		if n--; n == 0 {
			return fail(L, "calling '%s' on bad self (%s)", name, message)
		}
	}
	return fail(L, "bad argument #%d to '%s' (%s)", n, name, message)
}

func typeError(L *lua.LState, n int, expected string) int {
	return argError(L, n, expected+" expected, got "+typeName(L, n))
}

func typeName(L *lua.LState, n int) string {
	if n > L.GetTop() {
		return "no value"
	}
	return guard.Arg(L, n).Type().String()
}

// called is the name the running function was called by ("?" if the caller knows none), and whether as a method.
func called(L *lua.LState) (name string, method bool) {
	here, ok := L.GetStack(0)
	if !ok {
		return "?", false
	}
	caller, ok := L.GetStack(1)
	if !ok {
		return "?", false
	}
	if _, err := L.GetInfo("n", here, lua.LNil); err != nil || here.Name == "" || strings.ContainsAny(here.Name, "(<?") {
		return "?", false
	}
	f, err := L.GetInfo("fl", caller, lua.LNil)
	lf, ok := f.(*lua.LFunction)
	if !ok || err != nil || lf.IsG || strings.HasPrefix(lf.Proto.SourceName, "=") {
		return "?", false // called by Go, or by a function of the guard's such as pcall
	}
	return here.Name, methodCall(lf.Proto, here.Name, caller.CurrentLine)
}

// methodCall tells whether the call of name on this line of p is written with a colon: its function was then fetched
// by OP_SELF. gopher-lua keeps a call's name but not its kind.
func methodCall(p *lua.FunctionProto, name string, line int) bool {
	for _, call := range p.DbgCalls {
		if call.Name != name || call.Pc >= len(p.Code) || p.DbgSourcePositions[call.Pc] != line {
			continue
		}
		register := p.Code[call.Pc] >> 18 & 0xff
		for pc := call.Pc - 1; pc >= 0; pc-- {
			if p.Code[pc]>>18&0xff != register {
				continue
			}
			switch int(p.Code[pc] >> 26) {
			case lua.OP_SELF:
				return true
			case lua.OP_MOVE, lua.OP_MOVEN, lua.OP_GETGLOBAL, lua.OP_GETUPVAL, lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_CLOSURE, lua.OP_CALL:
				pc = 0
			}
		}
	}
	return false
}
