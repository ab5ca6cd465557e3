package rollout

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
)

// A canary is a new version of a flow that is compared with the stable one. The
// caller of its functions holds Rollout.mu.
type canary struct {
	generation *store.Generation
	version    string
	calls      *tally
	since      time.Time
}

// end returns when its window is over.
func (c *canary) end(settings config.Canary) time.Time {
	return c.since.Add(time.Duration(settings.Window))
}

// startCanary starts a canary with a flow's new version, in place of one that may
// be in progress.
func (r *Rollout) startCanary(flow, version string, current *store.Generation) {
	if c := r.canaries[flow]; c != nil && c.version == version {
		c.generation = current
		return
	}
	r.cancelCanary(flow, "a newer version replaces it")
	stable, settings := r.stable[flow], r.settings[flow]
	if stable.calls.ended.Load() > 0 {
		stable.earlier = stable.calls
	}
	stable.calls = newTally(nil) // both versions start at zero
	r.canaries[flow] = &canary{
		generation: current,
		version:    version,
		calls:      newTally(func() { r.replan() }),
		since:      r.deps.Clock.Now(),
	}
	r.note(slog.LevelInfo, "a canary begins", "flow", flow, "share", settings.Share.String(), "window", settings.Window.String(),
		"generation", current.Name(), "version", version, "stable_generation", stable.generation.Name(), "stable_version", stable.version)
	r.wakeRun() // it waits for the end of the window
}

// cancelCanary ends a flow's canary, if one is in progress, without a verdict.
func (r *Rollout) cancelCanary(flow, reason string) {
	c := r.canaries[flow]
	if c == nil {
		return
	}
	delete(r.canaries, flow)
	r.note(slog.LevelInfo, "the canary ends without a verdict: "+reason, "flow", flow, "version", c.version,
		"failed", c.calls.counts().String())
}

// decide ends a flow's canary if it can be judged.
func (r *Rollout) decide(flow string) {
	c, stable, settings := r.canaries[flow], r.stable[flow], r.settings[flow]
	now := r.deps.Clock.Now()
	fresh, old, earlier := c.calls.counts(), stable.calls.counts(), stable.earlier.counts()
	due := !now.Before(c.end(settings)) && fresh.ended >= int64(settings.Calls)
	v := judge(fresh, old, earlier, due)
	if v == undecided {
		return
	}
	figures := fmt.Sprintf("the new version failed in %s, the old one in %s", fresh, old)
	if old.started == 0 && earlier.started > 0 {
		figures += fmt.Sprintf(" (before: %s)", earlier)
	}
	delete(r.canaries, flow)
	if v == better {
		r.stable[flow] = &stableVersion{generation: c.generation, version: c.version, calls: newTally(nil), earlier: c.calls}
		r.note(slog.LevelInfo, "the new version is promoted, all calls get it: "+figures,
			"flow", flow, "generation", c.generation.Name(), "version", c.version, "after", now.Sub(c.since).String())
	} else {
		r.override(loadedOverride{Override{
			Flow:       flow,
			Generation: stable.generation.Name(),
			Until:      c.version,
			Why:        "canary: " + figures,
			Since:      now,
		}, stable.generation})
		r.note(slog.LevelError, "the new version is rolled back, all calls get the old one until the script directory holds another: "+figures,
			"flow", flow, "generation", stable.generation.Name(), "rolled_back", c.generation.Name(), "version", c.version, "after", now.Sub(c.since).String())
	}
	r.publishPlan(r.plan.Load().current)
	r.wakeRun() // it saves the decision
}
