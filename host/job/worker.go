package job

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// A worker calls the functions of one state of a program, one after the other. When a limit
// has ended the state, it makes another one.
type worker struct {
	*program
	group  int
	loaded chan<- loading // gets one value
	told   bool           // it has
	began  bool           // the last state was loaded
	watch  *watch
	cursor time.Time // until when timers were called
}

// run makes states until the program is over.
func (w *worker) run(ctx context.Context) {
	var pause time.Duration
	for {
		err := w.live(ctx)
		if !w.told {
			w.loaded <- loading{err: err}
			return
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		w.script.restarted(err)
		if w.began {
			pause = 0
			w.script.log.Error("a hook's script was ended, and is loaded again", "error", err)
			continue
		}
		pause = min(max(2*pause, shortestPause), longestPause)
		w.script.log.Error("a hook's script cannot be loaded again; its events wait", "error", err, "pause", pause)
		if clock.Sleep(ctx, w.script.source.deps.Clock, pause) != nil {
			return
		}
	}
}

const (
	shortestPause = time.Second
	longestPause  = 5 * time.Minute
)

// live makes a state and calls its functions; it returns nil when the program is over.
func (w *worker) live(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w.began = false
	s := w.script.source
	settings := w.wanted.config
	limit := settings.Limits.Duration
	if limit == 0 {
		limit = longestCall
	}
	settings.Limits.Duration = 0
	w.watch = &watch{limit: limit, clk: s.deps.Clock, end: func() {
		stop(&guard.LimitError{Limit: "duration", Figure: limit.String()})
	}}
	w.watch.begin(s.deps.Clock.Now())
	defer w.watch.done()
	r := &run.Run{
		Flow: w.script.name, Generation: w.generation.Name(), Version: w.version,
		Scripts: w.generation,
		Config:  settings,
		Env:     run.Env{Switch: s.anyNode(), Log: w.script.scriptLog.With("generation", w.generation.Name()), Hook: &run.Hook{Anchor: w.script.born}},
		Account: s.accounts[Hook],
	}
	if l := s.listener.Load(); l != nil {
		r.Env.Listener = *l
	}
	r.Completed = func(env *run.Env) error {
		env.Hook.Loaded = true
		w.watch.done()
		if w.told && !alike(w.handlers, env.Hook.Handlers) {
			return errDiffers
		}
		w.began = true
		return w.serve(ctx, env)
	}
	err := s.deps.Runner.Run(ctx, r)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// longestCall limits each call of a function, unless limits.duration does.
const longestCall = time.Minute

// serve calls the functions of a state.
func (w *worker) serve(ctx context.Context, env *run.Env) error {
	if !w.told {
		w.told = true
		w.loaded <- loading{handlers: env.Hook.Handlers}
		select {
		case <-w.begin:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		w.cursor = w.since
	}
	for _, t := range env.Hook.Timers {
		if t.Next != nil { // an earlier state has called it before
			t.Due = t.Next(w.cursor)
		}
	}
	clk := w.script.source.deps.Clock
	for {
		switch {
		case env.State.Ended() != nil:
			return env.State.Ended()
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		now, timer := clk.Now(), w.due(env.Hook)
		if timer != nil && !timer.Due.After(now) {
			w.fire(ctx, env, timer, now)
			continue
		}
		w.cursor = now
		e, lane, ok, missed := w.events.next(w.group)
		if missed > 0 {
			w.script.log.Warn(dropped, "dropped", missed, "queue", w.queue)
		}
		if ok {
			err := w.handle(env, e)
			w.events.done(lane, e, err)
			w.report(ctx, env, "event", e.Name(), err)
			continue
		}
		if w.events.over() && timer == nil {
			return nil
		}
		w.wait(ctx, timer)
	}
}

// handle calls the function for an event.
func (w *worker) handle(env *run.Env, e event) error {
	w.watch.begin(w.script.source.deps.Clock.Now())
	defer w.watch.done()
	env.Renew(e.link, func() string { return e.Get("Unique-ID") })
	return env.Hook.Handlers[e.handler].Handle(e.Event, e.link.Name())
}

// due returns the timer that is called next, nil if there is none. Those that the script
// starts each time are the first worker's, and when another version follows, it calls those
// that repeat.
func (w *worker) due(h *run.Hook) *run.Timer {
	retired := false
	select {
	case <-w.retired:
		retired = true
	default:
	}
	for _, t := range h.Timers {
		t.Ended = t.Ended || t.Early && w.group > 0 || retired && (w.last || t.Next != nil) && t.Due.After(w.until)
	}
	return h.Due()
}

// fire calls the function of a timer. What a slow function has missed is not made up for.
func (w *worker) fire(ctx context.Context, env *run.Env, t *run.Timer, now time.Time) {
	s, due := w.script.source, t.Due
	w.cursor = due
	if t.Ended = t.Next == nil; !t.Ended {
		t.Due = t.Next(now)
	}
	if t.Name != "" && !s.claim(ctx, w.script, t.Name, due) {
		return
	}
	w.watch.begin(now)
	defer w.watch.done()
	env.Renew(s.anyNode(), nil)
	err := t.Fire()
	if err != nil {
		w.events.failed(err)
	}
	w.report(ctx, env, "timer", due.Format(time.RFC3339), err)
}

// report logs why a function has failed.
func (w *worker) report(ctx context.Context, env *run.Env, key, what string, err error) {
	switch {
	case err == nil, errors.As(err, new(run.Exit)):
		return
	case context.Cause(ctx) == context.Canceled: //nolint:errorlint // and not a limit
		w.script.log.Warn("a function of a hook was stopped while it ran", key, what)
		return
	case ctx.Err() != nil, env.State.Ended() != nil: // run logs what has ended the state
		return
	}
	args := []any{key, what, "error", err}
	if failed := (*vm.ScriptError)(nil); errors.As(err, &failed) && failed.Traceback != "" {
		args = append(args, "traceback", failed.Traceback)
	}
	w.script.log.Error("a hook failed", args...)
}

// wait waits for an event, for a timer, or for the end of the program.
func (w *worker) wait(ctx context.Context, timer *run.Timer) {
	var due <-chan time.Time
	if timer != nil {
		t := w.script.source.deps.Clock.NewTimerAt(timer.Due)
		defer t.Stop()
		due = t.C
	}
	empty := w.events.empty
	if w.events.over() { // only the timer is waited for
		empty = nil
	}
	select {
	case <-w.events.wakes[w.group]:
	case <-due:
	case <-empty:
	case <-ctx.Done():
	}
}

// A watch ends a state whose function takes too long. It has one timer for many short calls.
type watch struct {
	limit time.Duration
	clk   clock.Clock
	end   func()
	since atomic.Int64 // when the call began, in nanoseconds; 0: none runs
	armed atomic.Bool
}

func (w *watch) begin(now time.Time) {
	w.since.Store(now.UnixNano())
	if w.armed.CompareAndSwap(false, true) {
		w.clk.AfterFunc(w.limit, w.look)
	}
}

func (w *watch) done() { w.since.Store(0) }

// look ends a call that has lasted too long, and else looks again when the present one will
// have.
func (w *watch) look() {
	since := w.since.Load()
	if since == 0 {
		w.armed.Store(false)
		if since = w.since.Load(); since == 0 || !w.armed.CompareAndSwap(false, true) {
			return
		}
	}
	left := w.limit - w.clk.Now().Sub(time.Unix(0, since))
	if left <= 0 {
		w.end()
		return
	}
	w.clk.AfterFunc(left, w.look)
}
