package stdlib

import (
	"fmt"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// fail raises an error with the position of the calling Lua function, as luaL_error. There is none if a Go function
// called, as in pcall(string.rep).
func fail(L *lua.LState, format string, args ...any) int {
	guard.Raise(L, 1, fmt.Sprintf(format, args...))
	return 0
}

// failBare raises an error without a position, as PUC's VM does inside a library function.
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
