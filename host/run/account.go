package run

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
)

// Running describes a run that has not ended.
type Running struct {
	UUID       string    `json:"uuid"` // of the channel; "" without one
	Flow       string    `json:"flow"`
	Generation string    `json:"generation"`
	Version    string    `json:"version"` // of the flow; "" if there is no such flow
	Since      time.Time `json:"since"`   // when the run began
}

// Counts counts the runs of one flow since the host started.
type Counts struct {
	Flow string `json:"name"` // "" counts runs of flows that did not exist
	Tally
	Versions []VersionCounts `json:"versions"`               // the newest first; only versions that run now or ran last
	Last     *Failure        `json:"last_failure,omitempty"` // nil: none has failed
	Prompts  Prompts         `json:"prompts_failed,omitzero"`
	CPU      time.Duration   `json:"cpu,omitzero"` // nanoseconds, of the runs that ended
}

// Prompts counts the prompts that FreeSWITCH could not play, each once in a run.
type Prompts struct {
	Count int64  `json:"count"`
	Last  string `json:"last"` // file
}

// A Failure describes how a run failed.
type Failure struct {
	At    time.Time `json:"at"`
	Error string    `json:"error"` // one line, cut if it is long
}

// NewFailure describes an error.
func NewFailure(at time.Time, err error) *Failure {
	return &Failure{At: at, Error: oneLine(err.Error())}
}

// VersionCounts counts the runs of one version of a flow.
type VersionCounts struct {
	Version    string `json:"version"`
	Generation string `json:"generation"` // in which it ran last
	Tally
}

// A Tally counts runs. Started minus Ended is the number that run now.
type Tally struct {
	Started int64 `json:"started"`
	Ended   int64 `json:"ended"`
	Failed  int64 `json:"failed"` // of Ended: the script raised an error or reached a limit
}

// An Account counts the runs of one kind of sources and lists the current ones. A run takes its lock
// twice, for less time than an atomic counter and a concurrent map would take
// together.
type Account struct {
	mu      sync.Mutex
	running map[*entry]struct{}
	flows   map[string]*flowRuns
	unnamed int64
	limited int64

	metrics metrics
}

// An entry is one run in an Account; a run that is not counted has a nil entry.
type entry struct {
	Running
	account *Account
	flow    *flowRuns
	version *VersionCounts
}

type flowRuns struct {
	Tally
	duration, cpu, memory prometheus.Observer // nil for flows that did not exist
	last                  *Failure
	prompts               Prompts
	used                  time.Duration // processor time
	// versions, the newest first. Those beyond the first few are forgotten when
	// their last run has ended: a host whose scripts are edited for months would
	// otherwise keep, and export, every one of them.
	versions []*VersionCounts
}

const maxVersions = 8

// NewAccount returns an empty Account of calls.
func NewAccount() *Account { return newAccount(metricsOfCalls()) }

// NewJobAccount returns an empty Account of jobs, whose metrics are called so.
func NewJobAccount() *Account { return newAccount(metricsOfJobs()) }

func newAccount(m metrics) *Account {
	return &Account{running: map[*entry]struct{}{}, flows: map[string]*flowRuns{}, metrics: m}
}

