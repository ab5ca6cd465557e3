package rollout

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
)

// Deps lists what a Rollout needs.
type Deps struct {
	Scripts  *store.Store
	History  *store.History // of earlier generations; nil: there are none
	StateDir string         // where decisions are saved; "": nowhere
	Log      *slog.Logger
	Clock    clock.Clock
}

// A Rollout decides which generation a call gets. Any number of goroutines may use
// it.
type Rollout struct {
	deps Deps
	plan atomic.Pointer[plan]          // the decisions below, as Choose needs them
	wake chan struct{}                 // wakes Run; holds one
	news atomic.Pointer[chan struct{}] // closed at the next plan
	file stateFile

	mu          sync.Mutex // guards these; release it with unlock
	settings    map[string]config.Canary
	overrides   map[string]loadedOverride // by flow
	unavailable map[string]Override       // by flow: those whose generation cannot be loaded
	stable      map[string]*stableVersion // by flow with canary settings
	canaries    map[string]*canary        // in progress, by flow
	rollbacks   uint64                    // since the host began
	notes       []note
}

// A loadedOverride is an override with its generation, which it keeps in memory.
type loadedOverride struct {
	Override
	generation *store.Generation
}

// A stableVersion is the version of a flow that all calls got last.
type stableVersion struct {
	generation *store.Generation
	version    string
	calls      *tally // since it is stable, or since the last canary began
	earlier    *tally // calls before that; nil without any
}

// A note is a line to be logged when mu is released.
type note struct {
	level slog.Level
	text  string
	attrs []any
}

// New returns a Rollout with the decisions saved in StateDir. Of cfg it uses the
// canary settings of the flows. It logs decisions that it cannot read or load, and
// their calls get the generation in the script directory.
func New(cfg config.Config, d Deps) *Rollout {
	r := &Rollout{
		deps:        d,
		wake:        make(chan struct{}, 1),
		file:        stateFile{dir: d.StateDir, log: d.Log, writeLock: make(chan struct{}, 1)},
		settings:    canarySettings(cfg),
		overrides:   map[string]loadedOverride{},
		unavailable: map[string]Override{},
		stable:      map[string]*stableVersion{},
		canaries:    map[string]*canary{},
	}
	news := make(chan struct{})
	r.news.Store(&news)
	r.restore()
	r.mu.Lock()
	r.reconcile(d.Scripts.Current())
	r.unlock()
	if d.History != nil {
		d.History.Protect(func() []string { return r.plan.Load().generations })
	}
	return r
}

func canarySettings(cfg config.Config) map[string]config.Canary {
	settings := map[string]config.Canary{}
	for name, f := range cfg.Flows {
		if f.Canary != nil {
			settings[name] = *f.Canary
		}
	}
	return settings
}

// Configure replaces the canary settings. Canaries in progress continue with their
// new settings; a flow without canary settings gets the directory's scripts.
func (r *Rollout) Configure(cfg config.Config) {
	r.mu.Lock()
	defer r.unlock()
	r.settings = canarySettings(cfg)
	r.reconcile(r.deps.Scripts.Current())
	r.wakeRun()
}

// Run follows the script directory, decides canaries whose window is over, and
// saves the decisions that no admin made, until ctx ends.
func (r *Rollout) Run(ctx context.Context) error {
	reported := ""
	for {
		changed := r.deps.Scripts.Changed()
		next, ok := r.nextDeadline()
		if err := r.save(ctx); err == nil || errors.Is(err, errRetired) || ctx.Err() != nil {
			reported = ""
		} else if err.Error() != reported {
			reported = err.Error()
			r.deps.Log.Error("rollout: " + reported)
		}
		var due <-chan time.Time
		stop := func() bool { return true }
		if ok {
			timer := r.deps.Clock.NewTimerAt(next)
			due, stop = timer.C, timer.Stop
		}
		select {
		case <-changed:
		case <-r.wake:
		case <-due:
		case <-ctx.Done():
			stop()
			return nil
		}
		stop()
	}
}

func (r *Rollout) wakeRun() {
	select {
	case r.wake <- struct{}{}:
	default: // it wakes anyhow
	}
}

// nextDeadline catches up and returns when the next window is over, if a
// canary is in progress.
func (r *Rollout) nextDeadline() (next time.Time, ok bool) {
	r.mu.Lock()
	defer r.unlock()
	r.catchUp()
	now := r.deps.Clock.Now()
	for flow, c := range r.canaries {
		if end := c.end(r.settings[flow]); end.After(now) && (!ok || end.Before(next)) {
			next, ok = end, true
		}
	}
	return next, ok
}

// catchUp reconciles everything with the directory and decides the canaries that
// can be decided. The caller holds mu.
func (r *Rollout) catchUp() {
	current := r.deps.Scripts.Current()
	if r.plan.Load().current != current {
		r.reconcile(current)
	}
	for _, flow := range sortedKeys(r.canaries) {
		r.decide(flow)
	}
}

// note logs a line when mu is released, so that a log that blocks delays no other
// call. The caller holds mu.
func (r *Rollout) note(level slog.Level, text string, attrs ...any) {
	r.notes = append(r.notes, note{level, "rollout: " + text, attrs})
}

// unlock releases mu and logs the notes.
func (r *Rollout) unlock() {
	notes := r.notes
	r.notes = nil
	r.mu.Unlock()
	for _, n := range notes {
		r.deps.Log.Log(context.Background(), n.level, n.text, n.attrs...)
	}
}
