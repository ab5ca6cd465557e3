package run

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// Every run is held to its own memory limit by counting what it keeps alive. What
// is not counted because nobody knew of it would end the process; so the host's
// heap is looked at after each collection, and when it holds too much, runs are
// ended until it does not.

// HostMemory tells WatchMemory the limit and what the heap holds.
type HostMemory struct {
	Limit     int64           // bytes that the heap may hold after a collection
	Live      func() int64    // what it holds
	Collected <-chan struct{} // gets a value after each collection
	Log       *slog.Logger
}

// A living run can be ended.
type living struct {
	state  *vm.State
	run    *Run
	end    context.CancelCauseFunc
	ended  chan struct{}
	doomed bool
	// before is the work that it had done when the heap was last half full: what it has
	// done since can have filled it.
	before int64
}

type population struct {
	mu         sync.Mutex
	runs       map[*living]struct{}
	sacrificed atomic.Int64
}

func (p *population) add(l *living) (remove func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs == nil {
		p.runs = map[*living]struct{}{}
	}
	p.runs[l] = struct{}{}
	return func() {
		p.mu.Lock()
		delete(p.runs, l)
		p.mu.Unlock()
		close(l.ended)
	}
}

// remember notes how much each run has worked.
func (p *population) remember() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.runs {
		l.before = l.state.Worked()
	}
}

// busiest returns the run that has allocated and computed most since the heap was
// half full, or nil; it is not returned again.
//
// It may be an honest one that works much, ended before the one that holds the memory:
// who that is cannot be known. What a run is known to hold is within limits.memory, or
// it would have ended already, so the memory that is too much is by definition the part
// that no count of ours knows, and a run with a great census is no more likely to hold
// it than another. Go does not say from where an object is reached, nor what a goroutine
// has allocated: runtime/metrics counts for all together, labels of goroutines are not in
// heap profiles, and the stacks of runtime.MemProfile end at 32 frames, which a few
// nested pcalls fill. What remains is that nobody fills memory without work: it must be
// written, and the thread's processor time is counted whatever code runs. So the order
// is by work since there was room, and each collection after an end decides whether
// another one has to go.
func (p *population) busiest() (most *living) {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := int64(-1)
	for l := range p.runs {
		if n := l.state.Worked() - l.before; n > best && !l.doomed {
			most, best = l, n
		}
	}
	if most != nil {
		most.doomed = true
	}
	return most
}

// endsWithin limits the wait for an ended run before the next one is ended.
const endsWithin = time.Second

// WatchMemory ends runs while the heap holds more than the limit after a collection,
// until ctx ends.
func (r *Runner) WatchMemory(ctx context.Context, m HostMemory) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.Collected:
		}
		if m.Live() <= m.Limit/2 {
			r.runs.remember()
		}
		if m.Live() > m.Limit {
			r.deps.Machine.Gate().Shut() // or the heap grows faster than runs are ended
			r.reduce(ctx, m)
			r.deps.Machine.Gate().Open()
		}
	}
}

// reduce ends runs until the heap is within its limit.
func (r *Runner) reduce(ctx context.Context, m HostMemory) {
	for runtime.GC(); m.Live() > m.Limit && ctx.Err() == nil; runtime.GC() {
		l := r.runs.busiest()
		if l == nil {
			return
		}
		l.end(&guard.LimitError{Limit: "host_memory", Figure: guard.Size(m.Limit) + " for all runs together"})
		uuid := ""
		if l.run.Env.Call != nil {
			uuid = l.run.Env.Call.UUID()
		}
		m.Log.Error("the host's memory is full: the run that has allocated and computed most is ended; raise host_memory if the scripts need more",
			"flow", l.run.Flow, "uuid", uuid, "heap", m.Live(), "host_memory", m.Limit, "ended", r.runs.sacrificed.Add(1))
		r.await(ctx, l)
	}
}

func (r *Runner) await(ctx context.Context, l *living) {
	late := make(chan struct{})
	timer := r.deps.Clock.AfterFunc(endsWithin, func() { close(late) })
	defer timer.Stop()
	select {
	case <-l.ended:
	case <-late:
	case <-ctx.Done():
	}
}
