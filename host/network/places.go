package network

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// places bound the requests to each server that are under way. Who waits for one gets
// that of the request which has lasted longest, if that is longer than a server may take
// unless a script says otherwise: so no script keeps the others from a server.
type places struct {
	clock clock.Clock
	most  int
	long  time.Duration

	mu sync.Mutex
	by map[string]*line
}

// A line is before the places of one server.
type line struct {
	taken   []*place // the oldest first
	waiting []*place // the oldest first
}

// A place belongs to one request.
type place struct {
	flow  string
	since time.Time
	end   func()        // ends the request
	turn  chan struct{} // closed when a request that waits has the place
}

var errCrowded = errors.New("too many requests to this server are under way (http: connections: in the configuration)")

// take waits for a place at a server. The function ends the request for which it is.
func (s *places) take(ctx context.Context, flow, server string, end func()) (give func(), err error) {
	p := &place{flow: flow, end: end}
	s.mu.Lock()
	l := s.by[server]
	if l == nil {
		l = &line{}
		s.by[server] = l
	}
	give = func() { s.give(server, p) }
	if s.admits(l, flow) { // and so nobody waits who could have it
		s.sit(l, p)
		s.mu.Unlock()
		return give, nil
	}
	p.turn = make(chan struct{})
	l.waiting = append(l.waiting, p)
	s.mu.Unlock()
	for {
		select {
		case <-p.turn:
			return give, nil
		default:
		}
		late := make(chan struct{})
		timer := s.clock.AfterFunc(s.evict(server), func() { close(late) })
		select {
		case <-p.turn:
		case <-late:
		case <-ctx.Done():
			timer.Stop()
			give() // it may have got it
			if slow := (*slowError)(nil); errors.As(context.Cause(ctx), &slow) {
				return nil, fmt.Errorf("%w: %w", errCrowded, slow)
			}
			return nil, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// admits reports whether a flow may have a free place. The last tenth is for flows that
// have none, so that one with many requests does not keep all others waiting.
func (s *places) admits(l *line, flow string) bool {
	most := s.most
	if flow != "" && most > 1 && slices.ContainsFunc(l.taken, func(p *place) bool { return p.flow == flow }) {
		most -= max(1, most/10)
	}
	return len(l.taken) < most
}

// seat gives the free places to those who wait: to the flow that has the fewest.
func (s *places) seat(l *line) {
	for len(l.waiting) > 0 {
		has := map[string]int{}
		for _, p := range l.taken {
			has[p.flow]++
		}
		p := slices.MinFunc(l.waiting, func(a, b *place) int { return cmp.Compare(has[a.flow], has[b.flow]) })
		if !s.admits(l, p.flow) {
			return
		}
		l.waiting = without(l.waiting, p)
		s.sit(l, p)
		close(p.turn)
	}
}

func (s *places) sit(l *line, p *place) {
	p.since = s.clock.Now()
	l.taken = append(l.taken, p)
}

// give gives a place back, or the wait for one up, and forgets a line that nobody needs.
func (s *places) give(server string, p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.by[server]
	l.taken, l.waiting = without(l.taken, p), without(l.waiting, p)
	s.seat(l)
	if len(l.taken) == 0 && len(l.waiting) == 0 {
		delete(s.by, server)
	}
}

func without(list []*place, p *place) []*place {
	return slices.DeleteFunc(list, func(o *place) bool { return o == p })
}

// evict ends the oldest request if it has lasted long, and returns when to look again.
func (s *places) evict(server string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.by[server]
	if len(l.taken) == 0 {
		return s.long
	}
	oldest := l.taken[0]
	if left := s.long - s.clock.Now().Sub(oldest.since); left > 0 {
		return left
	}
	oldest.end()
	return s.long // its place is given before
}
