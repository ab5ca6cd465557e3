package guard

import (
	"context"
	"runtime"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Processor time is counted in units: a script that is preempted on a busy
// machine is charged nothing for it. Units are estimates, and a Go function
// can take longer than it charges. So the thread's own processor time is
// measured besides, as a backstop at twice the budget. While a script computes,
// its goroutine is locked to its thread, which therefore works for it alone.

const (
	maxSlice     = 4096                   // units between two looks at the clock
	aimSlice     = 250 * time.Microsecond // wall time that a slice should take
	measureEvery = time.Millisecond       // wall time between two measurements, each a system call
)

// cpuTime is processor time spent, in units and as measured.
type cpuTime struct {
	units    int64
	measured time.Duration
}

func (t cpuTime) exceeds(limit time.Duration) bool {
	return duration(t.units) > limit || t.measured > 2*limit
}

// ChargeCPU charges the processor time of units instructions, spent or about to
// be spent inside a Go function. It raises the limit error when the budget is
// used up; a script cannot catch that one.
func (g *Guard) ChargeCPU(L *lua.LState, units int) {
	g.left -= int64(units)
	if g.left < 0 {
		g.settleSlice(L)
	}
}

// settleSlice accounts for the slice that ended and begins the next.
func (g *Guard) settleSlice(L *lua.LState) {
	spent := g.slice - g.left
	now := time.Now()
	took := now.Sub(g.sliceBegan)
	g.sliceBegan = now
	next := min(maxSlice, 2*g.slice+1)
	if took > aimSlice {
		next = min(next, max(1, spent*int64(aimSlice)/int64(took)))
	}
	g.burst.units += spent
	g.total.units += spent
	if g.computing && now.Sub(g.measuredAt) >= measureEvery {
		g.measure(now)
	}
	g.debt += 8 * g.slice // the numbers it may have boxed
	g.slice, g.left = next, next
	switch {
	case g.ended != nil:
		panic(g.ended)
	case g.Context.Err() != nil:
		g.endScript(L, context.Cause(g.Context))
	case g.burst.exceeds(g.limits.Burst):
		g.endByLimit(L, "burst", g.limits.Burst.String()+" of processor time between two waits")
	case g.total.exceeds(g.limits.CPU):
		g.endByLimit(L, "cpu", g.limits.CPU.String()+" of processor time")
	case g.live+g.debt > g.limits.Memory:
		g.collect(L, 0)
	}
	g.keepLane(L)
}

// duration converts units to the budgets' time.
func duration(units int64) time.Duration {
	return time.Duration(units * (int64(time.Second) / UnitsPerSecond))
}

// startComputing locks the goroutine to its thread and begins to measure. Each
// call is paired with one of stopComputing.
func (g *Guard) startComputing() {
	runtime.LockOSThread()
	g.computing = true
	g.threadTime = threadTime()
	g.sliceBegan = time.Now()
	g.measuredAt = g.sliceBegan
}

// stopComputing ends what startComputing began: before the goroutine waits, and
// when it leaves Lua.
func (g *Guard) stopComputing() {
	g.leaveLane()
	g.measure(time.Now())
	g.computing = false
	runtime.UnlockOSThread()
}

// measure adds the thread's processor time since the last measurement.
func (g *Guard) measure(now time.Time) {
	at := threadTime()
	g.burst.measured += at - g.threadTime
	g.total.measured += at - g.threadTime
	g.threadTime, g.measuredAt = at, now
}

// Wait runs fn, which waits for the outside and may call back into Lua. The
// burst budget begins again after it.
func (g *Guard) Wait(fn func()) {
	g.stopComputing()
	waitNest := g.waitNest
	g.waitNest = g.nest
	defer func() {
		g.waitNest = waitNest
		g.total.units += g.slice - g.left
		g.burst = cpuTime{}
		g.slice, g.left = 0, 0 // the next instruction checks whether the script may continue
		g.startComputing()
	}()
	fn()
}

// Used returns the processor time spent so far, as the budgets count it.
func (g *Guard) Used() time.Duration { return duration(g.total.units + g.slice - g.left) }
