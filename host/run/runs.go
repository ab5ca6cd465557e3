package run

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// RunningCall is a call whose flow runs.
type RunningCall struct {
	UUID       string    `json:"uuid"` // the channel's
	Flow       string    `json:"flow"`
	Generation string    `json:"generation"`
	Version    string    `json:"version"` // of the flow; "" if there is no such flow
	Since      time.Time `json:"since"`   // when the flow began
}

// Counts are the runs of one flow since the host began.
type Counts struct {
	Flow string `json:"name"` // "" are calls that named a flow there was not
	Tally
	Versions []VersionCounts `json:"versions"`               // those that run or ran last, the newest first
	Last     *Failure        `json:"last_failure,omitempty"` // nil: none has failed
}

// Failure is how a run failed.
type Failure struct {
	At    time.Time `json:"at"`
	Error string    `json:"error"` // one line, cut if it is long
}

// VersionCounts are the runs of one version of a flow.
type VersionCounts struct {
	Version    string `json:"version"`
	Generation string `json:"generation"` // in which it ran last
	Tally
}

// Tally counts runs. What has started and not ended runs now.
type Tally struct {
	Started int64 `json:"started"`
	Ended   int64 `json:"ended"`
	Failed  int64 `json:"failed"` // of those that ended: the script raised an error or reached a limit
}

// Running are the calls whose flows run now, the oldest first.
func (r *Runner) Running() []RunningCall { return r.runs.list() }

// Counts are the runs of all flows, by name.
func (r *Runner) Counts() []Counts { return r.runs.counts() }

// runs keeps account of what runs and has run. A call asks twice for its lock,
// for less time than an atomic counter and a concurrent map would take together.
type runs struct {
	mu      sync.Mutex
	running map[*run]struct{}
	flows   map[string]*flowRuns
}

// run is one call's.
type run struct {
	RunningCall
	flow    *flowRuns
	version *versionRuns
}

type flowRuns struct {
	Tally
	last *Failure
	// versions, the newest first. Those beyond the first few go when their last
	// call has ended: a host edited for months would else keep, and export,
	// every one of them.
	versions []*versionRuns
}

const versionsKept = 8

type versionRuns struct{ VersionCounts }

func newRuns() *runs {
	return &runs{running: map[*run]struct{}{}, flows: map[string]*flowRuns{}}
}

// begin registers a call that begins to run a flow.
func (rs *runs) begin(c RunningCall) *run {
	r := &run{RunningCall: c}
	flow := c.Flow
	if c.Version == "" {
		flow = "" // callers must not be able to fill the memory with names
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.running[r] = struct{}{}
	r.flow = rs.flows[flow]
	if r.flow == nil {
		r.flow = &flowRuns{}
		rs.flows[flow] = r.flow
	}
	r.version = r.flow.version(r.Version, r.Generation)
	r.flow.Started++
	r.version.Started++
	return r
}

// end is called once when the flow has ended; why is the error if it failed.
func (rs *runs) end(r *run, failed bool, why error, now time.Time) {
	var last *Failure
	if failed && why != nil {
		last = &Failure{At: now, Error: oneLine(why.Error())}
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if last != nil {
		r.flow.last = last
	}
	delete(rs.running, r)
	for _, t := range [...]*Tally{&r.flow.Tally, &r.version.Tally} {
		t.Ended++
		if failed {
			t.Failed++
		}
	}
	if len(r.flow.versions) > versionsKept {
		r.flow.forget()
	}
}

// oneLine is a text for a terminal: a script's error may hold what a caller sent.
func oneLine(text string) string {
	const most = 300
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// version finds or adds a version.
func (f *flowRuns) version(name, generation string) *versionRuns {
	for _, v := range f.versions {
		if v.Version == name {
			v.Generation = generation
			return v
		}
	}
	v := &versionRuns{VersionCounts{Version: name, Generation: generation}}
	f.versions = slices.Insert(f.versions, 0, v)
	return v
}

func (f *flowRuns) forget() {
	kept := f.versions[:0]
	for i, v := range f.versions {
		if i < versionsKept || v.Started > v.Ended {
			kept = append(kept, v)
		}
	}
	clear(f.versions[len(kept):])
	f.versions = kept
}

func (rs *runs) list() []RunningCall {
	rs.mu.Lock()
	list := make([]RunningCall, 0, len(rs.running))
	for r := range rs.running {
		list = append(list, r.RunningCall)
	}
	rs.mu.Unlock()
	slices.SortFunc(list, func(a, b RunningCall) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.UUID, b.UUID))
	})
	return list
}

func (rs *runs) counts() []Counts {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	all := make([]Counts, 0, len(rs.flows))
	for name, f := range rs.flows {
		c := Counts{Flow: name, Tally: f.Tally, Last: f.last}
		for _, v := range f.versions {
			c.Versions = append(c.Versions, v.VersionCounts)
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Counts) int { return cmp.Compare(a.Flow, b.Flow) })
	return all
}
