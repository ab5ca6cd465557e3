package vm

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// Args is one call of a declared function: the checked arguments, and where
// the results go. Index 0 is the first argument after self. It is valid until
// the function returns.
type Args struct{}

// State is the state that calls.
func (a *Args) State() *State { return nil }

// Self is the object's Go value for a method, the bound instance for a module's function.
func (a *Args) Self() any { return nil }

// Len is the number of arguments given, self not counted.
func (a *Args) Len() int { return 0 }

// Has reports whether argument i was given and is not nil.
func (a *Args) Has(i int) bool { return false }

// String is argument i as text; "" if absent or nil.
func (a *Args) String(i int) string { return "" }

// Int is argument i cut to an integer; 0 if absent.
func (a *Args) Int(i int) int { return 0 }

// Number is argument i; 0 if absent.
func (a *Args) Number(i int) float64 { return 0 }

// Bool is argument i; false if absent.
func (a *Args) Bool(i int) bool { return false }

// Table is argument i; nil if absent.
func (a *Args) Table(i int) *lua.LTable { return nil }

// Function is argument i, a function; lua.LNil if absent.
func (a *Args) Function(i int) lua.LValue { return lua.LNil }

// Value is argument i as it is; lua.LNil if absent.
func (a *Args) Value(i int) lua.LValue { return lua.LNil }

// Object is the Go value of argument i, a declared object; nil if absent.
func (a *Args) Object(i int) any { return nil }

// Context ends when the script must: its Run's context, or its duration.
// A function that waits for the outside waits for this too.
func (a *Args) Context() context.Context { return context.Background() }

// Return gives the results.
func (a *Args) Return(vs ...lua.LValue) {}

// ReturnString gives one string.
func (a *Args) ReturnString(s string) {}

// ReturnInt gives one number.
func (a *Args) ReturnInt(n int) {}

// ReturnBool gives one boolean.
func (a *Args) ReturnBool(b bool) {}

// Record wraps a small Go value with methods, for results that are no class:
// a task, a node, an HTTP answer. Its exported methods and fields are what Lua
// sees; it must hold no pointer to anything that Lua may not change.
func (a *Args) Record(v any) lua.LValue { return lua.LNil }
