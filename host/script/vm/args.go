package vm

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// Args holds one call of a declared function: it has the checked arguments and
// takes the results. Index 0 is the first argument after self. It is valid until
// the function returns.
type Args struct {
	L       *lua.LState
	state   *State
	wrapper *wrapper
	self    any
	first   int // the Lua index of argument 0
	given   int
	results []lua.LValue
	one     [2]lua.LValue // room for them
}

// begin returns an Args that is not in use.
func (s *State) begin(L *lua.LState, w *wrapper) *Args {
	var a *Args
	if n := len(s.free); n > 0 {
		a = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		a = &Args{state: s}
	}
	a.L, a.wrapper, a.first, a.given = L, w, 1, L.GetTop()
	if w.class != nil {
		a.first = 2
		a.given = max(0, a.given-1)
	}
	return a
}

// end returns an Args to the pool. After an error the collector takes it.
func (s *State) end(a *Args) {
	*a = Args{state: s}
	if len(s.free) < 4 {
		s.free = append(s.free, a)
	}
}

// push pushes the results. It copies strings: a part of a message would keep the
// whole message alive, which the memory limit does not count.
func (a *Args) push() int {
	for _, v := range a.results {
		if s, ok := v.(lua.LString); ok {
			a.state.guard.ChargeMemory(a.L, len(s)+32)
			v = lua.LString(strings.Clone(string(s)))
		}
		if v == nil {
			v = lua.LNil
		}
		a.L.Push(v)
	}
	return len(a.results)
}

// State returns the calling state.
func (a *Args) State() *State { return a.state }

// Self returns the object's Go value for a method, the Instance for a function.
func (a *Args) Self() any { return a.self }

// Instance returns what State.Bind has bound to the module that declares the
// function or the method's class.
func (a *Args) Instance() any { return a.state.bound[a.wrapper.module] }

// Len returns the number of arguments, without self.
func (a *Args) Len() int { return a.given }

// Value returns argument i, or lua.LNil if it is absent.
func (a *Args) Value(i int) lua.LValue {
	if i < 0 || i >= a.given {
		return lua.LNil
	}
	return a.L.Get(a.first + i)
}

// Has reports whether argument i was given and is not nil.
func (a *Args) Has(i int) bool { return a.Value(i) != lua.LNil }

// String returns argument i as text, or "" if it is absent or nil.
func (a *Args) String(i int) string {
	switch v := a.Value(i).(type) {
	case lua.LString:
		text := string(v)
		if a.wrapper.cText {
			text, _, _ = strings.Cut(text, "\x00")
		}
		return text
	case lua.LNumber:
		return number.String(float64(v))
	}
	return ""
}

// Number returns argument i, or 0 if it is absent.
func (a *Args) Number(i int) float64 {
	switch v := a.Value(i).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		x, _ := number.Parse(string(v))
		return x
	}
	return 0
}

// Int returns argument i truncated to the nearest int, or 0 if it is absent or no
// number.
func (a *Args) Int(i int) int {
	switch x := a.Number(i); {
	case x != x:
		return 0
	case x >= math.MaxInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	default:
		return int(x)
	}
}

// Bool returns argument i, or false if it is absent.
func (a *Args) Bool(i int) bool { return a.Value(i) == lua.LTrue }

// Table returns argument i, or nil if it is absent.
func (a *Args) Table(i int) *lua.LTable {
	t, ok := a.Value(i).(*lua.LTable)
	if ok {
		a.state.guard.FillLibrary(a.L, t)
	}
	return t
}

// Function returns argument i, a function, or lua.LNil if it is absent.
func (a *Args) Function(i int) lua.LValue {
	if f, ok := a.Value(i).(*lua.LFunction); ok {
		return f
	}
	return lua.LNil
}

// Object returns the Go value of argument i, a declared object, or nil if it is
// absent.
func (a *Args) Object(i int) any {
	if ud, ok := a.Value(i).(*lua.LUserData); ok {
		return ud.Value
	}
	return nil
}

// TypeName returns SWIG's name for the type of argument i: "Event *", "string".
func (a *Args) TypeName(i int) string { return a.state.machine.typeName(a.Value(i)) }

// Context returns a context that ends when the script must. A function that
// waits must also wait for it, and the context's clock.Blocker is told of the
// wait: the time is then not the script's.
func (a *Args) Context() context.Context { return a.state.guard }

// BoundSent returns an error if what the function is about to send to FreeSWITCH,
// other than its arguments, holds too many bytes.
func (a *Args) BoundSent(size int) error { return a.bound(size, MaxText) }

func (a *Args) bound(size, most int) error {
	if size <= most {
		return nil
	}
	return fmt.Errorf("%s: the text holds %d bytes, and at most %d are possible", a.wrapper.name, size, most)
}

// ChargeMemory counts bytes that the function is about to keep alive for the
// script against its memory limit, except the strings that it returns. It raises
// the limit's error.
func (a *Args) ChargeMemory(bytes int) { a.state.guard.ChargeMemory(a.L, bytes) }

// ChargeCPU counts processor time that the function is about to use, in units of
// 10 ns, against the script's limits. A loop over a script's data calls it in the
// loop. It raises the limit's error.
func (a *Args) ChargeCPU(units int) { a.state.guard.ChargeCPU(a.L, units) }

// Where returns the line of the script that calls.
func (a *Args) Where() (file string, line int) { return guard.Where(a.L) }

// SetKey sets a key of a new table for the script, and charges it.
func (a *Args) SetKey(t *lua.LTable, key string, v lua.LValue) {
	a.state.guard.Set(a.L, t, lua.LString(key), v)
}

// SetIndex sets element n, counted from 1, of a new table for the script, and
// charges it.
func (a *Args) SetIndex(t *lua.LTable, n int, v lua.LValue) {
	a.state.guard.SetInt(a.L, t, n, v)
}

// Set sets a key of a new table for the script, and charges it.
func (a *Args) Set(t *lua.LTable, key, v lua.LValue) { a.state.guard.Set(a.L, t, key, v) }

// FillLibrary gives a table that may be a library of the state all its names, before
// its fields are read without Lua.
func (a *Args) FillLibrary(t *lua.LTable) { a.state.guard.FillLibrary(a.L, t) }

// Return sets the results.
func (a *Args) Return(vs ...lua.LValue) { a.results = append(a.one[:0], vs...) }

// ReturnString sets one string as the result.
func (a *Args) ReturnString(s string) { a.results = append(a.one[:0], lua.LString(s)) }

// ReturnInt sets one number as the result.
func (a *Args) ReturnInt(n int) { a.results = append(a.one[:0], lua.LNumber(n)) }

// ReturnBool sets one boolean as the result.
func (a *Args) ReturnBool(b bool) { a.results = append(a.one[:0], lua.LBool(b)) }
