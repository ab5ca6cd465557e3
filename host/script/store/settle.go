package store

import "time"

// settling knows when a tree that changes may be read: when nothing was noted
// for quiet, but not later than most after the first note, so that a steady
// stream of changes holds nothing up.
type settling struct {
	quiet, most time.Duration
	first, last time.Time
	on          bool
}

// note is told of every change.
func (s *settling) note(now time.Time) {
	if !s.on {
		s.on, s.first = true, now
	}
	s.last = now
}

// overdue says that most has passed.
func (s *settling) overdue(now time.Time) bool { return s.on && now.Sub(s.first) >= s.most }

// wait is how long the tree has to be left alone from now; zero or less is ripe.
func (s *settling) wait(now time.Time) time.Duration {
	quiet, most := s.last.Add(s.quiet).Sub(now), s.first.Add(s.most).Sub(now)
	if most <= 0 { // past it already and still being written: look again, but not in a hurry
		return quiet
	}
	return min(quiet, most)
}

// done ends it: the tree was taken as it is.
func (s *settling) done() { s.on = false }
