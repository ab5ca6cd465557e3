package stdlib

import (
	"fmt"

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

func argError(L *lua.LState, n int, message string) int {
	guard.ArgError(L, n, message)
	return 0
}

func typeError(L *lua.LState, n int, expected string) int {
	guard.TypeError(L, n, expected)
	return 0
}
