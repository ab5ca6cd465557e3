package rollout

import (
	"maps"
	"slices"

	"github.com/eslua/eslua/host/script/store"
)

// A plan holds all decisions in the form in which a call asks for them. It is never
// changed.
type plan struct {
	current     *store.Generation // the plan was made for this one
	flows       map[string]route  // of the flows that do not get others
	others      *store.Generation
	generations []string // the names of all generations in the plan
}

// A route holds the generations that the calls of one flow get.
type route struct {
	stable branch
	canary branch // share per cent of the calls get this
	share  uint64
}

// A branch is a generation and the tally of the calls that get it.
type branch struct {
	generation *store.Generation
	calls      *tally // nil: not counted
}

// Choose returns the generation for a call of a flow. Call begin if the call's script runs
// (a call may come back whose script has ended before), and what it returns once when the
// script has ended; failed means that the script is to blame.
func (r *Rollout) Choose(flow, callUUID string) (g *store.Generation, begin func() (ended func(failed bool))) {
	p := r.currentPlan()
	way, ok := p.flows[flow]
	switch {
	case !ok:
		return p.others, uncounted
	case way.share > 0 && percentile(callUUID) < way.share:
		return way.canary.choose()
	}
	return way.stable.choose()
}

// Stable returns the generation that calls of a flow get, apart from a canary's
// share of them.
func (r *Rollout) Stable(flow string) *store.Generation {
	p := r.currentPlan()
	if way, ok := p.flows[flow]; ok {
		return way.stable.generation
	}
	return p.others
}

// HookNames returns the names of the scripts under hooks/ that Stable has, sorted: also of
// those that the directory no longer has, and an admin has pinned.
func (r *Rollout) HookNames() (names []string) {
	p := r.currentPlan()
	all := slices.AppendSeq(p.others.HookNames(), maps.Keys(p.flows))
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
		way, ok := p.flows[name]
		if !ok || slices.Contains(way.stable.generation.HookNames(), name) {
			names = append(names, name)
		}
	}
	return names
}

// Changed returns a channel that is closed when Stable may return another generation.
func (r *Rollout) Changed() <-chan struct{} { return *r.news.Load() }

// currentPlan returns the plan for the current content of the directory.
func (r *Rollout) currentPlan() *plan {
	if p := r.plan.Load(); p.current == r.deps.Scripts.Current() {
		return p
	}
	return r.replan()
}

func (r *Rollout) replan() *plan {
	r.mu.Lock()
	defer r.unlock()
	r.catchUp()
	return r.plan.Load()
}

func (b branch) choose() (*store.Generation, func() func(bool)) {
	if b.calls == nil {
		return b.generation, uncounted
	}
	return b.generation, b.calls.begin
}

func uncounted() func(bool) { return func(bool) {} }

// percentile returns a number from 0 to 99 that is always the same for a UUID, on
// every host and in every version: FNV-1a, then the last step of MurmurHash3,
// because UUIDs may differ in their last digits only.
func percentile(uuid string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(uuid) {
		h = (h ^ uint64(uuid[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return (h ^ h>>33) % 100
}
