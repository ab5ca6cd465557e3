package rollout

import "time"

// Override is a pin or a rollback.
type Override struct {
	Flow       string    `json:"flow"`       // "" is all flows
	Generation string    `json:"generation"` // that calls get
	Until      string    `json:"until"`      // the version (of all flows: the generation) that was rolled back from; "" for a pin
	Why        string    `json:"why"`        // in words
	Since      time.Time `json:"since"`
}

// Pinned reports whether this is a pin and not a rollback.
func (o Override) Pinned() bool { return o.Until == "" }

// Status is what is not simply as the script directory has it.
type Status struct {
	Overrides []Override `json:"overrides"` // by flow
	Canaries  []Canary   `json:"canaries"`  // by flow
	Rollbacks uint64     `json:"rollbacks"` // by admins and canaries since the host began
}

// Canary is a canary under way.
type Canary struct {
	Flow  string    `json:"flow"`
	Share int       `json:"share_percent"` // per cent of the calls
	Since time.Time `json:"since"`
	Until time.Time `json:"until"` // end of the window
	Calls int       `json:"calls"` // that must have ended before it is decided
	Old   Arm       `json:"old"`
	New   Arm       `json:"new"`
}

// Arm is one of the two versions, with the calls begun since the canary was.
type Arm struct {
	Generation string `json:"generation"`
	Version    string `json:"version"`
	Started    int64  `json:"started"`
	Ended      int64  `json:"ended"`
	Failed     int64  `json:"failed"`
}

// Status is what an admin wants to know.
func (r *Rollout) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.present()
	s := Status{Overrides: []Override{}, Canaries: []Canary{}, Rollbacks: r.rollbacks}
	for _, flow := range sorted(r.records) {
		s.Overrides = append(s.Overrides, r.records[flow].Override)
	}
	for _, flow := range sorted(r.trials) {
		t, was, c := r.trials[flow], r.proven[flow], r.canaries[flow]
		s.Canaries = append(s.Canaries, Canary{
			Flow: flow, Share: int(c.Share), Since: t.since, Until: t.end(c), Calls: c.Calls,
			Old: arm(was.generation.Name(), was.version, was.calls.now()),
			New: arm(t.generation.Name(), t.version, t.calls.now()),
		})
	}
	return s
}

func arm(generation, version string, c counts) Arm {
	return Arm{generation, version, c.started, c.ended, c.failed}
}
