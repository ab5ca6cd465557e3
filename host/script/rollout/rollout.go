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

// Deps is what a Rollout stands on.
type Deps struct {
	Scripts  *store.Store
	History  *store.History // where earlier generations are; nil: there are none
	StateDir string         // where decisions outlive a restart; "": in memory only
	Log      *slog.Logger
	Clock    clock.Clock
}

// Rollout says which generation a call gets. It is free for any number of
// goroutines.
type Rollout struct {
	deps Deps
	plan atomic.Pointer[plan] // what is below, as Choose wants it
	wake chan struct{}        // of Run; holds one
	file stateFile

	mu       sync.Mutex // guards these
	canaries map[string]config.Canary
	records  map[string]held     // by flow
	lost     map[string]Override // by flow: kept, but this host cannot have the generation
	proven   map[string]*proven  // by flow with a canary
	trials   map[string]*trial   // by flow with a canary

	rollbacks uint64 // since the host began
}

// held is a record with its generation, which it keeps alive.
type held struct {
	Override
	generation *store.Generation
}

// proven is what all calls of a flow got last.
type proven struct {
	generation *store.Generation
	version    string
	calls      *tally // since it is that, or since the last canary began
	before     *tally // calls before that; nil without any
}

// New makes a Rollout that goes on with what StateDir holds. Of cfg it uses the
// canaries of the flows. What cannot be read or found is logged, and the
// generation that serves is what calls get.
func New(cfg config.Config, d Deps) *Rollout {
	r := &Rollout{
		deps:     d,
		wake:     make(chan struct{}, 1),
		file:     stateFile{dir: d.StateDir, log: d.Log},
		canaries: canaries(cfg),
		records:  map[string]held{},
		lost:     map[string]Override{},
		proven:   map[string]*proven{},
		trials:   map[string]*trial{},
	}
	r.restore()
	r.settle(d.Scripts.Current())
	if d.History != nil {
		d.History.Protect(func() []string { return r.plan.Load().names })
	}
	return r
}

func canaries(cfg config.Config) map[string]config.Canary {
	all := map[string]config.Canary{}
	for name, f := range cfg.Flows {
		if f.Canary != nil {
			all[name] = *f.Canary
		}
	}
	return all
}

// Configure takes the canaries of another configuration. Those under way go on
// with their new settings; without one, a flow's calls get what is in the
// directory.
func (r *Rollout) Configure(cfg config.Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.canaries = canaries(cfg)
	r.settle(r.deps.Scripts.Current())
	r.stir()
}

// stir has Run look again.
func (r *Rollout) stir() {
	select {
	case r.wake <- struct{}{}:
	default: // it is about to
	}
}

// Run follows the script directory, decides canaries whose window is over, and
// keeps what was decided by itself, until ctx ends.
func (r *Rollout) Run(ctx context.Context) error {
	told := ""
	for {
		changed := r.deps.Scripts.Changed()
		next, some := r.look()
		if err := r.save(); err == nil || errors.Is(err, errRetired) {
			told = ""
		} else if err.Error() != told {
			told = err.Error()
			r.deps.Log.Error("rollout: " + told)
		}
		var due <-chan time.Time
		stop := func() bool { return true }
		if some {
			timer := r.deps.Clock.NewTimer(next)
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

// look brings everything up to the present. next is the time until a window is
// over, if there is one.
func (r *Rollout) look() (next time.Duration, some bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.present()
	now := r.deps.Clock.Now()
	for flow, t := range r.trials {
		left := t.end(r.canaries[flow]).Sub(now)
		if left > 0 && (!some || left < next) {
			next, some = left, true
		}
	}
	return next, some
}

// present settles what the directory brought, then decides the canaries that
// can be decided. The caller holds mu.
func (r *Rollout) present() {
	current := r.deps.Scripts.Current()
	if r.plan.Load().current != current {
		r.settle(current)
	}
	for _, flow := range sorted(r.trials) {
		r.decide(flow)
	}
}
