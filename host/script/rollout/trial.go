package rollout

import (
	"fmt"
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
)

// trial is a canary under way, against what is proven.
type trial struct {
	generation *store.Generation
	version    string
	calls      *tally
	since      time.Time
}

// end is when its window is over.
func (t *trial) end(c config.Canary) time.Time { return t.since.Add(time.Duration(c.Window)) }

// try tries a flow's new version, in place of one that may be on trial.
func (r *Rollout) try(flow, version string, current *store.Generation) {
	t, was := r.trials[flow], r.proven[flow]
	if t != nil && t.version == version {
		t.generation = current
		return
	}
	r.drop(flow, "a newer version takes its place")
	if was.calls.ended.Load() > 0 {
		was.before = was.calls
	}
	was.calls = newTally(nil) // both begin at nothing
	r.trials[flow] = &trial{
		generation: current,
		version:    version,
		calls:      newTally(func() { r.replan() }),
		since:      r.deps.Clock.Now(),
	}
	c := r.canaries[flow]
	r.deps.Log.Info("rollout: a canary begins", "flow", flow, "share", c.Share.String(), "window", c.Window.String(),
		"generation", current.Name(), "version", version, "old", was.generation.Name(), "old version", was.version)
	r.stir() // Run has a new window to wait for
}

// drop ends a flow's canary, if there is one, without a verdict.
func (r *Rollout) drop(flow, why string) {
	t := r.trials[flow]
	if t == nil {
		return
	}
	delete(r.trials, flow)
	r.deps.Log.Info("rollout: the canary is over without a verdict: "+why, "flow", flow, "version", t.version,
		"failed", t.calls.now().String())
}

// decide ends a flow's canary if it can be judged.
func (r *Rollout) decide(flow string) {
	t, was, c := r.trials[flow], r.proven[flow], r.canaries[flow]
	now := r.deps.Clock.Now()
	fresh, old, before := t.calls.now(), was.calls.now(), was.before.now()
	due := !now.Before(t.end(c)) && fresh.ended >= int64(c.Calls)
	v := judge(fresh, old, before, due)
	if v == undecided {
		return
	}
	figures := fmt.Sprintf("the new version failed in %s, the old one in %s", fresh, old)
	if old.started == 0 && before.started > 0 {
		figures += fmt.Sprintf(" (before: %s)", before)
	}
	delete(r.trials, flow)
	if v == better {
		r.proven[flow] = &proven{generation: t.generation, version: t.version, calls: newTally(nil), before: t.calls}
		r.deps.Log.Info("rollout: the new version is promoted, all calls get it: "+figures,
			"flow", flow, "generation", t.generation.Name(), "version", t.version, "after", now.Sub(t.since).String())
	} else {
		r.rollbacks++
		r.set(held{Override{
			Flow:       flow,
			Generation: was.generation.Name(),
			Until:      t.version,
			Why:        "canary: " + figures,
			Since:      now,
		}, was.generation})
		r.deps.Log.Error("rollout: the new version is rolled back, all calls get the old one until the script directory holds another: "+figures,
			"flow", flow, "generation", was.generation.Name(), "rolled back", t.generation.Name(), "version", t.version, "after", now.Sub(t.since).String())
	}
	r.publish(r.plan.Load().current)
	r.stir() // for Run to write it down
}
