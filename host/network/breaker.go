package network

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A server that has failed mostFailures times in a row is left alone: at first for
// firstPause, twice as long after each further failure, at most longestPause. One
// request then tries it.
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
	by map[string]*Endpoint
}

// An Endpoint describes a server that scripts ask.
type Endpoint struct {
	Name     string    `json:"endpoint"` // scheme://host:port
	Requests int64     `json:"requests"`
	Failed   int64     `json:"failed"`              // without an answer
	Row      int       `json:"failed_in_a_row"`     // of the latest requests
	Until    time.Time `json:"open_until,omitzero"` // it is not asked before
	last     time.Time // when it was asked
}

// Open reports whether the server is left alone at a time.
func (e *Endpoint) Open(now time.Time) bool { return now.Before(e.Until) }

// begin refuses a request to a server that is left alone.
func (e *endpoints) begin(name string, now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.by[name]
	if p == nil {
		e.makeRoom()
		p = &Endpoint{Name: name}
		e.by[name] = p
	}
	if p.Open(now) {
		return fmt.Errorf("%s has not answered %d times in a row; it is asked again in %v", name, p.Row, p.Until.Sub(now).Round(time.Millisecond))
	}
	if p.Row >= mostFailures {
		p.Until = now.Add(p.pause()) // this request is the one that tries
	}
	p.Requests++
	p.last = now
	return nil
}

func (e *Endpoint) pause() time.Duration {
	return min(firstPause<<min(e.Row-mostFailures, 10), longestPause)
}

func (e *endpoints) makeRoom() {
	if len(e.by) < mostEndpoints {
		return
	}
	var oldest *Endpoint
	for _, p := range e.by {
		if oldest == nil || p.last.Before(oldest.last) {
			oldest = p
		}
	}
	delete(e.by, oldest.Name)
}

// end notes how a request ended.
func (e *endpoints) end(name string, failed bool, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.by[name]
	switch {
	case p == nil:
	case !failed:
		p.Row, p.Until = 0, time.Time{}
	default:
		p.Failed++
		if p.Row++; p.Row >= mostFailures {
			p.Until = now.Add(p.pause())
		}
	}
}

// abandon notes that a request ended early for a reason that is not the server's.
func (e *endpoints) abandon(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.by[name]; p != nil {
		p.Until = time.Time{} // another one may try
	}
}

func (e *endpoints) all() []Endpoint {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]Endpoint, 0, len(e.by))
	for _, p := range e.by {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b Endpoint) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