// begin counts a run that starts.
func (a *Account) begin(run *Run, now time.Time) *entry {
	if a == nil {
		return nil
	}
	e := &entry{account: a, Running: Running{Flow: run.Flow, Generation: run.Generation, Version: run.Version, Since: now}}
	e.UUID = run.Env.Channel
	if run.Env.Call != nil {
		e.UUID = run.Env.Call.UUID()
	}
	flow := run.Flow
	if run.Version == "" {
		flow = "" // callers must not be able to fill the memory with names
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running[e] = struct{}{}
	e.flow = a.flows[flow]
	if e.flow == nil {
		e.flow = &flowRuns{}
		if flow != "" {
			name := label(flow)
			e.flow.duration, e.flow.cpu, e.flow.memory = a.metrics.durations.WithLabelValues(name), a.metrics.cpu.WithLabelValues(name), a.metrics.memory.WithLabelValues(name)
		}
		a.flows[flow] = e.flow
	}
	e.version = e.flow.version(e.Version, e.Generation)
	e.flow.Started++
	e.version.Started++
	return e
}

// used records the processor time of a run's script, and the memory that it held at its end.
func (e *entry) used(cpu time.Duration, memory int64) {
	if e == nil {
		return
	}
	if e.flow.cpu != nil {
		e.flow.cpu.Observe(cpu.Seconds())
		e.flow.memory.Observe(float64(memory))
	}
	e.account.mu.Lock()
	defer e.account.mu.Unlock()
	e.flow.used += cpu
}

// end counts the end of a run; err is its error if it failed.
func (e *entry) end(failed bool, err error, now time.Time) {
	if e == nil {
		return
	}
	if e.flow.duration != nil {
		e.flow.duration.Observe(now.Sub(e.Since).Seconds())
	}
	var last *Failure
	if failed {
		last = NewFailure(now, err)
	}
	e.account.mu.Lock()
	defer e.account.mu.Unlock()
	delete(e.account.running, e)
	for _, t := range [...]*Tally{&e.flow.Tally, &e.version.Tally} {
		t.Ended++
		if failed {
			t.Failed++
		}
	}
	if failed {
		e.flow.last = last
	}
	if len(e.flow.versions) > maxVersions {
		e.flow.forget()
	}
}

// promptFailed counts a prompt that could not be played.
func (e *entry) promptFailed(file string) {
	if e == nil {
		return
	}
	file = oneLine(file)
	e.account.mu.Lock()
	defer e.account.mu.Unlock()
	e.flow.prompts = Prompts{e.flow.prompts.Count + 1, file}
}

// oneLine makes a text fit for a terminal: a script's error may contain what a
// caller sent.
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

// version returns the counts of a version, which it adds if need be.
func (f *flowRuns) version(name, generation string) *VersionCounts {
	for _, v := range f.versions {
		if v.Version == name {
			v.Generation = generation
			return v
		}
	}
	v := &VersionCounts{Version: name, Generation: generation}
	f.versions = slices.Insert(f.versions, 0, v)
	return v
}

func (f *flowRuns) forget() {
	remaining := f.versions[:0]
	for i, v := range f.versions {
		if i < maxVersions || v.Started > v.Ended {
			remaining = append(remaining, v)
		}
	}
	clear(f.versions[len(remaining):])
	f.versions = remaining
}

// AddUnnamed counts a call for which nothing names a flow, so that nothing ran.
func (a *Account) AddUnnamed() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unnamed++
}

// Unnamed returns how many calls there were for which nothing names a flow.
func (a *Account) Unnamed() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.unnamed
}

// Running returns the runs that have not ended, the oldest first.
func (a *Account) Running() []Running {
	a.mu.Lock()
	list := make([]Running, 0, len(a.running))
	for e := range a.running {
		list = append(list, e.Running)
	}
	a.mu.Unlock()
	slices.SortFunc(list, func(a, b Running) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.UUID, b.UUID))
	})
	return list
}

// Counts returns the counts of all flows, sorted by name.
func (a *Account) Counts() []Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]Counts, 0, len(a.flows))
	for name, f := range a.flows {
		c := Counts{Flow: name, Tally: f.Tally, Last: f.last, Prompts: f.prompts, CPU: f.used}
		for _, v := range f.versions {
			c.Versions = append(c.Versions, *v)
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Counts) int { return cmp.Compare(a.Flow, b.Flow) })
	return all
}

// AddLimited counts a call that a limit on the number of calls has kept out.
func (a *Account) AddLimited() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.limited++
}

// Limited returns how many calls a limit on the number of calls has kept out.
func (a *Account) Limited() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.limited
}
