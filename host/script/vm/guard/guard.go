package guard

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	lua "github.com/yuin/gopher-lua"
)

// Services are what the library functions of one state use of the outside. The
// functions are shared between states and reach theirs by Of(L).Services.
type Services struct {
	Clock clock.Clock
	Print func(line string) // where print goes; never nil
	Rand  *rand.Rand        // math.random's own generator; never nil
}

// Guard is the accounting of one state and all its coroutines. It is the
// state's context.Context, which is how Of finds it. It belongs to the
// goroutine that runs the state.
type Guard struct {
	context.Context // of the running Run: ends when the script must
	Services        Services
	Data            any // the owner's; package vm stores its State here

	limits Limits
	main   *lua.LState
	shared *Shared
	ended  error // what ended the script: a *LimitError, an *InternalError or the context's

	// processor time; see tick
	left       int64   // units left of the slice; negative is an overdraft
	slice      int64   // units the slice was given
	burst      cpuTime // since the last wait
	total      cpuTime
	sliceBegan time.Time
	threadTime time.Duration // the thread's processor time at the last measurement
	measuredAt time.Time
	computing  bool  // between startComputing and stopComputing
	waitNest   int   // nest when the innermost Wait began
	inLane     bool  // holds a place in the slow lane; see keepLane
	turn       int64 // units of the burst when it got the place

	// memory; see charge
	live int64 // bytes found by the last census
	debt int64 // bytes charged since

	// nesting; see enter
	nest  int // Go frames that run Lua, over all coroutines
	floor int // nest when the running coroutine was resumed
	grown int // counts call stacks that moved
	spare int // call frames beyond the limit, while an error is handled

	numbers []float64 // the block that boxes numbers
	methods *methods  // of strings; see method
	loop    func(*lua.LState, *callFrame)
}

// Of returns the guard of the state or coroutine L.
func Of(L *lua.LState) *Guard { return L.Context().(*Guard) }

// Shared belongs to all states of a machine. The census counts Tables against
// none of them.
type Shared struct {
	Tables map[*lua.LTable]bool
	Lane   Lane // nil lets every state compute at once

	// Explain returns what an error adds about a name that is nil when it is
	// called or indexed: a global, a global table's field ("os.execute") or, with
	// self, an object's method. It may be nil.
	Explain func(self lua.LValue, name string) string
}

// Unfilled reports whether t is the table of a library that has no fields yet:
// its metatable is one that all states share and scripts never see.
func (g *Guard) Unfilled(t *lua.LTable) bool {
	mt, ok := t.Metatable.(*lua.LTable)
	return ok && g.shared.Tables[mt]
}

// New makes a state without libraries under limits. Its global and registry
// tables are empty.
func New(limits Limits, host Services, shared *Shared) *Guard {
	boundArrays()
	g := &Guard{Context: context.Background(), Services: host, limits: limits.WithDefaults(), shared: shared}
	g.loop = g.run
	g.main = g.newMain()
	return g
}

// boundArrays sets gopher-lua's limit on the array part of a table, once for the
// process: t[67108863] = 1 would take a gigabyte. The limit is a global variable
// of gopher-lua.
var boundArrays = sync.OnceFunc(func() { lua.MaxArrayIndex = maxIndex })

// maxIndex bounds arrays to 16 MiB. Greater keys go into the hash part.
const maxIndex = 1 << 20

// L returns the state's main thread.
func (g *Guard) L() *lua.LState { return g.main }

// Limits returns the budgets in force.
func (g *Guard) Limits() Limits { return g.limits }

// MustRun ends the script if it must end. A Go function that waited, or called
// back into Lua, calls it before it continues.
func (g *Guard) MustRun(L *lua.LState) {
	if g.ended != nil {
		panic(g.ended)
	}
	if g.Context.Err() != nil {
		g.endScript(L, context.Cause(g.Context))
	}
}

// Close makes the state fail whatever runs on it later.
func (g *Guard) Close() {
	if g.ended == nil {
		g.ended = errClosed
	}
}

var errClosed = errors.New("the script has ended")
