package rollout

import (
	"time"

	"github.com/eslua/eslua/host/script/store"
)

// An Override is a pin or a rollback.
type Override struct {
	Flow       string    `json:"flow"`       // "" means all flows
	Generation string    `json:"generation"` // that calls get
	Until      string    `json:"until"`      // the version (of all flows: the generation) that was rolled back from; "" for a pin
	Why        string    `json:"why"`        // for the admin
	Since      time.Time `json:"since"`
}

// Pinned reports whether this is a pin and not a rollback.
func (o Override) Pinned() bool { return o.Until == "" }

// Status lists what calls do not simply get from the script directory.
type Status struct {
	Overrides []Override `json:"overrides"` // by flow
	Canaries  []Canary   `json:"canaries"`  // by flow
	Rollbacks uint64     `json:"rollbacks"` // by admins and canaries since the host began
}

// A Canary is a canary in progress.
type Canary struct {
	Flow  string    `json:"flow"`
	Share int       `json:"share_percent"` // per cent of the calls
	Since time.Time `json:"since"`
	Until time.Time `json:"until"` // end of the window
	Calls int       `json:"calls"` // how many must have ended before it is decided
	Old   Arm       `json:"old"`
	New   Arm       `json:"new"`
}

// An Arm is one of the two versions, with the calls that started since the canary
// began.
type Arm struct {
	Generation string `json:"generation"`
	Version    string `json:"version"`
	Started    int64  `json:"started"`
	Ended      int64  `json:"ended"`
	Failed     int64  `json:"failed"`
}

// Status returns the decisions in force.
func (r *Rollout) Status() Status {
	r.mu.Lock()
	defer r.unlock()
	r.catchUp()
	s := Status{Overrides: []Override{}, Canaries: []Canary{}, Rollbacks: r.rollbacks}
	for _, flow := range sortedKeys(r.overrides) {
		s.Overrides = append(s.Overrides, r.overrides[flow].Override)
	}
	for _, flow := range sortedKeys(r.canaries) {
		c, stable, settings := r.canaries[flow], r.stable[flow], r.settings[flow]
		s.Canaries = append(s.Canaries, Canary{
			Flow: flow, Share: int(settings.Share), Since: c.since, Until: c.end(settings), Calls: settings.Calls,
			Old: arm(stable.generation, stable.version, stable.calls),
			New: arm(c.generation, c.version, c.calls),
		})
	}
	return s
}

func arm(g *store.Generation, version string, calls *tally) Arm {
	c := calls.counts()
	return Arm{g.Name(), version, c.started, c.ended, c.failed}
}
