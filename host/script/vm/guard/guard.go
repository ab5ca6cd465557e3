package guard

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	lua "github.com/yuin/gopher-lua"
)

// Services connect the library functions of one state to their surroundings. The
// functions are shared between states and reach theirs by Of(L).Services.
type Services struct {
	Clock clock.Clock
	Print func(line string) // where print goes; never nil
	Rand  *rand.Rand        // math.random's own generator; never nil

	// HungUp reports whether the caller has gone, as soon as that is known, without
	// handling the events that say so. It may be nil.
	HungUp func() bool

	// Path returns the path of a script, for debug.getinfo, by the name that it was
	// compiled with. If it is nil, that is its path.
	Path func(file string) string

	// Line hears of each line that runs, again and again while it does. It may be nil,
	// and costs much if it is not.
	Line func(file string, line int)
}

// A Guard counts what one state and all its coroutines use. It is the
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
	left             int64        // units left of the slice; negative is an overdraft
	slice            int64        // units the slice was given
	looks, lookAfter int          // calls of Go functions until the next look at the clock, and after it
	burst            cpuTime      // since the goroutine slept
	total            cpuTime      // since the last Renew
	earlier          cpuTime      // before it
	worked           atomic.Int64 // the units of total
	atHangup         *cpuTime     // the total when the caller had gone
	watch            stopwatch
	owed             cpuTime       // to the other scripts; see keepLane
	inLane           bool          // holds a place in the slow lane
	turn             time.Duration // when it got the place
	turns            int           // how often

	// memory; see charge
	live int64 // bytes found by the last census
	debt int64 // bytes charged since
	kept int64 // bytes of running Go functions; see Keep

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
	Lane   *Lane // nil lets every state compute at once
	Gate   Gate

	// Fill does FillLibrary; nil if there are no libraries.
	Fill func(L *lua.LState, t *lua.LTable)

	// Explain returns what an error adds about a name that is nil when it is
	// called or indexed: a global, a global table's field ("os.execute") or, with
	// self, an object's method. It may be nil.
	Explain func(self lua.LValue, name string) string
}

// FillLibrary gives t all its fields if it is the table of a library that has only
// some of them yet: its metatable is then one that all states share and scripts
// never see. Whatever does more with such a table than to look up a name, or to set
// one, calls this first.
func (g *Guard) FillLibrary(L *lua.LState, t *lua.LTable) {
	if mt, ok := t.Metatable.(*lua.LTable); ok && g.shared.Tables[mt] && g.shared.Fill != nil {
		g.shared.Fill(L, t)
	}
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

// MustRun ends the script if it must end. A Go function that waited, worked for
// long, or called back into Lua calls it before it continues.
func (g *Guard) MustRun(L *lua.LState) {
	switch {
	case g.ended != nil:
		panic(g.ended)
	case g.Context.Err() != nil:
		g.endScript(L, context.Cause(g.Context))
	case sinceStart()-g.watch.slice > aimSlice:
		g.settleSlice(L)
	}
}

// Close makes the state fail whatever runs on it later.
func (g *Guard) Close() {
	if g.ended == nil {
		g.ended = errClosed
	}
}

// Ended returns what has ended the script, after which nothing of it runs; nil if nothing
// has.
func (g *Guard) Ended() error { return g.ended }

// Revive lets the state run again that a limit or the end of a context has ended, when
// nothing of it runs any more. It reports false if it cannot: Go has panicked in it, or it
// is closed. A coroutine that was running then cannot be resumed.
func (g *Guard) Revive() bool {
	if g.ended == errClosed || errors.As(g.ended, new(*InternalError)) || g.nest > 0 {
		return false
	}
	g.ended = nil
	return true
}

var errClosed = errors.New("the script has ended")
