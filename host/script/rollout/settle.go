package rollout

import (
	"maps"
	"slices"

	"github.com/eslua/eslua/host/script/store"
)

// gone is the version of a flow that is not there.
const gone = "gone"

// versionOf is what a record of a flow compares: the flow's version; of all
// flows, the generation.
func versionOf(g *store.Generation, flow string) string {
	if flow == "" {
		return g.Name()
	}
	if v := g.Version(flow); v != "" {
		return v
	}
	return gone
}

// settle brings records and canaries to what the directory holds now, and makes
// the plan anew. The caller holds mu.
func (r *Rollout) settle(current *store.Generation) {
	for _, flow := range sorted(r.records) {
		rec := r.records[flow]
		if now := versionOf(current, flow); !rec.Pinned() && now != rec.Until {
			delete(r.records, flow)
			r.deps.Log.Info("rollout: the rollback is over, for the script directory holds another version", of(flow, "version", now)...)
		}
	}
	maps.DeleteFunc(r.lost, func(flow string, rec Override) bool {
		return !rec.Pinned() && versionOf(current, flow) != rec.Until
	})
	for _, flow := range sorted(r.proven) {
		if _, ok := r.canaries[flow]; !ok {
			r.drop(flow, "the flow has no canary any more; all its calls get the new version")
			delete(r.proven, flow)
		}
	}
	for _, flow := range sorted(r.canaries) {
		r.settleCanary(flow, current)
	}
	r.publish(current)
}

// settleCanary does this for one flow that has a canary.
func (r *Rollout) settleCanary(flow string, current *store.Generation) {
	was, version := r.proven[flow], versionOf(current, flow)
	rec, heldBack := r.record(flow)
	if heldBack {
		version = versionOf(rec.generation, flow)
		r.drop(flow, "all calls get what the flow was set to")
	}
	switch {
	case version == gone:
		r.drop(flow, "the flow was removed")
	case was != nil && was.version == version:
		r.drop(flow, "the script directory holds the old version again")
		was.generation = current // as good, and it lets an older one go
		if heldBack {
			was.generation = rec.generation
		}
	case heldBack:
		r.proven[flow] = &proven{generation: rec.generation, version: version, calls: newTally(nil)}
	case was == nil:
		r.proven[flow] = &proven{generation: current, version: version, calls: newTally(nil)}
	default:
		r.try(flow, version, current)
	}
}

// set notes what holds for a flow, or all, from now on.
func (r *Rollout) set(rec held) {
	r.records[rec.Flow] = rec
	delete(r.lost, rec.Flow)
}

// record is what holds for a flow: its own, else that of all.
func (r *Rollout) record(flow string) (held, bool) {
	if rec, ok := r.records[flow]; ok {
		return rec, true
	}
	rec, ok := r.records[""]
	return rec, ok
}

// publish makes the plan.
func (r *Rollout) publish(current *store.Generation) {
	p := &plan{current: current, rest: current, flows: map[string]route{}}
	names := map[string]bool{current.Name(): true}
	for flow, rec := range r.records {
		names[rec.Generation] = true
		if flow == "" {
			p.rest = rec.generation
		} else {
			p.flows[flow] = route{most: branch{generation: rec.generation}}
		}
	}
	for _, rec := range r.lost {
		names[rec.Generation] = true
	}
	for flow, was := range r.proven {
		names[was.generation.Name()] = true
		if rec, ok := r.record(flow); ok {
			// What is held may lack the flow, and then is not what has proved itself.
			p.flows[flow] = route{most: branch{rec.generation, was.calls}}
			continue
		}
		t := r.trials[flow]
		switch {
		case t != nil:
			names[t.generation.Name()] = true
			p.flows[flow] = route{
				most:  branch{was.generation, was.calls},
				some:  branch{t.generation, t.calls},
				share: uint64(r.canaries[flow].Share),
			}
		case versionOf(current, flow) == gone:
		default:
			p.flows[flow] = route{most: branch{was.generation, was.calls}}
		}
	}
	p.names = sorted(names)
	r.plan.Store(p)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// of are a log line's attributes, the flow first.
func of(flow string, attrs ...any) []any {
	if flow == "" {
		flow = "(all)"
	}
	return append([]any{"flow", flow}, attrs...)
}
