package guard

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A script that computes for longer than laneAfter between two waits continues in
// the slow lane, which a fixed number of states share in turns. So any number of
// scripts that loop leave processors to the calls that need one briefly, as
// nearly all do.
const (
	laneAfter = 10 * time.Millisecond
	laneTurn  = 10 * time.Millisecond
)

// Lane is the slow lane of a machine's states. Its capacity is the number of
// states that may compute in it at a time.
type Lane chan struct{}

// keepLane makes a state that has computed for long wait for its turn.
func (g *Guard) keepLane(L *lua.LState) {
	lane := g.shared.Lane
	if lane == nil || duration(g.burst.units) < laneAfter || g.inLane && duration(g.burst.units-g.turn) < laneTurn {
		return
	}
	g.stopComputing()
	defer g.startComputing()
	select {
	case lane <- struct{}{}:
		g.inLane, g.turn = true, g.burst.units
	case <-g.Context.Done():
		g.endScript(L, context.Cause(g.Context))
	}
}

func (g *Guard) leaveLane() {
	if g.inLane {
		g.inLane = false
		<-g.shared.Lane
	}
}
