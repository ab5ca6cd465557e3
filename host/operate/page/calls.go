package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/trace"
)

// Traces know single calls.
type Traces interface {
	// Calls lists the calls that a query selects, the newest first.
	Calls(trace.Query) []trace.Summary
	// Ladder returns the newest call that a query selects.
	Ladder(trace.Query) (trace.Ladder, error)
}

// A Call is one call as the list of calls shows it.
type Call struct {
	ID          uint64  `json:"id"`
	UUID        string  `json:"uuid"`
	Flow        string  `json:"flow"`
	Caller      string  `json:"caller,omitempty"`
	Destination string  `json:"destination,omitempty"`
	Since       int64   `json:"since"`
	Until       int64   `json:"until,omitempty"` // 0: it runs
	State       string  `json:"state,omitempty"`
	Cause       string  `json:"cause,omitempty"`
	Failed      bool    `json:"failed,omitempty"`
	Error       string  `json:"error,omitempty"`
	Wait        *Wait   `json:"wait,omitempty"` // nil: its script computes, or no trace is kept
	CPU         float64 `json:"cpu"`            // seconds
	Memory      int64   `json:"memory"`
}

// A Wait says where scripts wait.
type Wait struct {
	Flow  string `json:"flow,omitempty"`
	Place string `json:"place"` // file:line
	What  string `json:"what"`
	Calls int    `json:"calls,omitempty"` // that wait there
}

// A Ladder is a call with what happened in it.
type Ladder struct {
	Call
	Steps   []Rung `json:"ladder"`
	Omitted int    `json:"omitted,omitempty"`
}

// A Rung is one thing that happened in a call.
type Rung struct {
	N      int     `json:"n"`
	Ms     float64 `json:"ms"` // since the call began
	Who    string  `json:"who"`
	What   string  `json:"what"`
	File   string  `json:"file,omitempty"`
	Line   int     `json:"line,omitempty"`
	Took   float64 `json:"took,omitempty"` // milliseconds
	Open   bool    `json:"open,omitempty"` // it has not returned
	Failed bool    `json:"failed,omitempty"`
}

// Bounds of what is told of calls.
const (
	maxCalls  = 50
	maxWaits  = 12
	maxRungs  = 1000
	maxFailed = 200 // failed calls that are looked at for the failures
)

func callOf(s trace.Summary) Call {
	c := Call{
		ID: s.ID, UUID: cut(s.UUID), Flow: cut(s.Flow), Caller: cut(s.Caller), Destination: cut(s.Destination),
		Since: s.Since.UnixMilli(), Until: unix(s.Until), State: s.State, Cause: cut(s.Cause), Failed: s.Failed, Error: cut(s.Error),
		CPU: s.CPU / 1000, Memory: s.Memory,
	}
	if n := len(s.Waits); n > 0 {
		c.Wait = waitOf(s.Waits[n-1])
	}
	return c
}

func waitOf(r trace.Rung) *Wait { return &Wait{Place: place(r), What: cut(r.What)} }

func place(r trace.Rung) string {
	if r.Line == 0 {
		return cut(r.File)
	}
	return fmt.Sprintf("%s:%d", cut(r.File), r.Line)
}

// A crowd is what was seen when all running calls were looked at.
type crowd struct {
	calls  []Call // the oldest
	waits  []Wait // most calls first
	memory map[string]int64
	failed map[string]Call // the newest, by flow and message
	next   time.Time       // when to look again
}

// look looks at all running calls, at most for a fiftieth of the time.
func (c *crowd) look(from Traces, now func() time.Time) {
	began := now()
	if from == nil || began.Before(c.next) {
		return
	}
	running := from.Calls(trace.Query{Running: true})
	*c = crowd{calls: []Call{}, memory: map[string]int64{}, failed: map[string]Call{}}
	places := map[[2]string]*Wait{}
	for i, s := range slices.Backward(running) {
		c.memory[s.Flow] = max(c.memory[s.Flow], s.Memory)
		if len(running)-i <= maxCalls {
			c.calls = append(c.calls, callOf(s))
		}
		if n := len(s.Waits); n > 0 {
			r := s.Waits[n-1]
			function := r.What[:max(0, strings.IndexAny(r.What+"(", "({"))]
			at := [2]string{place(r), function}
			if places[at] == nil {
				places[at] = waitOf(r)
				places[at].Flow = cut(s.Flow)
			}
			places[at].Calls++
		}
	}
	for _, w := range places {
		c.waits = append(c.waits, *w)
	}
	slices.SortFunc(c.waits, func(a, b Wait) int {
		if a.Calls != b.Calls {
			return b.Calls - a.Calls
		}
		return strings.Compare(a.Place+a.What, b.Place+b.What)
	})
	c.waits = notNil(first(c.waits, maxWaits))
	for _, s := range from.Calls(trace.Query{Failed: true, Most: maxFailed}) {
		if kind := kindOf(s.Flow, s.Error); c.failed[kind].UUID == "" {
			c.failed[kind] = callOf(s)
		}
	}
	end := now()
	c.next = end.Add(50 * end.Sub(began))
}

// find returns calls, running or not, in whose flow, caller, called number or UUID a text
// appears.
func find(from Traces, text string) []Call {
	found := []Call{}
	text = strings.ToLower(text)
	for _, s := range from.Calls(trace.Query{}) {
		for _, part := range []string{s.Flow, s.Caller, s.Destination, s.UUID, s.Error} {
			if len(found) < maxCalls && strings.Contains(strings.ToLower(part), text) {
				found = append(found, callOf(s))
				break
			}
		}
	}
	return found
}

// ladderOf returns the last rungs of a call, and what it waits for.
func ladderOf(l trace.Ladder) Ladder {
	shown := l.Steps[max(0, len(l.Steps)-maxRungs):]
	to := Ladder{Call: callOf(l.Summary), Steps: make([]Rung, 0, len(shown)+len(l.Waits)), Omitted: l.Omitted + len(l.Steps) - len(shown)}
	for _, r := range shown {
		to.Steps = append(to.Steps, rungOf(r))
	}
	for i, r := range l.Waits {
		open := rungOf(r)
		open.N, open.Open = l.Rungs+i, true
		to.Steps = append(to.Steps, open)
	}
	slices.SortStableFunc(to.Steps, func(a, b Rung) int {
		switch {
		case a.Ms < b.Ms:
			return -1
		case a.Ms > b.Ms:
			return 1
		}
		return 0
	})
	return to
}

func rungOf(r trace.Rung) Rung {
	ms := r.Ms
	if r.Who == trace.Script {
		ms -= r.Took // it is told when it returns, and shown where it began
	}
	return Rung{N: r.N, Ms: ms, Who: r.Who, What: cut(r.What), File: cut(r.File), Line: r.Line, Took: r.Took, Failed: r.Bad}
}
