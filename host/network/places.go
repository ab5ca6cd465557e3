package network

import (
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
	waiting []chan struct{}
}

// A place belongs to one request.
type place struct {
	since time.Time
	end   func() // ends the request
}

var errCrowded = errors.New("too many requests to this server are under way (http: connections: in the configuration)")

// take waits for a place at a server. The function ends the request for which it is.
func (s *places) take(ctx context.Context, server string, end func()) (give func(), err error) {
	p := &place{end: end}
	s.mu.Lock()
	l := s.by[server]
	if l == nil {
		l = &line{}
		s.by[server] = l
	}
	if len(l.taken) < s.most {
		s.sit(l, p)
		s.mu.Unlock()
		return func() { s.give(server, p) }, nil
	}
	turn := make(chan struct{}, 1)
	l.waiting = append(l.waiting, turn)
	s.mu.Unlock()
	for {
		late := make(chan struct{})
		timer := s.clock.AfterFunc(s.evict(server), func() { close(late) })
		select {
		case <-turn:
			timer.Stop()
			s.mu.Lock()
			if len(l.taken) < s.most {
				l.waiting = slices.DeleteFunc(l.waiting, func(t chan struct{}) bool { return t == turn })
				s.sit(l, p)
				s.mu.Unlock()
				return func() { s.give(server, p) }, nil
			}
			s.mu.Unlock()
		case <-late:
		case <-ctx.Done():
			timer.Stop()
			s.mu.Lock()
			l.waiting = slices.DeleteFunc(l.waiting, func(t chan struct{}) bool { return t == turn })
			s.call(server, l) // the turn may have been this one's
			s.mu.Unlock()
			if slow := (*slowError)(nil); errors.As(context.Cause(ctx), &slow) {
				return nil, fmt.Errorf("%w: %w", errCrowded, slow)
			}
			return nil, context.Cause(ctx)
		}
	}
}

func (s *places) sit(l *line, p *place) {
	p.since = s.clock.Now()
	l.taken = append(l.taken, p)
}

// call tells all who wait that there may be a place, and forgets a line that nobody needs.
func (s *places) call(server string, l *line) {
	if len(l.taken) == 0 && len(l.waiting) == 0 {
		delete(s.by, server)
	}
	for _, turn := range l.waiting {
		select {
		case turn <- struct{}{}:
		default:
		}
	}
}

func (s *places) give(server string, p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.by[server]
	l.taken = slices.DeleteFunc(l.taken, func(o *place) bool { return o == p })
	s.call(server, l)
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
