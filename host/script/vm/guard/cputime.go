package guard

import (
	"context"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/eslua/eslua/host/clock"
	lua "github.com/yuin/gopher-lua"
)

// Processor time is counted in units: a script that is preempted on a busy
// machine is charged nothing for it. Units are estimates, and a Go function
// can take longer than it charges. So the thread's own processor time is
// measured besides, as a backstop at one and a quarter of the budget.
//
// A script computes from the moment in which it enters Lua, or a Go function has
// blocked for it, until it blocks again or ends: work inside Go functions is its
// own, whatever they wait for afterwards. To measure, the goroutine is locked to
// its thread, which then works for it alone. That and reading the thread's clock
// cost more than most scripts compute at a time. So a script is measured once it
// has computed for long, and from the beginning the next time it computes. Of the
// other times one in sampled is measured, chosen at random, and counts for all.

const (
	maxSlice     = 4096                   // units between two looks at the clock
	aimSlice     = 250 * time.Microsecond // wall time that a slice should take
	long         = time.Millisecond       // wall time after which a script is measured
	measureEvery = time.Millisecond       // wall time between two measurements, each a system call
	sampled      = 16
	asleep       = 10 * time.Microsecond // a shorter wait has not put the goroutine to sleep
)

// A cpuTime is processor time spent, in units and as measured.
type cpuTime struct {
	units    int64
	measured time.Duration
}

func (t cpuTime) exceeds(limit time.Duration) bool {
	return duration(t.units) > limit || t.measured > limit+limit/4
}

// A stopwatch records when the running state began to compute.
type stopwatch struct {
	computing bool
	wasLong   bool          // the last time
	began     time.Duration // by sinceStart, as all its times
	slice     time.Duration // when the slice began
	weight    time.Duration // what measured time counts; 0: it is not measured
	read      time.Duration // when the thread's clock was read last
	thread    time.Duration // and what it showed
	blocking  bool          // between Block and Unblock
	blockedAt time.Duration
}

var start = time.Now()

// sinceStart returns the wall time since the process began. It takes half as long
// as time.Now.
func sinceStart() time.Duration { return time.Since(start) }

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
	now := sinceStart()
	took := now - g.watch.slice
	g.watch.slice = now
	next := min(maxSlice, 2*g.slice+63)
	if took > aimSlice {
		next = min(next, max(1, spent*int64(aimSlice)/int64(took)))
	}
	g.endSlice()
	if g.watch.computing && g.shared.Gate.shut.Load() {
		g.waitAtGate()
	}
	if g.Services.Line != nil {
		next = 0 // the next instruction ends the slice
		if file, line := Where(L); line > 0 {
			g.Services.Line(file, line)
		}
	}
	g.slice, g.left = next, next
	switch {
	case !g.watch.computing:
	case g.watch.weight == 0 && now-g.watch.began >= long:
		g.startMeasuring(now, 1)
	case g.watch.weight > 0 && now-g.watch.read >= measureEvery:
		g.measure(now)
	}
	g.keepBudgets(L)
	if !g.keepLane() {
		g.endScript(L, context.Cause(g.Context))
	}
}

// keepBudgets ends the script if it must end.
func (g *Guard) keepBudgets(L *lua.LState) {
	switch {
	case g.ended != nil:
		panic(g.ended)
	case g.Context.Err() != nil:
		g.endScript(L, context.Cause(g.Context))
	case g.burst.exceeds(g.limits.Burst):
		g.endByLimit(L, "burst", g.limits.Burst.String()+" of processor time between two waits")
	case g.total.exceeds(g.limits.CPU):
		g.endByLimit(L, "cpu", g.limits.CPU.String()+" of processor time")
	case g.afterHangup().exceeds(g.limits.AfterHangup):
		g.endByLimit(L, AfterHangup, g.limits.AfterHangup.String()+" of processor time after the hangup")
	case g.live+g.debt > g.limits.Memory:
		g.collect(L, 0)
	}
}

// look runs after each Go function. It ends a slice that has taken long because of
// them; the more of them are quick, the more rarely it looks at the clock.
func (g *Guard) look(L *lua.LState) {
	if g.looks--; g.looks > 0 {
		return
	}
	if sinceStart()-g.watch.slice > aimSlice {
		g.lookAfter = 0
		g.settleSlice(L)
	}
	g.lookAfter = min(16, 2*g.lookAfter+1)
	g.looks = g.lookAfter
}

// endSlice counts what the slice has used; the next instruction begins another.
func (g *Guard) endSlice() {
	g.add(cpuTime{units: g.slice - g.left})
	g.noteWork()
	g.debt += 8 * g.slice // the numbers it may have boxed
	g.slice, g.left = 0, 0
}

// add counts processor time against every budget.
func (g *Guard) add(t cpuTime) {
	for _, budget := range [...]*cpuTime{&g.burst, &g.total, &g.owed} {
		budget.units += t.units
		budget.measured += t.measured
	}
}

// afterHangup returns the processor time since the caller has gone.
func (g *Guard) afterHangup() cpuTime {
	if g.atHangup == nil {
		if g.Services.HungUp == nil || !g.Services.HungUp() {
			return cpuTime{}
		}
		at := g.total
		g.atHangup = &at
	}
	return cpuTime{g.total.units - g.atHangup.units, g.total.measured - g.atHangup.measured}
}

