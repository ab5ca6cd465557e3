package job

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/logbound"
	"github.com/eslua/eslua/host/run"
)

// A scripted hook is one script under hooks/, over all its versions.
type scripted struct {
	source    *Source
	name      string // of the script: hooks/logger
	log       *slog.Logger
	scriptLog *slog.Logger // bounds what all its states write together
	born      time.Time
	changed   chan struct{} // holds one signal: another version may be wanted

	lingering []*program // earlier ones, which have timers

	mu       sync.Mutex
	now      *program     // gets the events; nil: none does yet
	past     figures      // of earlier programs
	restarts uint64       // of states that a limit has ended
	problem  *run.Failure // why the newest version does not run; nil: it does
}

func (s *Source) newScripted(name string) *scripted {
	return &scripted{
		source: s, name: name, log: s.deps.Log.With("hook", name), scriptLog: logbound.Script(s.deps.Log).With("hook", name), born: s.deps.Clock.Now(),
		changed: make(chan struct{}, 1),
	}
}

func (s *scripted) signal() { signal(s.changed) }

// wanted returns what the script shall be now.
func (s *scripted) wanted() wanted {
	g, cfg := s.source.deps.Stable(s.name), s.source.cfg.Load()
	own := cfg.Flows[s.name]
	return wanted{g, g.Version(s.name), run.FlowConfig(cfg, s.name), max(1, own.Workers), cmp.Or(own.Queue, 1000)}
}

// mostLingering is the number of earlier versions that may wait for their timers.
const mostLingering = 4

// run has the newest version that can be loaded handle the events, until closing or ctx
// ends, or the script is gone.
func (s *scripted) run(ctx context.Context, closing <-chan struct{}) {
	defer s.end()
	var failed *wanted
	var pause time.Duration
	for {
		var again <-chan time.Time
		switch w := s.wanted(); {
		case w.version == "":
			return
		case s.now != nil && s.now.equal(w):
			failed = nil
		default:
			if failed == nil || !failed.equal(w) {
				pause = 0
			}
			p, err := s.load(ctx, w)
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				failed = nil
				s.install(ctx, p)
				continue
			}
			failed, pause = &w, min(max(2*pause, shortestPause), longestPause)
			s.fail(err, pause)
			t := s.source.deps.Clock.NewTimer(pause)
			defer t.Stop()
			again = t.C
		}
		select {
		case <-s.changed:
		case <-again:
		case <-closing:
			return
		case <-ctx.Done():
			return
		}
	}
}

// fail notes that a version cannot be loaded.
func (s *scripted) fail(err error, pause time.Duration) {
	s.mu.Lock()
	isFirst := s.now == nil
	s.problem = run.NewFailure(s.source.deps.Clock.Now(), err)
	s.mu.Unlock()
	text := "a hook's script cannot be loaded; the version before it goes on"
	if isFirst {
		text = "a hook's script cannot be loaded"
	}
	s.log.Error(text, "error", err, "pause", pause)
}

// install has a program get the events from now on, and waits until the one before has
// handled those that it has got.
func (s *scripted) install(ctx context.Context, p *program) {
	p.confirm(ctx)
	old := s.now
	var before ears
	if old != nil {
		before = old.ears
	}
	s.source.hooks.telling.Lock()
	s.mu.Lock()
	p.since, p.before, s.now, s.problem = s.source.deps.Clock.Now(), old, p, nil
	s.mu.Unlock()
	if old == nil {
		s.tellConnected()
	}
	s.source.hooks.telling.Unlock()
	before.replace(p.ears)
	if old != nil {
		old.retire(p.since, false)
		p.handOver(ctx, endWithin)
		s.release(old)
	}
	s.log.Info("a hook's script is loaded", "generation", p.generation.Name(), "events", len(p.handlers), "workers", p.wanted.workers)
	close(p.begin)
}

// release keeps a program, which has handled its events, until its timers are over.
func (s *scripted) release(p *program) {
	f, _ := p.events.snapshot()
	s.mu.Lock()
	s.past.add(f)
	s.now.before = nil
	s.mu.Unlock()
	s.lingering = append(s.lingering, p)
	if len(s.lingering) > mostLingering {
		s.lingering[0].stop()
		s.lingering[0].workers.Wait()
		s.lingering = s.lingering[1:]
	}
}

