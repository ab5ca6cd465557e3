package job

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
)

// wanted holds everything that decides how a script under hooks/ behaves.
type wanted struct {
	generation     *store.Generation
	version        string // "": there is no such script
	config         run.Config
	workers, queue int
}

func (w wanted) equal(o wanted) bool {
	return w.version == o.version && w.workers == o.workers && w.queue == o.queue && reflect.DeepEqual(w.config, o.config)
}

// A program is one version of a script under hooks/: its workers, and the events that wait
// for it.
type program struct {
	wanted
	script   *scripted
	stop     context.CancelFunc
	events   *eventQueue
	ears     ears
	handlers []run.Handler // that the first worker's script has named
	workers  sync.WaitGroup

	begin   chan struct{} // closed when the workers may handle events
	before  *program      // that has handled them until then; nil: none
	since   time.Time     // when it began to get events
	retired chan struct{} // closed when it gets none any more
	until   time.Time     // when that was
	last    bool          // no other version follows: what waits for a later time is given up
}

// errDiffers ends a worker whose script does not name what that of the first one has named.
var errDiffers = errors.New("this time the script has named other events than before; what it calls on() with must not change from one time to the next")

// load runs the script in each worker, and returns when all have named the events that they
// want.
func (s *scripted) load(ctx context.Context, w wanted) (*program, error) {
	ctx, stop := context.WithCancel(ctx)
	p := &program{wanted: w, script: s, stop: stop, events: newEventQueue(w.workers, w.queue, s.source.deps.Clock), begin: make(chan struct{}), retired: make(chan struct{})}
	loaded := make(chan loading)
	for i := range w.workers {
		p.workers.Go(func() { (&worker{program: p, group: i, loaded: loaded}).run(ctx) })
	}
	var first error
	for i := range w.workers {
		l := <-loaded
		switch {
		case first != nil:
		case l.err != nil:
			first = l.err
		case i == 0:
			p.handlers = l.handlers
		case !alike(p.handlers, l.handlers):
			first = errDiffers
		}
	}
	if first != nil {
		stop()
		p.workers.Wait()
		return nil, first
	}
	return p, p.hear()
}

// A loading is what the script of a worker wants, or why it cannot be loaded.
type loading struct {
	handlers []run.Handler
	err      error
}

// alike reports whether two scripts want the same events.
func alike(a, b []run.Handler) bool {
	return slices.EqualFunc(a, b, func(x, y run.Handler) bool { return same(x, y) })
}

func same(x, y run.Handler) bool {
	return x.Event == y.Event && x.Subclass == y.Subclass && reflect.DeepEqual(x.Where, y.Where)
}

// hear has the nodes asked for what the script wants.
func (p *program) hear() error {
	for i, h := range p.handlers {
		if isOwn(h.Event) {
			continue
		}
		var first *run.Condition
		rest := h.Where
		if len(rest) > 0 {
			first, rest = &rest[0], rest[1:]
		}
		for _, l := range p.script.source.deps.Nodes {
			err := p.ears.hear(l, node.Interest{Event: h.Event, Subclass: h.Subclass}, first, func(e esl.Event) {
				if holds(rest, e) {
					p.add(event{Event: e, link: l, handler: i})
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *program) add(e event) { p.events.add(p.laneOf(e), e) }

// laneOf returns what keeps an event in order: a single worker keeps all.
func (p *program) laneOf(e event) string {
	if p.wanted.workers > 1 {
		return e.Get("Unique-ID")
	}
	return ""
}

// holds reports whether all conditions hold for an event.
func holds(where []run.Condition, e esl.Event) bool {
	for _, c := range where {
		value, ok := e.Lookup(c.Header)
		if !ok || !slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, value) }) {
			return false
		}
	}
	return true
}

// confirmWithin limits the wait for FreeSWITCH's answers to what it is asked for.
const confirmWithin = 5 * time.Second

// confirm waits until the nodes that are connected send what the script wants.
func (p *program) confirm(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer p.script.source.deps.Clock.AfterFunc(confirmWithin, stop).Stop()
	for l, subs := range p.ears {
		for _, sub := range subs {
			var refused *esl.ReplyError
			if err := sub.Confirm(ctx); errors.As(err, &refused) {
				p.script.log.Error("FreeSWITCH refuses an event that a hook wants", "node", l.Name(), "error", err)
			}
		}
	}
}

// retire ends the program once it has handled what it has got, and the timers that were due
// before; last says that no other version follows.
func (p *program) retire(at time.Time, last bool) {
	p.until, p.last = at, last
	close(p.retired)
	p.events.close()
}

// handOver waits until the program before has handled its events, for a time, and then takes
// over what is left of them.
func (p *program) handOver(ctx context.Context, within time.Duration) {
	late := make(chan struct{})
	defer p.script.source.deps.Clock.AfterFunc(within, func() { close(late) }).Stop()
	select {
	case <-p.before.events.empty:
		return
	case <-ctx.Done():
		return
	case <-late:
	}
	p.before.stop()
	p.before.workers.Wait()
	rest := p.before.events.rest()
	unwanted := 0
	var mine []event
	for _, e := range rest {
		i := slices.IndexFunc(p.handlers, func(h run.Handler) bool { return same(h, p.before.handlers[e.handler]) })
		if i < 0 {
			unwanted++
			continue
		}
		e.handler = i
		mine = append(mine, e)
	}
	p.events.precede(mine, p.laneOf)
	p.script.log.Warn("the earlier version of a hook is slow: it was stopped, and the new one handles what it has left", "events", len(mine), "unwanted", unwanted)
}
