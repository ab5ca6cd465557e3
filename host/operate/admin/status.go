package admin

import "time"

// Status is what an admin wants to know of a running eslua when something is
// wrong. Times bear the host's zone.
type Status struct {
	Version  string    `json:"version"`
	PID      int       `json:"pid"`
	Now      time.Time `json:"now"` // of the host's clock, so that ages are right
	Started  time.Time `json:"started"`
	Listen   string    `json:"listen"`
	Metrics  string    `json:"metrics,omitempty"`  // where they are served now
	Draining *Draining `json:"draining,omitempty"` // nil: eslua takes calls
	Config   Config    `json:"config"`
	Scripts  Scripts   `json:"scripts"`
	Calls    Calls     `json:"calls"`
	Flows    []Flow    `json:"flows"`
	Nodes    []Node    `json:"nodes"`
	Running  []Call    `json:"running,omitempty"` // only when asked for: there may be ten thousand
}

// Draining is the time in which no new calls are taken.
type Draining struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"` // when the calls that are left go back to their dialplans
}

// Config is the configuration in force.
type Config struct {
	File    string    `json:"file,omitempty"`    // "" without one
	Loaded  time.Time `json:"loaded"`            // when it came into force
	Problem string    `json:"problem,omitempty"` // why the file as it is now is not in force
	Since   time.Time `json:"problem_since,omitzero"`
	Strays  []string  `json:"strays,omitempty"` // settings that name flows which are not among the scripts: "default_flow: x"
}

// Scripts is the script tree.
type Scripts struct {
	Dir        string    `json:"dir,omitempty"` // "" is those built into the program
	Generation string    `json:"generation"`    // that serves
	Since      time.Time `json:"since"`         // when it began to
	Count      int       `json:"count"`         // scripts in it
	Refused    bool      `json:"refused"`       // the directory holds something newer that may not serve
	Problems   []Problem `json:"problems,omitempty"`
	WrongSince time.Time `json:"wrong_since,omitzero"` // since when there has been a problem that is no warning
	Swaps      uint64    `json:"swaps"`                // generations that began to serve
	Refusals   uint64    `json:"refusals"`             // states of the directory that did not
	Rollbacks  uint64    `json:"rollbacks"`            // by hand and by canaries
	Held       *Hold     `json:"held,omitempty"`       // what all flows are kept on
}

// Problem is one thing that is wrong with the scripts.
type Problem struct {
	File    string `json:"file,omitempty"` // "" is the tree itself
	Line    int    `json:"line,omitempty"` // 0 is the whole file
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // it keeps nothing from serving
}

// Calls counts them, of all flows.
type Calls struct {
	Running int    `json:"running"`
	Max     int    `json:"max"`     // 0 is no bound
	Refused uint64 `json:"refused"` // for want of room: their dialplans went on
	NoFlow  int64  `json:"no_flow"` // they named a flow that there was not
}

// Flow is a script that serves calls.
type Flow struct {
	Name       string  `json:"name"`
	Module     bool    `json:"module,omitempty"` // other scripts require it, so it may be no flow
	Version    string  `json:"version"`          // of what new calls get: equal versions behave equally
	Generation string  `json:"generation"`       // that new calls get
	Gone       bool    `json:"gone,omitempty"`   // not in the directory any more
	Held       *Hold   `json:"held,omitempty"`
	Canary     *Canary `json:"canary,omitempty"`
	Running    []Use   `json:"running,omitempty"` // what its calls use, the newest first
	Started    int64   `json:"started"`
	Ended      int64   `json:"ended"` // failed ones too
	Failed     int64   `json:"failed"`
	Serving    Tally   `json:"serving"` // of the version that new calls get

	LastFailure *Failure `json:"last_failure,omitempty"` // of any version; nil: none
}

// Failure is how a call's flow failed.
type Failure struct {
	At    time.Time `json:"at"`
	Error string    `json:"error"`
}

// Use is how many calls run on one version; the generation is the newest that had it.
type Use struct {
	Generation string `json:"generation"`
	Version    string `json:"version"`
	Calls      int64  `json:"calls"`
}

// Hold keeps a flow, or all, on an earlier generation.
type Hold struct {
	Pinned     bool      `json:"pinned"` // until unpin; else a rollback, which also ends with the next change
	Generation string    `json:"generation"`
	Since      time.Time `json:"since"`
	Until      string    `json:"until,omitempty"` // of a rollback: the version that is not to serve
	Why        string    `json:"why,omitempty"`
}

// Canary is a version of a flow that is being tried out on some calls.
type Canary struct {
	Generation string    `json:"generation"` // that is tried
	Version    string    `json:"version"`
	Share      int       `json:"share_percent"`
	Since      time.Time `json:"since"`
	Until      time.Time `json:"until"` // when it may serve all calls, if it does well
	Calls      int       `json:"calls"` // that must have ended by then
	New        Tally     `json:"new"`
	Old        Tally     `json:"old"`
}

// Tally is how calls went.
type Tally struct {
	Ended  int64 `json:"ended"`
	Failed int64 `json:"failed"`
}

// Node is a FreeSWITCH that eslua keeps a connection to.
type Node struct {
	Name       string    `json:"name"`
	Address    string    `json:"address"`
	Up         bool      `json:"up"`
	Since      time.Time `json:"since"` // when Up last changed
	LastError  string    `json:"last_error,omitempty"`
	Connects   int       `json:"connects"`
	Restarts   int       `json:"restarts"` // of FreeSWITCH, as seen from here
	EventsLost uint64    `json:"events_lost"`
}

// Call is a call that runs now.
type Call struct {
	UUID       string    `json:"uuid"`
	Flow       string    `json:"flow"`
	Generation string    `json:"generation"`
	Version    string    `json:"version"`
	Since      time.Time `json:"since"`
}

// Change is a generation that began to serve.
type Change struct {
	Generation string    `json:"generation"`
	Served     time.Time `json:"served"`
	Scripts    int       `json:"scripts"`
	Version    string    `json:"version,omitempty"` // of the flow that was asked about
	Added      []string  `json:"added,omitempty"`
	Edited     []string  `json:"edited,omitempty"`
	Removed    []string  `json:"removed,omitempty"`
	Current    bool      `json:"current,omitempty"` // the directory as it is, or as it last could serve
}

// List is what eslua scripts knows before it asks for more.
type List struct {
	Now     time.Time `json:"now"`
	Scripts Scripts   `json:"scripts"`
	Flows   []Flow    `json:"flows"`
	Running []Call    `json:"running,omitempty"` // only when asked for
}

func (h Hold) kind() string {
	if h.Pinned {
		return "pin"
	}
	return "rollback"
}
