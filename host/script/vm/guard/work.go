package guard

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Processor time is counted in units, so that an honest script is not stopped
// because the machine is busy with others. Instructions differ in what they
// cost, so time is measured besides, in slices so short that a slice in which
// the machine turned to somebody else shows, and is counted as maxTick only.
// The measured time is a backstop at twice the budget.

const (
	maxSlice = 4096                   // units between two looks at the clock
	aimSlice = 250 * time.Microsecond // what a slice should take
	maxTick  = 4 * time.Millisecond   // what a slice counts as at most
)

// ChargeCPU charges the processor time of units instructions, spent or about to be
// spent inside a Go function. It raises the limit error when the budget is
// used up; a script cannot catch that one.
func (g *Guard) ChargeCPU(L *lua.LState, units int) {
	g.left -= int64(units)
	if g.left < 0 {
		g.tick(L)
	}
}

// tick settles the slice that ended and begins the next.
func (g *Guard) tick(L *lua.LState) {
	spent := g.slice - g.left
	now := time.Now()
	took := now.Sub(g.looked)
	g.looked = now
	next := min(maxSlice, 2*g.slice+1)
	if took > aimSlice {
		next = min(next, max(1, spent*int64(aimSlice)/int64(took)))
	}
	took = min(took, max(maxTick, 4*duration(spent)))
	g.burst += spent
	g.cpu += spent
	g.burstTook += took
	g.cpuTook += took
	g.debt += 8 * g.slice // the numbers it may have boxed
	g.slice, g.left = next, next
	switch {
	case g.dead != nil:
		panic(g.dead)
	case g.Context.Err() != nil:
		g.end(L, context.Cause(g.Context))
	case duration(g.burst) > g.limits.Burst || g.burstTook > 2*g.limits.Burst:
		g.limit(L, "burst", g.limits.Burst.String()+" of processor time between two waits")
	case duration(g.cpu) > g.limits.CPU || g.cpuTook > 2*g.limits.CPU:
		g.limit(L, "cpu", g.limits.CPU.String()+" of processor time")
	case g.live+g.debt > g.limits.Memory:
		g.collect(L, 0)
	}
	g.keepLane(L)
}

// duration is what units are called in the budgets.
func duration(units int64) time.Duration {
	return time.Duration(units * (int64(time.Second) / UnitsPerSecond))
}

// Wait runs fn, which waits for the outside; the burst budget starts anew
// after it.
func (g *Guard) Wait(fn func()) {
	g.leaveLane()
	g.waiting++
	fn()
	g.waiting--
	g.cpu += g.slice - g.left
	g.burst, g.burstTook = 0, 0
	g.slice, g.left = 0, 0 // the next instruction looks whether the script may go on
	g.looked = time.Now()
}

// Used is the processor time spent so far, as the budgets count it.
func (g *Guard) Used() time.Duration { return duration(g.cpu + g.slice - g.left) }