// end ends all programs; the present one handles what waits for it, at most for endWithin.
func (s *scripted) end() {
	if s.now != nil {
		s.now.ears.replace(nil)
		s.now.retire(s.source.deps.Clock.Now(), true)
		late := s.source.deps.Clock.AfterFunc(endWithin, s.now.stop)
		s.now.workers.Wait()
		late.Stop()
		s.now.stop()
		s.now.events.giveUp(s.log)
	}
	for _, p := range s.lingering {
		p.stop()
		p.workers.Wait()
	}
}

// restarted counts a state that was ended.
func (s *scripted) restarted(error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restarts++
}

// isOwn reports whether an event is one of eslua's own.
func isOwn(event string) bool { return strings.HasPrefix(event, run.OwnEvents) }

// nodeChanged passes what has happened to a node to those who want to know it.
func (s *scripted) nodeChanged(l *node.Link, c node.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return
	}
	name := run.OwnEvents + "node_" + string(c.Kind)
	var e esl.Event
	for i, h := range s.now.handlers {
		if h.Event != name {
			continue
		}
		if e.IsZero() {
			e = describe(name, l, c)
		}
		if holds(h.Where, e) {
			s.now.add(event{Event: e, link: l, handler: i})
		}
	}
}

// tellConnected tells a script that has just been loaded for the first time of the nodes that
// were connected earlier: whether a node or a script is faster when the host starts makes no
// difference. The caller holds telling.
func (s *scripted) tellConnected() {
	for _, l := range s.source.deps.Nodes {
		if c, ok := s.source.hooks.connected[l]; ok {
			s.nodeChanged(l, c)
		}
	}
}

// nodeChanged tells all scripts what has happened to a node.
func (h *hooks) nodeChanged(l *node.Link, c node.Change) {
	h.telling.Lock()
	defer h.telling.Unlock()
	switch c.Kind {
	case node.Connected, node.Restarted:
		h.connected[l] = node.Change{Kind: node.Connected, CoreUUID: c.CoreUUID}
	case node.Lost:
		delete(h.connected, l)
	}
	h.eachScripted(func(s *scripted) { s.nodeChanged(l, c) })
}

// describe makes an event of a change.
func describe(name string, l *node.Link, c node.Change) esl.Event {
	headers := [][2]string{{"Event-Name", name}, {"Node", l.Name()}, {"Address", l.Status().Address}}
	if c.CoreUUID != "" {
		headers = append(headers, [2]string{"Core-UUID", c.CoreUUID})
	}
	if c.Previous != "" {
		headers = append(headers, [2]string{"Previous-Core-UUID", c.Previous})
	}
	if c.Err != nil {
		headers = append(headers, [2]string{"Reason", c.Err.Error()})
	}
	return esl.NewEvent(headers, "")
}

// runScripts runs the scripts under hooks/ as they come and go, until the hooks are closed or
// ctx ends.
func (s *Source) runScripts(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	h := s.hooks
	for ctx.Err() == nil && h.closing.Err() == nil {
		changed := s.deps.Changed()
		for _, name := range s.deps.Hooks() {
			h.mu.Lock()
			known := h.scripted[name]
			if known == nil {
				known = s.newScripted(name)
				h.scripted[name] = known
				all.Go(func() {
					known.run(ctx, h.closing.Done())
					h.mu.Lock()
					delete(h.scripted, name)
					h.mu.Unlock()
					signal(h.configured) // it may be there again
				})
			}
			h.mu.Unlock()
		}
		h.eachScripted((*scripted).signal)
		select {
		case <-changed:
		case <-h.configured:
		case <-h.closing.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}

// eachScripted calls fn for each hook of a script.
func (h *hooks) eachScripted(fn func(*scripted)) {
	h.mu.Lock()
	var list []*scripted
	for _, s := range h.scripted {
		list = append(list, s)
	}
	h.mu.Unlock()
	for _, s := range list {
		fn(s)
	}
}
