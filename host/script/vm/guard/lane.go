package guard

import (
	"context"
	"sync"
	"time"
)

// A script that owes more processor time than laneAfter continues in the slow lane,
// which a fixed number of states share in turns. So any number of scripts that
// loop leave processors to the calls that need one briefly, as nearly all do.
//
// A script owes what it has computed, and pays by blocking, at one part in
// laneShare of the time: so it can neither compute all the time in small pieces
// outside of the lane, nor is it kept there for long once it has waited.
const (
	laneAfter = 2 * time.Millisecond  // several times what a whole call computes
	laneTurn  = 10 * time.Millisecond // of wall time
	laneShare = 50
	laneMost  = 20 * time.Millisecond // a script never owes more
)

// A Lane is the slow lane of a machine's states. The next turn is for the state that
// has had the fewest: a script that computes a little more than most waits for one turn
// of those that loop, and not for all of them.
type Lane struct {
	mu      sync.Mutex
	free    int // places
	waiting map[*Guard]chan struct{}
}

// NewLane returns a Lane in which a number of states may compute at a time.
func NewLane(places int) *Lane { return &Lane{free: places, waiting: map[*Guard]chan struct{}{}} }

// enter waits for a place, or reports false if ctx ends before that.
func (l *Lane) enter(ctx context.Context, g *Guard) bool {
	l.mu.Lock()
	if l.free > 0 {
		l.free--
		l.mu.Unlock()
		return true
	}
	turn := make(chan struct{})
	l.waiting[g] = turn
	l.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-ctx.Done():
	}
	l.mu.Lock()
	_, waits := l.waiting[g]
	delete(l.waiting, g)
	l.mu.Unlock()
	if !waits { // its turn came at the same time
		l.leave()
	}
	return false
}

// leave gives the place to the state that has had the fewest turns.
func (l *Lane) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	var next *Guard
	for g := range l.waiting {
		if next == nil || g.turns < next.turns {
			next = g
		}
	}
	if next == nil {
		l.free++
		return
	}
	close(l.waiting[next])
	delete(l.waiting, next)
}

// keepLane makes a state that has computed for long wait for its turn. It reports
// false if its context has ended before that.
func (g *Guard) keepLane() bool {
	lane := g.shared.Lane
	if lane == nil || max(duration(g.owed.units), g.owed.measured) < laneAfter || g.inLane && g.watch.slice-g.turn < laneTurn {
		return true
	}
	g.stopComputing()
	g.inLane = lane.enter(g.Context, g)
	g.turns++
	g.turn = sinceStart()
	g.computeFrom(g.turn)
	g.startMeasuring(g.turn, 1)
	return g.inLane
}

func (g *Guard) leaveLane() {
	if g.inLane {
		g.inLane = false
		g.shared.Lane.leave()
	}
}

// pay takes from what the script owes for the time in which it slept.
func (g *Guard) pay(slept time.Duration) {
	paid := slept / laneShare
	g.owed.units = max(0, min(g.owed.units, units(laneMost))-units(paid))
	g.owed.measured = max(0, min(g.owed.measured, laneMost)-paid)
}