// HasHangupHook lets the script compute after the hangup for as long as between two
// waits.
func (g *Guard) HasHangupHook() { g.limits.AfterHangup = max(g.limits.AfterHangup, g.limits.Burst) }

// duration converts units to the budgets' time, and units does the reverse.
func duration(units int64) time.Duration {
	return time.Duration(units) * (time.Second / UnitsPerSecond)
}
func units(d time.Duration) int64 { return int64(d / (time.Second / UnitsPerSecond)) }

// startComputing begins to count, and to measure some of the times. Each call is
// paired with one of stopComputing.
func (g *Guard) startComputing() {
	g.computeFrom(sinceStart())
	switch {
	case g.watch.wasLong:
		g.startMeasuring(g.watch.began, 1)
	case rand.Uint32N(sampled) == 0:
		g.startMeasuring(g.watch.began, sampled)
	}
}

func (g *Guard) computeFrom(now time.Duration) {
	g.watch.computing, g.watch.began, g.watch.slice = true, now, now
}

// stopComputing ends what startComputing began: before the goroutine blocks, and
// when it leaves Lua. It returns when that was.
func (g *Guard) stopComputing() time.Duration {
	g.leaveLane()
	g.endSlice()
	now := sinceStart()
	if g.watch.weight > 0 {
		g.measure(now)
		g.watch.weight = 0
		runtime.UnlockOSThread()
	}
	g.watch.computing, g.watch.wasLong = false, now-g.watch.began >= long
	return now
}

// startMeasuring locks the goroutine to its thread. What it measures counts
// weight times until it has computed for long.
func (g *Guard) startMeasuring(now, weight time.Duration) {
	runtime.LockOSThread()
	g.watch.weight, g.watch.read, g.watch.thread = weight, now, threadTime()
}

// measure adds the thread's processor time since the last measurement.
func (g *Guard) measure(now time.Duration) {
	at := threadTime()
	spent := at - g.watch.thread
	g.watch.read, g.watch.thread = now, at
	g.add(cpuTime{measured: spent * g.watch.weight})
	more := spent * (g.watch.weight - 1) // than was used: it stands for bursts that were not measured, and not for this one
	g.burst.measured -= more
	if g.atHangup != nil {
		g.atHangup.measured += more
	}
	if now-g.watch.began >= long {
		g.watch.weight = 1
	}
	g.noteWork()
}

// noteWork tells other goroutines what was spent: a Go function may have taken longer than
// it has charged.
func (g *Guard) noteWork() {
	g.worked.Store(max(g.earlier.units+g.total.units, units(g.earlier.measured+g.total.measured)))
}

// Renew begins the budgets of processor time again, for a script that is called again and
// again.
func (g *Guard) Renew() {
	g.earlier.units += g.total.units
	g.earlier.measured += g.total.measured
	g.burst, g.total = cpuTime{}, cpuTime{}
}

// Value returns the guard as the clock.Blocker of its context.
func (g *Guard) Value(key any) any {
	if key == (clock.BlockerKey{}) {
		return g
	}
	return g.Context.Value(key)
}

// Block stops the count while the goroutine blocks.
func (g *Guard) Block() {
	if !g.watch.computing {
		return // it does not run a script
	}
	g.watch.blocking, g.watch.blockedAt = true, g.stopComputing()
}

// Unblock continues to count. The burst budget begins again if the goroutine has
// slept.
func (g *Guard) Unblock() {
	if !g.watch.blocking {
		return
	}
	g.watch.blocking = false
	if slept := sinceStart() - g.watch.blockedAt; slept >= asleep {
		g.burst = cpuTime{}
		g.pay(slept)
	}
	g.startComputing()
	g.keepLane()
}

// Compute changes nothing: the script's time goes on. The Unblock that follows has no
// Block, unless one was inside.
func (g *Guard) Compute() {}

// Look counts work that is not Lua's, and returns why the script must end. Nothing can
// be raised in the middle of that work: the script ends when it is back. The burst begins
// again, because such work has a time limit of its own.
func (g *Guard) Look(units int) (err error) {
	if g.watch.computing && g.left > int64(units) && sinceStart()-g.watch.slice <= aimSlice {
		g.left -= int64(units)
		return context.Cause(g.Context)
	}
	defer func() {
		raised := recover()
		if raised != nil && (g.ended == nil || raised != any(g.ended)) {
			panic(raised)
		}
		if err = g.ended; err != nil {
			g.left = -1
		}
	}()
	L := g.main.G.CurrentThread
	g.burst = cpuTime{}
	if g.watch.computing {
		g.left -= int64(units)
		g.settleSlice(L)
	} else if g.add(cpuTime{units: int64(units)}); g.total.exceeds(g.limits.CPU) { // Services.HungUp is for the goroutine that computes
		g.endByLimit(L, "cpu", g.limits.CPU.String()+" of processor time")
	}
	return nil
}

// Worked returns the units spent, or measured if that is more, for any goroutine.
func (g *Guard) Worked() int64 { return g.worked.Load() }

// Used returns the processor time spent so far, as the budgets count it.
func (g *Guard) Used() time.Duration {
	return duration(g.earlier.units + g.total.units + g.slice - g.left)
}
