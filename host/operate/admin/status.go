package admin

import (
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/outbox"
	"github.com/eslua/eslua/host/push"
	"github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
)

// A Status describes a running eslua: what each part of it reports, and what
// the Service knows itself. Times are in the host's time zone.
type Status struct {
	Version  string    `json:"version"`
	PID      int       `json:"pid"`
	Now      time.Time `json:"now"` // by the host's clock, so that ages are right
	Started  time.Time `json:"started"`
	Listen   string    `json:"listen"`
	Metrics  string    `json:"metrics,omitempty"`  // address at which metrics are served now
	Draining *Draining `json:"draining,omitempty"` // nil while eslua takes calls
	Config   Config    `json:"config"`

	Scripts   store.Status       `json:"scripts"`
	Rollout   rollout.Status     `json:"rollout"`
	Calls     outbound.Status    `json:"calls"`
	NoFlow    run.Counts         `json:"no_flow"` // calls that named a flow that does not exist
	Unnamed   int64              `json:"unnamed"` // calls for which nothing names a flow
	Limited   int64              `json:"limited"` // calls that a limit on the number of calls has kept out
	Flows     []Flow             `json:"flows"`
	Nodes     []node.Status      `json:"nodes"`
	Databases []database.Status  `json:"databases,omitempty"`
	HTTP      []network.Endpoint `json:"http,omitempty"` // servers that scripts ask
	Durable   durable.Status     `json:"durable"`        // where what must not be lost is kept
	Outbox    []outbox.Status    `json:"outbox,omitempty"`
	Queues    []queue.Status     `json:"queues,omitempty"`
	Buckets   []kv.Status        `json:"buckets,omitempty"`   // those that were used
	Campaigns []campaign.Status  `json:"campaigns,omitempty"` // that this host leads
	Pushes    []push.Status      `json:"pushes,omitempty"`
	Missed    uint64             `json:"pushes_missed,omitempty"` // events that were lost before they became pushes
	Jobs      []job.Status       `json:"jobs,omitempty"`
	Running   []run.Running      `json:"running,omitempty"` // only on request: there may be ten thousand
}

// Draining describes a drain, in which eslua takes no new calls.
type Draining struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"` // when the remaining calls are given back to their dialplans
}

// Config describes the configuration in force.
type Config struct {
	File    string    `json:"file,omitempty"`    // "" if there is none
	Loaded  time.Time `json:"loaded"`            // when it came into force
	Problem string    `json:"problem,omitempty"` // why the file as it is now is not in force
	Since   time.Time `json:"problem_since,omitzero"`
	Restart []string  `json:"waits_for_restart,omitempty"` // settings that the file has and that need a restart
	Strays  []string  `json:"strays,omitempty"`            // settings that name flows that do not exist: "default_flow: x"
}

// A Flow describes a script that serves calls, or served some.
type Flow struct {
	run.Counts
	Module     bool   `json:"module,omitempty"` // other scripts require it, so it may not be a flow
	Version    string `json:"version"`          // that new calls get; equal versions behave equally
	Generation string `json:"generation"`       // that new calls get
	Gone       bool   `json:"gone,omitempty"`   // no longer in the script directory
}

// Current returns the runs of the version that new calls get.
func (f Flow) Current() run.Tally {
	for _, v := range f.Versions {
		if v.Version == f.Version {
			return v.Tally
		}
	}
	return run.Tally{}
}

// Override returns the pin or rollback of a flow, or of all flows if flow is "".
// It returns nil if there is none.
func (st Status) Override(flow string) *rollout.Override {
	for i, o := range st.Rollout.Overrides {
		if o.Flow == flow {
			return &st.Rollout.Overrides[i]
		}
	}
	return nil
}

// Canary returns the trial of a flow's new version, or nil if there is none.
func (st Status) Canary(flow string) *rollout.Canary {
	for i, c := range st.Rollout.Canaries {
		if c.Flow == flow {
			return &st.Rollout.Canaries[i]
		}
	}
	return nil
}
