package page

import (
	"slices"
	"sync"
)

// Seats are the pages that are open. When all are taken, somebody with a token gets that of
// somebody without one: whatever runs on this machine can open pages, and never read them.
type seats struct {
	mu    sync.Mutex
	taken []*seat // the oldest first
}

// A seat is one page. Its stream ends with leave.
type seat struct {
	named bool // a token says whose it is
	leave func()
}

// take returns a seat, or nil if there is none.
func (s *seats) take(named bool, leave func()) *seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.taken) >= maxSeats {
		i := slices.IndexFunc(s.taken, func(one *seat) bool { return !one.named })
		if !named || i < 0 {
			return nil
		}
		s.taken[i].leave()
		s.taken = slices.Delete(s.taken, i, i+1)
	}
	own := &seat{named, leave}
	s.taken = append(s.taken, own)
	return own
}

// free gives a seat back, unless somebody else has it.
func (s *seats) free(own *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.taken, own); i >= 0 {
		s.taken = slices.Delete(s.taken, i, i+1)
	}
}

func (s *seats) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken)
}
