package job

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/logbound"
)

// hooks holds the hooks of a Source.
type hooks struct {
	changed chan struct{}   // holds one signal: the configuration is another one
	closing context.Context // ends with StopHooks
	close   context.CancelFunc
	ended   chan struct{}  // closed when runHooks has ended
	ending  sync.WaitGroup // hooks that the configuration no longer names

	// telling is held while scripts under hooks/ are told of nodes; before mu.
	telling   sync.Mutex
	connected map[*node.Link]node.Change // the nodes that are

	mu      sync.Mutex
	running []*hook
	// scripted holds the scripts under hooks/ by their names.
	scripted   map[string]*scripted
	configured chan struct{} // holds one signal, for them: the configuration is another one
}

func newHooks() *hooks {
	h := &hooks{changed: make(chan struct{}, 1), configured: make(chan struct{}, 1), ended: make(chan struct{}), scripted: map[string]*scripted{}, connected: map[*node.Link]node.Change{}}
	h.closing, h.close = context.WithCancel(context.Background())
	return h
}

func (h *hooks) configure() {
	signal(h.changed)
	signal(h.configured)
}

// signal leaves a signal in a channel that holds one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// runHooks runs the hooks that the configuration names, until StopHooks or the end of
// ctx. It returns when their scripts have ended.
func (s *Source) runHooks(ctx context.Context) {
	h := s.hooks
	defer close(h.ended)
	defer h.ending.Wait()
	h.ending.Go(func() { s.runScripts(ctx) })
	for {
		s.replaceHooks(ctx, s.cfg.Load().Hooks)
		select {
		case <-h.changed:
			continue
		case <-h.closing.Done():
		case <-ctx.Done():
		}
		s.replaceHooks(ctx, nil)
		return
	}
}

// endWithin limits how long a hook that is named no longer may take for the events that it has got.
const endWithin = 30 * time.Second

// StopHooks ends the hooks when they have handled the events that they have got, or after endWithin. Another
// host has them from now on, or there are no more calls.
func (s *Source) StopHooks() { s.hooks.close() }

// FinishHooks lets the hooks handle the events of the last call, which has just ended,
// and waits for it until ctx ends.
func (s *Source) FinishHooks(ctx context.Context) {
	if s.hooks.idle() {
		return
	}
	_ = clock.Sleep(ctx, s.deps.Clock, underWay)
	s.StopHooks()
	select {
	case <-s.hooks.ended:
	case <-ctx.Done():
	}
}

// underWay is the time that an event takes from FreeSWITCH, which sends them every 20 ms
// (mod_event_socket.c:read_packet).
const underWay = 100 * time.Millisecond

func (h *hooks) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.running)+len(h.scripted) == 0
}

// replaceHooks starts the hooks that do not run, and ends the others once they have
// handled what waits for them.
func (s *Source) replaceHooks(ctx context.Context, wanted []config.Hook) {
	h := s.hooks
	h.mu.Lock()
	old := slices.Clone(h.running)
	h.mu.Unlock()
	var now []*hook
	for _, w := range wanted {
		i := slices.IndexFunc(old, func(o *hook) bool { return o.Hook == w })
		if i < 0 {
			now = append(now, s.startHook(ctx, w))
			continue
		}
		now, old = append(now, old[i]), slices.Delete(old, i, i+1)
	}
	h.mu.Lock()
	h.running = now
	h.mu.Unlock()
	for _, o := range old {
		h.ending.Go(func() { o.stop(s.deps.Clock) })
	}
}

// A hook runs a script for each event that its settings name, of every node.
type hook struct {
	config.Hook
	log       *slog.Logger
	scriptLog *slog.Logger // bounds what all runs write together
	events    *eventQueue
	ears      ears
	workers   sync.WaitGroup
	giveUp    context.CancelFunc // ends the scripts that run
}

// label names a hook in logs and metrics.
func (h *hook) label() string {
	return strings.Join(strings.Fields(string(h.Event)+" "+h.Subclass+" "+string(h.Script)), " ")
}

func (s *Source) startHook(ctx context.Context, settings config.Hook) *hook {
	h := &hook{Hook: settings, events: newEventQueue(1, settings.Queue, s.deps.Clock), scriptLog: logbound.Script(s.deps.Log)}
	h.log = s.deps.Log.With("hook", h.label())
	ctx, h.giveUp = context.WithCancel(ctx)
	for range settings.Parallel {
		h.workers.Go(func() { s.work(ctx, h) })
	}
	for _, l := range s.deps.Nodes {
		err := h.ears.hear(l, node.Interest{Event: string(h.Event), Subclass: h.Subclass}, nil, func(e esl.Event) {
			h.events.add(e.Get("Unique-ID"), event{Event: e, link: l})
		})
		if err != nil {
			h.log.Error("a hook gets no events", "node", l.Name(), "error", err)
		}
	}
	ears(nil).replace(h.ears)
	return h
}

// work handles a hook's events, one after the other, until there will be no more.
func (s *Source) work(ctx context.Context, h *hook) {
	for {
		e, lane, ok, missed := h.events.next(0)
		if missed > 0 {
			h.log.Warn(dropped, "dropped", missed, "queue", h.Queue)
		}
		if !ok {
			select {
			case <-h.events.wakes[0]:
				continue
			case <-h.events.empty:
			case <-ctx.Done():
			}
			return
		}
		if ctx.Err() != nil {
			return
		}
		err := s.run(ctx, job{ // it has logged the error
			kind: Hook, name: h.Script.Name(), args: h.Script.Args(), sw: e.link, log: h.scriptLog, timeout: time.Duration(h.Timeout),
			channel: e.channel, given: map[string]any{"event": e.Event},
		})
		h.events.done(lane, e, err)
	}
}

const (
	dropped = "a hook is too slow: its queue was full, and events were dropped"
	givenUp = "a hook was ended before it had handled its events; these are lost"
)

// stop ends a hook when it has handled what waits, or after endWithin.
func (h *hook) stop(clk clock.Clock) {
	h.ears.replace(nil)
	h.events.close()
	late := clk.AfterFunc(endWithin, h.giveUp)
	h.workers.Wait()
	late.Stop()
	h.giveUp()
	h.events.giveUp(h.log)
}
