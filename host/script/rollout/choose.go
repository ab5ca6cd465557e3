package rollout

import "github.com/eslua/eslua/host/script/store"

// plan is everything that is decided, in the form in which a call asks for it.
// It is never changed.
type plan struct {
	current *store.Generation // that it was made for
	flows   map[string]route  // of flows that do not simply get rest
	rest    *store.Generation
	names   []string // of all generations in it
}

// route is what the calls of one flow get.
type route struct {
	most  branch
	some  branch // what share per cent of them get
	share uint64
}

// branch is a generation and what is told when a call that got it has ended.
type branch struct {
	generation *store.Generation
	calls      *tally // nil: nobody counts
}

// Choose is the generation for a call of a flow. ended is to be called once when
// the call's script has ended; failed says that the script is to blame.
func (r *Rollout) Choose(flow, callUUID string) (g *store.Generation, ended func(failed bool)) {
	p := r.plan.Load()
	if p.current != r.deps.Scripts.Current() {
		p = r.replan()
	}
	way, ok := p.flows[flow]
	switch {
	case !ok:
		return p.rest, uncounted
	case way.share > 0 && percentile(callUUID) < way.share:
		return way.some.begin()
	}
	return way.most.begin()
}

// Stable returns the generation that calls of a flow get, apart from a canary's
// share of them.
func (r *Rollout) Stable(flow string) *store.Generation {
	p := r.plan.Load()
	if p.current != r.deps.Scripts.Current() {
		p = r.replan()
	}
	if way, ok := p.flows[flow]; ok {
		return way.most.generation
	}
	return p.rest
}

func (r *Rollout) replan() *plan {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.present()
	return r.plan.Load()
}

func (b branch) begin() (*store.Generation, func(bool)) {
	if b.calls == nil {
		return b.generation, uncounted
	}
	b.calls.started.Add(1)
	return b.generation, b.calls.end
}

func uncounted(bool) {}

// percentile is 0 to 99, the same for a UUID on every host and for ever: FNV-1a,
// then MurmurHash3's last step, for UUIDs may differ in their last digits only.
func percentile(uuid string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(uuid) {
		h = (h ^ uint64(uuid[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return (h ^ h>>33) % 100
}
