package network

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A server that has failed a flow mostFailures times in a row is left alone by it: at
// first for firstPause, twice as long after each further failure, at most longestPause.
// One request then tries it. Each flow finds out for itself, because a script can make
// its own requests fail, such as with a path for which the server needs too long.
const (
	mostFailures = 5
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// mostEndpoints bounds the endpoints that are remembered; scripts can name any number.
const mostEndpoints = 256

// endpoints remembers how each server (scheme://host:port) has answered.
type endpoints struct {
	mu sync.Mutex
	by map[string]*record
}

// A record is of one server.
type record struct {
	requests, failed int64
	rows             map[string]*row // of the flows whose latest requests failed
	last             time.Time       // when it was asked
}

// A row is of failures that a flow has had.
type row struct {
	failures int
	until    time.Time // the flow does not ask before
}

// An Endpoint describes a server that scripts ask.
type Endpoint struct {
	Name     string `json:"endpoint"` // scheme://host:port
	Requests int64  `json:"requests"`
	Failed   int64  `json:"failed"` // without an answer
	// Of the flow that leaves it alone for longest: how many of its latest requests
	// failed, and how long it does not ask.
	Flow  string    `json:"flow,omitempty"`
	Row   int       `json:"failed_in_a_row"`
	Until time.Time `json:"open_until,omitzero"`
}

// Open reports whether a flow leaves the server alone at a time.
func (e *Endpoint) Open(now time.Time) bool { return now.Before(e.Until) }

// begin refuses a request to a server that the flow leaves alone.
func (e *endpoints) begin(flow, name string, now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.by[name]
	if p == nil {
		e.makeRoom()
		p = &record{rows: map[string]*row{}}
		e.by[name] = p
	}
	if r := p.rows[flow]; r != nil {
		if now.Before(r.until) {
			return fmt.Errorf("%s has not answered %d times in a row; it is asked again in %v", name, r.failures, r.until.Sub(now).Round(time.Millisecond))
		}
		if r.failures >= mostFailures {
			r.until = now.Add(r.pause()) // this request is the one that tries
		}
	}
	p.requests++
	p.last = now
	return nil
}

func (r *row) pause() time.Duration {
	return min(firstPause<<min(r.failures-mostFailures, 10), longestPause)
}

func (e *endpoints) makeRoom() {
	if len(e.by) < mostEndpoints {
		return
	}
	oldest := ""
	for name, p := range e.by {
		if oldest == "" || p.last.Before(e.by[oldest].last) {
			oldest = name
		}
	}
	delete(e.by, oldest)
}

// end notes how a request ended.
func (e *endpoints) end(flow, name string, failed bool, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.by[name]
	if p == nil {
		return
	}
	if !failed {
		delete(p.rows, flow)
		return
	}
	p.failed++
	r := p.rows[flow]
	if r == nil {
		r = &row{}
		p.rows[flow] = r
	}
	if r.failures++; r.failures >= mostFailures {
		r.until = now.Add(r.pause())
	}
}

// abandon notes that a request ended early for a reason that is not the server's.
func (e *endpoints) abandon(flow, name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.by[name]; p != nil && p.rows[flow] != nil {
		p.rows[flow].until = time.Time{} // another one may try
	}
}

func (e *endpoints) all() []Endpoint {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]Endpoint, 0, len(e.by))
	for name, p := range e.by {
		server := Endpoint{Name: name, Requests: p.requests, Failed: p.failed}
		for flow, r := range p.rows {
			if order := cmp.Or(r.until.Compare(server.Until), cmp.Compare(r.failures, server.Row), cmp.Compare(server.Flow, flow)); order > 0 || server.Row == 0 {
				server.Flow, server.Row, server.Until = flow, r.failures, r.until
			}
		}
		list = append(list, server)
	}
	slices.SortFunc(list, func(a, b Endpoint) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
