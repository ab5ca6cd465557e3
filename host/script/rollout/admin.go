package rollout

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
)

// Pin gives all calls of a flow, or of all flows if flow is "", one generation
// until Unpin. The first digits of its name are enough. If there is an error,
// nothing has changed. A warning says that the pin is in force but could not be
// saved, so that a restart forgets it.
func (r *Rollout) Pin(flow, generation string) (o Override, warning string, err error) {
	flow = config.FlowName(flow)
	g, err := r.findWithFlow(generation, flow)
	if err != nil {
		return Override{}, "", err
	}
	o, warning = r.apply(loadedOverride{Override{Flow: flow, Generation: g.Name(), Why: "pinned by an admin"}, g})
	return o, warning, nil
}

// Rollback gives all calls of a flow, or of all flows if flow is "", an earlier
// generation until the directory holds another version. Without a generation it
// chooses the stable one if a canary is in progress, else the newest earlier one
// in which the flow had another version than calls get now, so that repeated
// rollbacks go further back. Warnings and errors are as in Pin.
func (r *Rollout) Rollback(flow, generation string) (o Override, warning string, err error) {
	flow = config.FlowName(flow)
	current := r.deps.Scripts.Current()
	g, err := r.rollbackTarget(flow, generation, current)
	if err != nil {
		return Override{}, "", err
	}
	until := versionOf(current, flow)
	if versionOf(g, flow) == until {
		return Override{}, "", fmt.Errorf("nothing to roll back: in generation %s, %s is the same as in the script directory; pin it there to keep it", g.Name(), describeFlow(flow))
	}
	o, warning = r.apply(loadedOverride{Override{Flow: flow, Generation: g.Name(), Until: until, Why: "rolled back by an admin from generation " + current.Name()}, g})
	return o, warning, nil
}

// apply puts an override in force and saves it.
func (r *Rollout) apply(o loadedOverride) (_ Override, warning string) {
	r.mu.Lock()
	o.Since = r.deps.Clock.Now()
	r.override(o)
	r.reconcile(r.deps.Scripts.Current())
	r.note(slog.LevelInfo, o.Why, flowAttrs(o.Flow, "generation", o.Generation)...)
	r.unlock()
	return o.Override, r.saveOrWarn()
}

// Unpin removes the pin or rollback of a flow, or that of all flows if flow is "",
// and returns it. Warnings and errors are as in Pin.
func (r *Rollout) Unpin(flow string) (o Override, warning string, err error) {
	flow = config.FlowName(flow)
	if o, err = r.remove(flow); err != nil {
		return Override{}, "", err
	}
	return o, r.saveOrWarn(), nil
}

func (r *Rollout) remove(flow string) (Override, error) {
	r.mu.Lock()
	defer r.unlock()
	loaded, ok := r.overrides[flow]
	o := loaded.Override
	if !ok {
		o, ok = r.unavailable[flow]
	}
	if !ok {
		var others []string
		for _, flow := range slices.Concat(sortedKeys(r.overrides), sortedKeys(r.unavailable)) {
			others = append(others, describeFlow(flow))
		}
		return Override{}, fmt.Errorf("no pin or rollback of %s; those in force are of: %s", describeFlow(flow), cmp.Or(strings.Join(others, ", "), "none"))
	}
	delete(r.overrides, flow)
	delete(r.unavailable, flow)
	r.reconcile(r.deps.Scripts.Current())
	r.note(slog.LevelInfo, "a pin or rollback was removed by an admin", flowAttrs(flow, "generation", o.Generation, "reason", o.Why)...)
	return o, nil
}

// rollbackTarget returns the generation that Rollback goes back to.
func (r *Rollout) rollbackTarget(flow, generation string, current *store.Generation) (*store.Generation, error) {
	if generation != "" {
		return r.findWithFlow(generation, flow)
	}
	serves := r.Stable(flow)
	r.mu.Lock()
	if r.canaries[flow] != nil {
		defer r.unlock()
		return r.stable[flow].generation, nil
	}
	r.unlock()
	exists := checkFlow(current, flow) == nil || checkFlow(serves, flow) == nil
	names := r.generations()
	names = names[1+slices.Index(names, serves.Name()):] // those before it
	for _, name := range names {
		g, err := r.deps.History.Find(name)
		if err != nil {
			r.deps.Log.Warn("rollout: an earlier generation cannot be loaded", "generation", name, "error", err)
			continue
		}
		if checkFlow(g, flow) != nil {
			continue
		}
		exists = true
		if v := versionOf(g, flow); v != versionOf(serves, flow) && v != versionOf(current, flow) {
			return g, nil
		}
	}
	if !exists {
		return nil, checkFlow(current, flow)
	}
	return nil, fmt.Errorf("nothing to roll back to: no generation before %s has another version of %s; there are %s",
		serves.Name(), describeFlow(flow), r.listGenerations())
}

// findWithFlow returns the generation whose name begins with prefix, if it has the
// flow.
func (r *Rollout) findWithFlow(prefix, flow string) (*store.Generation, error) {
	if prefix == "" {
		return nil, errors.New("name a generation; there are " + r.listGenerations())
	}
	g, err := r.find(prefix)
	if err != nil {
		return nil, fmt.Errorf("%w; there are %s", err, r.listGenerations())
	}
	return g, checkFlow(g, flow)
}

// find returns the generation whose name begins with prefix.
func (r *Rollout) find(prefix string) (*store.Generation, error) {
	current := r.deps.Scripts.Current()
	if current.Name() == prefix {
		return current, nil
	}
	if r.deps.History == nil {
		if strings.HasPrefix(current.Name(), prefix) {
			return current, nil
		}
		return nil, fmt.Errorf("no generation %s, for there is no history", prefix)
	}
	g, err := r.deps.History.Find(prefix)
	if err == nil && g.Name() == current.Name() {
		return current, nil
	}
	return g, err
}

// generations returns the names of the generations in the history, newest first.
func (r *Rollout) generations() (names []string) {
	if r.deps.History == nil {
		return nil
	}
	for _, e := range r.deps.History.List() {
		names = append(names, e.Generation)
	}
	return names
}

func (r *Rollout) listGenerations() string {
	names := r.generations()
	if len(names) == 0 {
		names = []string{r.deps.Scripts.Current().Name()}
	}
	return config.Shorten(names)
}

// checkFlow returns an error that lists the flows if g lacks one.
func checkFlow(g *store.Generation, flow string) error {
	if versionOf(g, flow) != versionAbsent {
		return nil
	}
	return fmt.Errorf("generation %s has no flow %q; %s", g.Name(), flow, g.DescribeFlows(flow))
}

func describeFlow(flow string) string {
	if flow == "" {
		return "all flows"
	}
	return "flow " + flow
}
