package store

import "time"

// A debounce decides when a changing tree may be read: when there was no change
// for the quiet time, but not later than limit after the first change, so that a
// steady stream of changes delays nothing for long.
type debounce struct {
	quiet, limit time.Duration
	first, last  time.Time
	active       bool
}

// note records a change.
func (d *debounce) note(now time.Time) {
	if !d.active {
		d.active, d.first = true, now
	}
	d.last = now
}

// overdue reports whether the limit has passed.
func (d *debounce) overdue(now time.Time) bool { return d.active && now.Sub(d.first) >= d.limit }

// wait returns how long to wait before the tree may be read; zero or less: now.
func (d *debounce) wait(now time.Time) time.Duration {
	quiet, limit := d.last.Add(d.quiet).Sub(now), d.first.Add(d.limit).Sub(now)
	if limit <= 0 { // it was read at the limit and is still being written: do not hurry
		return quiet
	}
	return min(quiet, limit)
}

// reset forgets the changes, because the tree was accepted.
func (d *debounce) reset() { d.active = false }
