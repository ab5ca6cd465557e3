package guard

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A script that computes for longer than laneAfter between two waits goes on in
// the slow lane, which has room for so many states at a time and goes round in
// turns. So any number of scripts that loop leave processors to the calls that
// want a moment, as nearly all do.
const (
	laneAfter = 10 * time.Millisecond
	laneTurn  = 10 * time.Millisecond
)

// Lane is the slow lane of a machine's states: a place for each that may be in it.
type Lane chan struct{}

// keepLane lets a state that has computed for long wait for its turn.
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
		g.end(L, context.Cause(g.Context))
	}
}

func (g *Guard) leaveLane() {
	if g.inLane {
		g.inLane = false
		<-g.shared.Lane
	}
}
