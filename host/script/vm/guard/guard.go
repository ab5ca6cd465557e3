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

// Host is what the library functions of one state need of the world around
// it. Functions are shared between states; they reach theirs by Of(L).Host.
type Host struct {
	Clock clock.Clock
	Print func(line string) // where print goes; never nil
	Rand  *rand.Rand        // math.random's own generator; never nil
}

// Guard is the accounting of one state and all its coroutines. It is the
// state's context.Context, which is how Of finds it. It belongs to the
// goroutine that runs the state.
type Guard struct {
	context.Context // of the running Run: ends when the script must
	Host            Host
	Data            any // the owner's; package vm keeps its State here

	limits Limits
	main   *lua.LState
	shared *Shared
	dead   error // what ended the script for good: a *LimitError, an *InternalError or the context's

	// processor time; see tick
	left       int64   // units left of the slice; negative is an overdraft
	slice      int64   // units the slice was given
	burst      cpuTime // since the last wait
	total      cpuTime
	sliceBegan time.Time
	threadTime time.Duration // the thread's processor time at the last measurement
	measuredAt time.Time
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

// Of is the guard of the state or coroutine L.
func Of(L *lua.LState) *Guard { return L.Context().(*Guard) }

// Shared is what all states of a machine hold in common. The census does not
// count Tables against any of them.
type Shared struct {
	Tables map[*lua.LTable]bool
	Lane   Lane // nil lets every state compute at once

	// Explain is what an error adds about a name that is nil when it is called
	// or indexed: a global, a global table's field ("os.execute") or, with self,
	// an object's method. May be nil.
	Explain func(self lua.LValue, name string) string
}

// Unfilled tells a library's table that has no fields yet: its metatable is one
// that all states share and scripts never see.
func (g *Guard) Unfilled(t *lua.LTable) bool {
	mt, ok := t.Metatable.(*lua.LTable)
	return ok && g.shared.Tables[mt]
}

// New makes a state without libraries under limits. Its global and registry
// tables are empty.
func New(limits Limits, host Host, shared *Shared) *Guard {
	boundArrays()
	g := &Guard{Context: context.Background(), Host: host, limits: limits.WithDefaults(), shared: shared}
	g.loop = g.run
	g.main = g.newMain()
	return g
}

// boundArrays sets gopher-lua's bound on the array part of a table, for the
// process and once: t[67108863] = 1 would else take a gigabyte, and no caller
// of gopher-lua's has another way to say so.
var boundArrays = sync.OnceFunc(func() { lua.MaxArrayIndex = maxIndex })

// maxIndex bounds arrays to 16 MiB. Greater keys are kept as other keys are.
const maxIndex = 1 << 20

// L is the state's main thread.
func (g *Guard) L() *lua.LState { return g.main }

// Limits are the budgets in force.
func (g *Guard) Limits() Limits { return g.limits }

// MustRun ends the script if it must end: a Go function that called back into
// Lua, or waited, calls it before it goes on.
func (g *Guard) MustRun(L *lua.LState) {
	if g.dead != nil {
		panic(g.dead)
	}
	if g.Context.Err() != nil {
		g.end(L, context.Cause(g.Context))
	}
}

// Close makes everything that is tried on the state later fail.
func (g *Guard) Close() {
	if g.dead == nil {
		g.dead = errClosed
	}
}

var errClosed = errors.New("the script has ended")
