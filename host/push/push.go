package push

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/outbox"
)

// Deps lists what Pushes need.
type Deps struct {
	Outbox Keeper
	Nodes  []*node.Link
	// Shape runs a script over a document and returns what it has made of it, and
	// whether it shall be sent.
	Shape func(ctx context.Context, script config.Script, channel, node string, document []byte) (shaped []byte, send bool, err error)
	Log   *slog.Logger
	Clock clock.Clock
}

// A Keeper keeps pushes until they are delivered, as outbox.Outbox does.
type Keeper interface {
	Accept(ctx context.Context, p outbox.Push) (id string, err error)
}

// Pushes makes the documents that a configuration's pushes name.
type Pushes struct {
	deps    Deps
	lines   atomic.Pointer[[]*line]
	changed chan struct{} // holds one signal: lines are others
	ended   chan esl.Event
	arrived chan arrival
	closing context.Context // ends with Finish
	close   context.CancelFunc
	over    chan struct{} // closed when Run has ended
	retired sync.WaitGroup
	missed  atomic.Uint64 // ends of calls that found no room in ended

	mu    sync.Mutex
	flows *fifo[flow]          // by the channel
	subs  []*node.Subscription // that count what they lost

	// of Run's goroutine
	ledger *ledger
	active []*line
}

// An arrival is an event of a node.
type arrival struct {
	node  string
	event esl.Event
}

const (
	// mostFlows bounds the calls whose flows are known.
	mostFlows = 50000
	// mostEnded bounds the ends of calls that wait for Run.
	mostEnded = 2048
)

// New returns the Pushes of a configuration. Nothing happens before Run.
func New(c []config.Push, d Deps) *Pushes {
	p := &Pushes{deps: d, changed: make(chan struct{}, 1), ended: make(chan esl.Event, mostEnded), arrived: make(chan arrival),
		over: make(chan struct{}), flows: newFIFO[flow](mostFlows), ledger: newLedger()}
	p.lines.Store(&[]*line{})
	p.closing, p.close = context.WithCancel(context.Background())
	p.Configure(c)
	return p
}

// Configure changes to other pushes. What has happened before goes as it was.
func (p *Pushes) Configure(c []config.Push) {
	before := *p.lines.Load()
	var lines []*line
	for _, setting := range c {
		lines = append(lines, newLine(p, setting, before))
	}
	p.lines.Store(&lines)
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// Wanted reports whether anything is pushed at all.
func (p *Pushes) Wanted() bool { return p != nil && len(*p.lines.Load()) > 0 }

// Begun notes which flow serves a call.
func (p *Pushes) Begun(uuid, name, version string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flows.put(uuid, flow{name, version})
}

// Ended tells the last event of a call that a flow has served. It waits for nothing.
func (p *Pushes) Ended(last esl.Event) {
	if last.Name() != ended {
		return // the connection was lost; the node tells
	}
	select {
	case p.ended <- last:
	default:
		p.missed.Add(1)
	}
}

func (p *Pushes) flowOf(uuid string) (flow, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flows.get(uuid)
}

func (p *Pushes) forgetFlow(uuid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flows.remove(uuid)
}

// Run makes documents until ctx ends, or Finish is called and everything is kept.
func (p *Pushes) Run(ctx context.Context) error {
	defer close(p.over)
	s := &subscriptions{pushes: p}
	defer s.replace(ctx, nil)
	p.adopt(ctx, s)
	for {
		next, waits := p.ledger.release(p.deps.Clock.Now(), false)
		var due <-chan time.Time
		var timer *clock.Timer
		if waits {
			timer = p.deps.Clock.NewTimer(next.Sub(p.deps.Clock.Now()))
			due = timer.C
		}
		select {
		case a := <-p.arrived:
			p.take(ctx, a)
		case e := <-p.ended:
			p.end(ctx, p.nodeOf(e), e)
		case <-p.changed:
			p.adopt(ctx, s)
		case <-due:
		case <-p.closing.Done():
			p.finish(ctx)
			return nil
		case <-ctx.Done():
			p.finish(ctx)
			return nil
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

// adopt puts the configuration into force.
func (p *Pushes) adopt(ctx context.Context, s *subscriptions) {
	lines := *p.lines.Load()
	s.replace(ctx, lines)
	for _, l := range p.active {
		if !slices.Contains(lines, l) {
			p.retired.Go(l.wait)
		}
	}
	p.active = lines
}

// finish makes the documents that wait, and has all of them kept until ctx ends.
func (p *Pushes) finish(ctx context.Context) {
	for {
		select {
		case a := <-p.arrived:
			p.take(ctx, a)
			continue
		case e := <-p.ended:
			p.end(ctx, p.nodeOf(e), e)
			continue
		default:
		}
		break
	}
	p.ledger.release(time.Time{}, true)
	for _, l := range p.active {
		l.wait()
	}
	p.retired.Wait()
}

// underWay is the time that an event takes from FreeSWITCH, which sends them every 20 ms
// (mod_event_socket.c:read_packet).
const underWay = 100 * time.Millisecond

// Finish has the documents of the last calls, which have just ended, kept, and waits for
// it until ctx ends.
func (p *Pushes) Finish(ctx context.Context) {
	if p.Wanted() {
		_ = clock.Sleep(ctx, p.deps.Clock, underWay)
	}
	p.close()
	select {
	case <-p.over:
	case <-ctx.Done():
	}
}

// nodeOf returns the name of the node on which a call was, "" if it is none of ours.
func (p *Pushes) nodeOf(e esl.Event) string {
	core := e.Get("Core-UUID")
	for _, l := range p.deps.Nodes {
		if core != "" && l.Status().CoreUUID == core {
			return l.Name()
		}
	}
	return ""
}
