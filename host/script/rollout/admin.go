package rollout

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/store"
)

// Pin gives all calls of a flow, or of all flows if flow is "", one generation
// until Unpin. The prefix of its name is enough. With an error nothing has
// changed. A warning says that the pin is in force but could not be saved, so
// that a restart forgets it.
func (r *Rollout) Pin(flow, generation string) (rec Override, warning string, err error) {
	flow = store.FlowName(flow)
	g, err := r.find(generation)
	if err == nil {
		err = hasFlow(g, flow)
	}
	if err != nil {
		return Override{}, "", err
	}
	rec, warning = r.hold(held{Override{Flow: flow, Generation: g.Name(), Why: "pinned by an admin"}, g})
	return rec, warning, nil
}

// Rollback gives all calls of a flow, or of all flows if flow is "", an earlier
// generation until the directory holds another version. Without a generation it
// is the old one of a canary under way, else the newest earlier one in which that
// flow had another version than calls get now; said again, it goes further back.
// Warnings and errors are as in Pin.
func (r *Rollout) Rollback(flow, generation string) (rec Override, warning string, err error) {
	flow = store.FlowName(flow)
	current := r.deps.Scripts.Current()
	g, err := r.before(flow, generation, current)
	if err != nil {
		return Override{}, "", err
	}
	until := versionOf(current, flow)
	if versionOf(g, flow) == until {
		return Override{}, "", fmt.Errorf("nothing to roll back: the script directory holds what generation %s has of %s; pin it there to keep it", g.Name(), named(flow))
	}
	rec, warning = r.hold(held{Override{Flow: flow, Generation: g.Name(), Until: until, Why: "rolled back by an admin from generation " + current.Name()}, g})
	return rec, warning, nil
}

// Unpin takes back a flow's pin or rollback, or that of all flows if flow is "".
// It returns what it took back. Warnings and errors are as in Pin.
func (r *Rollout) Unpin(flow string) (rec Override, warning string, err error) {
	flow = store.FlowName(flow)
	r.mu.Lock()
	was, ok := r.records[flow]
	rec = was.Override
	if !ok {
		rec, ok = r.lost[flow]
	}
	if !ok {
		defer r.mu.Unlock()
		return Override{}, "", fmt.Errorf("%s: neither pinned nor rolled back; what is: %s", named(flow), cmp.Or(strings.Join(r.held(), ", "), "nothing"))
	}
	delete(r.records, flow)
	delete(r.lost, flow)
	r.settle(r.deps.Scripts.Current())
	r.mu.Unlock()
	r.deps.Log.Info("rollout: what an admin or a canary had set is taken back", of(flow, "generation", rec.Generation, "was", rec.Why)...)
	return rec, r.saved(), nil
}

// held are the names of what is pinned or rolled back.
func (r *Rollout) held() (names []string) {
	for _, flow := range slices.Concat(sorted(r.records), sorted(r.lost)) {
		names = append(names, named(flow))
	}
	return names
}

// hold puts a record in force.
func (r *Rollout) hold(rec held) (_ Override, warning string) {
	r.mu.Lock()
	rec.Since = r.deps.Clock.Now()
	r.set(rec)
	if !rec.Pinned() {
		r.rollbacks++
	}
	r.settle(r.deps.Scripts.Current())
	r.mu.Unlock()
	r.deps.Log.Info("rollout: "+rec.Why, of(rec.Flow, "generation", rec.Generation)...)
	return rec.Override, r.saved()
}

// before is the generation that a rollback goes to.
func (r *Rollout) before(flow, generation string, current *store.Generation) (*store.Generation, error) {
	if generation != "" {
		g, err := r.find(generation)
		if err != nil {
			return nil, err
		}
		return g, hasFlow(g, flow)
	}
	served := r.Stable(flow)
	r.mu.Lock()
	t, was := r.trials[flow], r.proven[flow]
	r.mu.Unlock()
	if t != nil {
		return was.generation, nil
	}
	known := hasFlow(current, flow) == nil || hasFlow(served, flow) == nil
	names := r.names()
	for i, name := range names {
		if name == served.Name() {
			names = names[i+1:]
			break
		}
	}
	for _, name := range names {
		g, err := r.deps.History.Find(name)
		if err != nil {
			r.deps.Log.Warn("rollout: an earlier generation cannot be had", "generation", name, "error", err)
			continue
		}
		v := versionOf(g, flow)
		known = known || v != gone
		if v != gone && v != versionOf(served, flow) && v != versionOf(current, flow) {
			return g, nil
		}
	}
	if !known {
		return nil, hasFlow(current, flow)
	}
	return nil, fmt.Errorf("nothing to roll %s back to: no generation before %s had another version; kept are %s",
		named(flow), served.Name(), r.kept())
}

// find is a generation of the history.
func (r *Rollout) find(prefix string) (*store.Generation, error) {
	if prefix == "" {
		return nil, errors.New("name a generation; kept are " + r.kept())
	}
	current := r.deps.Scripts.Current()
	if r.deps.History == nil {
		if strings.HasPrefix(current.Name(), prefix) {
			return current, nil
		}
		return nil, fmt.Errorf("no generation %q; kept are %s", prefix, r.kept())
	}
	g, err := r.deps.History.Find(prefix)
	if err != nil {
		return nil, fmt.Errorf("%w; kept are %s", err, r.kept())
	}
	if g.Name() == current.Name() {
		return current, nil
	}
	return g, nil
}

// names are the generations there are, the newest first.
func (r *Rollout) names() (names []string) {
	if r.deps.History == nil {
		return nil
	}
	for _, e := range r.deps.History.List() {
		names = append(names, e.Generation)
	}
	return names
}

// kept says them to an admin.
func (r *Rollout) kept() string {
	names := r.names()
	if len(names) == 0 {
		names = []string{r.deps.Scripts.Current().Name()}
	}
	return store.NameList(names)
}

// hasFlow is an error that says what flows there are.
func hasFlow(g *store.Generation, flow string) error {
	if versionOf(g, flow) != gone {
		return nil
	}
	return fmt.Errorf("generation %s has no flow %q; %s", g.Name(), flow, g.DescribeFlows())
}

func named(flow string) string {
	if flow == "" {
		return "all flows"
	}
	return "flow " + flow
}
