package node

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// slowAnswer is how long an API command takes of a FreeSWITCH that has too much to do: one
// that has not answers in a millisecond or two.
const slowAnswer = 500 * time.Millisecond

// A Gate bounds the API commands that the scripts of this host have one FreeSWITCH run at a
// time. Each slow answer halves what it lets through, but once only for all commands that
// were under way together; quick ones give that back, one more for as many as there are at
// a time. What comes in addition waits. The flows that wait take turns, and one that gives
// FreeSWITCH ever more to do leaves a tenth of the places to those that have none.
//
// The host's own commands do not pass a Gate: they are few, answered in a millisecond
// (uuid_exists, status, hash), and must not wait behind those of scripts, since they end,
// follow and recover calls. What an originate costs is bounded where calls are: by the rate
// and number of a campaign's calls, and by the legs and tasks that a run may have.
type Gate struct {
	clk clock.Clock

	mu      sync.Mutex
	most    int     // at a time
	waiting int     // that may wait
	limit   float64 // at a time now, 1 to most
	running int
	waits   int                  // commands
	flows   map[string]*gateFlow // that have something here
	turns   list.List            // of *gateFlow, each with commands that wait
	cut     time.Time            // when the limit was last halved
	refused uint64
}

// A gateFlow is what a Gate has of one flow.
type gateFlow struct {
	name    string
	running int
	queue   list.List // of chan struct{}, each closed when it is its turn
	turn    *list.Element
}

// Commands tells how many API commands of scripts a FreeSWITCH runs.
type Commands struct {
	Running int    `json:"running"`
	Limit   int    `json:"limit"` // at a time now; less than most while FreeSWITCH answers slowly
	Most    int    `json:"most"`
	Waiting int    `json:"waiting"`
	Refused uint64 `json:"refused"` // because as many waited as may
}

// A BusyError says that a command was not run because too many wait already.
type BusyError struct{ Waiting int }

func (e *BusyError) Error() string {
	return fmt.Sprintf("FreeSWITCH is overloaded: %d API commands wait for it already (commands: waiting in the configuration)", e.Waiting)
}

// Try lets a command of a flow through if it need not wait. Leave ends it.
func (g *Gate) Try(flow string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waits > 0 || !g.hasPlace(g.flows[flow]) {
		return false
	}
	g.of(flow).running++
	g.running++
	return true
}

// Await waits until a command of a flow may run. The error is a *BusyError, or why ctx has
// ended.
func (g *Gate) Await(ctx context.Context, flow string) error {
	g.mu.Lock()
	f := g.of(flow)
	if f.queue.Len() > (tenths-1)*(g.waiting-g.waits-1) {
		defer g.mu.Unlock()
		defer g.forget(f)
		g.refused++
		return &BusyError{g.waits}
	}
	turn := make(chan struct{})
	place := f.queue.PushBack(turn)
	if g.waits++; f.turn == nil {
		f.turn = g.turns.PushBack(f)
	}
	g.next()
	g.mu.Unlock()
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn: // at the same moment
		g.leave(f)
		g.next()
	default:
		g.dequeue(f, place)
		g.forget(f)
	}
	return context.Cause(ctx)
}

// Leave ends a command that was sent at a time; answered says that FreeSWITCH has answered.
func (g *Gate) Leave(flow string, sent time.Time, answered bool) {
	now := g.clk.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leave(g.of(flow))
	switch {
	case !answered:
	case now.Sub(sent) < slowAnswer:
		g.limit = min(float64(g.most), g.limit+1/g.limit)
	case sent.After(g.cut) || g.cut.IsZero():
		g.limit, g.cut = max(1, g.limit/2), now
	}
	g.next()
}

// tenths: one of them is for flows that have nothing here.
const tenths = 10

// hasPlace reports whether a command of a flow, which may be nil, can run.
func (g *Gate) hasPlace(f *gateFlow) bool {
	limit := int(g.limit)
	if f != nil && f.running > 0 {
		limit -= limit / tenths
	}
	return g.running < limit
}

// next lets those through whose turn it is.
func (g *Gate) next() {
	for e := g.turns.Front(); e != nil && g.running < int(g.limit); {
		f := e.Value.(*gateFlow)
		if !g.hasPlace(f) {
			e = e.Next()
			continue
		}
		f.running++
		g.running++
		close(g.dequeue(f, f.queue.Front()))
		if f.turn != nil {
			g.turns.MoveToBack(f.turn)
		}
		e = g.turns.Front()
	}
}

// dequeue ends the waiting of a command.
func (g *Gate) dequeue(f *gateFlow, place *list.Element) chan struct{} {
	g.waits--
	turn := f.queue.Remove(place).(chan struct{})
	if f.queue.Len() == 0 {
		g.turns.Remove(f.turn)
		f.turn = nil
	}
	return turn
}

func (g *Gate) leave(f *gateFlow) {
	g.running--
	f.running--
	g.forget(f)
}

func (g *Gate) of(flow string) *gateFlow {
	f := g.flows[flow]
	if f == nil {
		f = &gateFlow{name: flow}
		g.flows[flow] = f
	}
	return f
}

// forget forgets a flow that has nothing here.
func (g *Gate) forget(f *gateFlow) {
	if f.running == 0 && f.queue.Len() == 0 {
		delete(g.flows, f.name)
	}
}

func (g *Gate) set(most, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.most != most {
		g.most, g.limit = most, float64(most)
	}
	g.waiting = waiting
	g.next()
}

// Status returns what the Gate does.
func (g *Gate) Status() Commands {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Commands{Running: g.running, Limit: int(g.limit), Most: g.most, Waiting: g.waits, Refused: g.refused}
}

// Gates has a Gate for each FreeSWITCH, whether it is a node or not.
type Gates struct {
	clk clock.Clock

	mu            sync.Mutex
	most, waiting int
	byCore        map[string]*Gate
}

// mostGates bounds the FreeSWITCHes that are told apart, of which a restart makes another.
const mostGates = 1000

// NewGates returns Gates that let most commands through at a time, 0: any number, while
// waiting more may wait.
func NewGates(most, waiting int, clk clock.Clock) *Gates {
	return &Gates{clk: clk, most: most, waiting: waiting, byCore: map[string]*Gate{}}
}

// Configure changes the limits.
func (g *Gates) Configure(most, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.most, g.waiting = most, waiting
	for _, gate := range g.byCore {
		gate.set(max(1, most), waiting)
	}
}

// Of returns the Gate of the FreeSWITCH with a Core-UUID; nil: there is no limit.
func (g *Gates) Of(core string) *Gate {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.most == 0 {
		return nil
	}
	gate := g.byCore[core]
	if gate == nil {
		if len(g.byCore) >= mostGates {
			for core, old := range g.byCore {
				if s := old.Status(); s.Running+s.Waiting == 0 {
					delete(g.byCore, core)
				}
			}
		}
		gate = &Gate{clk: g.clk, most: g.most, waiting: g.waiting, limit: float64(g.most), flows: map[string]*gateFlow{}}
		g.byCore[core] = gate
	}
	return gate
}

// Gate returns the Gate of the node's FreeSWITCH; nil: there is no limit.
func (l *Link) Gate() *Gate {
	l.mu.Lock()
	core := l.status.CoreUUID
	l.mu.Unlock()
	return l.o.Gates.Of(core)
}
