package guard

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/eslua/eslua/host/clock"
	lua "github.com/yuin/gopher-lua"
)

// Host is what the library functions of one state need of the world around
// it. Functions are shared between states; they reach theirs by Of(L).Host.
type Host struct {
	Clock clock.Clock
	Print func(line string) // where print goes; never nil
	Rand  *rand.Rand        // math.random's own generator; never nil
}

// Guard is the accounting of one state and all its coroutines. It is the
// state's context.Context, which is how Of finds it. Everything of it but
// Done, Err, Deadline and Value belongs to the goroutine that runs the state.
type Guard struct {
	context.Context
	Host Host
}

// Of is the guard of the state or coroutine L.
func Of(L *lua.LState) *Guard { return L.Context().(*Guard) }

// Work charges the processor time of units instructions, spent or about to be
// spent inside a Go function. It raises the limit error when the budget is
// used up; a script cannot catch that one.
func (g *Guard) Work(L *lua.LState, units int) {}

// Alloc charges bytes that are about to be allocated and may stay reachable
// from Lua. It raises the limit error when they do not fit.
func (g *Guard) Alloc(L *lua.LState, bytes int) {}

// Wait runs fn, which waits for the outside; the burst budget starts anew
// after it.
func (g *Guard) Wait(fn func()) { fn() }

var _ = time.Second
