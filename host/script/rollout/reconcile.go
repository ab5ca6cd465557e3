package rollout

import (
	"log/slog"
	"maps"
	"slices"

	"github.com/eslua/eslua/host/script/store"
)

// versionAbsent is the version of a flow that does not exist, also in state files.
const versionAbsent = "gone"

// versionOf returns what an override compares: the version of its flow, or the
// generation for an override of all flows.
func versionOf(g *store.Generation, flow string) string {
	if flow == "" {
		return g.Name()
	}
	if v := g.Version(flow); v != "" {
		return v
	}
	return versionAbsent
}

// reconcile adapts overrides and canaries to what the directory holds now, and
// publishes a new plan. The caller holds mu, here and below.
func (r *Rollout) reconcile(current *store.Generation) {
	for _, flow := range sortedKeys(r.overrides) {
		o := r.overrides[flow]
		if now := versionOf(current, flow); !o.Pinned() && now != o.Until {
			delete(r.overrides, flow)
			r.note(slog.LevelInfo, "the rollback is over, because the script directory holds another version", flowAttrs(flow, "version", now)...)
		}
	}
	maps.DeleteFunc(r.unavailable, func(flow string, o Override) bool {
		return !o.Pinned() && versionOf(current, flow) != o.Until
	})
	for _, flow := range sortedKeys(r.stable) {
		if _, ok := r.settings[flow]; !ok {
			r.cancelCanary(flow, "it was removed from the configuration, and all calls get the new version")
			delete(r.stable, flow)
		}
	}
	for _, flow := range sortedKeys(r.settings) {
		r.reconcileCanary(flow, current)
	}
	r.publishPlan(current)
}

// reconcileCanary adapts the canary of one flow that has canary settings.
func (r *Rollout) reconcileCanary(flow string, current *store.Generation) {
	serves, version := current, versionOf(current, flow)
	o, overridden := r.overrideOf(flow)
	if overridden {
		serves, version = o.generation, versionOf(o.generation, flow)
		r.cancelCanary(flow, "the flow was pinned or rolled back")
	}
	stable := r.stable[flow]
	switch {
	case version == versionAbsent:
		r.cancelCanary(flow, "the flow was removed")
	case stable != nil && stable.version == version:
		r.cancelCanary(flow, "the script directory holds the stable version again")
		stable.generation = serves // it is equivalent, and an older one can be freed
	case stable == nil || overridden:
		r.stable[flow] = &stableVersion{generation: serves, version: version, calls: newTally(nil)}
	default:
		r.startCanary(flow, version, current)
	}
}

// override puts an override in force, in place of an earlier one.
func (r *Rollout) override(o loadedOverride) {
	r.overrides[o.Flow] = o
	delete(r.unavailable, o.Flow)
	if !o.Pinned() {
		r.rollbacks++
	}
}

// overrideOf returns the override that applies to a flow: its own, else that of
// all flows.
func (r *Rollout) overrideOf(flow string) (loadedOverride, bool) {
	if o, ok := r.overrides[flow]; ok {
		return o, true
	}
	o, ok := r.overrides[""]
	return o, ok
}

// publishPlan makes the plan that follows from the decisions.
func (r *Rollout) publishPlan(current *store.Generation) {
	p := &plan{current: current, others: current, flows: map[string]route{}}
	names := map[string]bool{current.Name(): true}
	for flow, o := range r.overrides {
		names[o.Generation] = true
		if flow == "" {
			p.others = o.generation
		} else {
			p.flows[flow] = route{stable: branch{generation: o.generation}}
		}
	}
	for _, o := range r.unavailable {
		names[o.Generation] = true
	}
	for flow, stable := range r.stable {
		names[stable.generation.Name()] = true
		if o, ok := r.overrideOf(flow); ok {
			// Its generation may lack the flow, and then differs from the stable one.
			p.flows[flow] = route{stable: branch{o.generation, stable.calls}}
			continue
		}
		way := route{stable: branch{stable.generation, stable.calls}}
		if c := r.canaries[flow]; c != nil {
			names[c.generation.Name()] = true
			way.canary = branch{c.generation, c.calls}
			way.share = uint64(r.settings[flow].Share)
		} else if versionOf(current, flow) == versionAbsent {
			continue
		}
		p.flows[flow] = way
	}
	p.generations = sortedKeys(names)
	r.plan.Store(p)
	news := make(chan struct{})
	close(*r.news.Swap(&news))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// flowAttrs returns log attributes that begin with the flow.
func flowAttrs(flow string, attrs ...any) []any {
	if flow == "" {
		flow = "(all)"
	}
	return append([]any{"flow", flow}, attrs...)
}
