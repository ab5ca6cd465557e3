package clock

import (
	"sort"
	"sync"
	"time"
)

// Manual is a clock that stands still until it is told to move.
type Manual struct {
	mu      sync.Mutex
	now     time.Time
	pending []*alarm
	added   chan struct{} // closed and renewed whenever pending grows
}

type alarm struct {
	at   time.Time
	fire func(time.Time)
}

// NewManual is a manual clock that shows start.
func NewManual(start time.Time) *Manual {
	return &Manual{now: start, added: make(chan struct{})}
}

// Now is the time the clock was last moved to.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// NewTimer fires when the clock is moved past d from now.
func (m *Manual) NewTimer(d time.Duration) *Timer {
	c := make(chan time.Time, 1)
	return &Timer{C: c, stop: m.add(d, func(t time.Time) { c <- t })}
}

// AfterFunc calls fn in its own goroutine when the clock is moved past d from now.
func (m *Manual) AfterFunc(d time.Duration, fn func()) *Timer {
	return &Timer{stop: m.add(d, func(time.Time) { go fn() })}
}

// Advance moves the clock by d and fires what falls due, in order of time.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	m.now = m.now.Add(d)
	now := m.now
	n := sort.Search(len(m.pending), func(i int) bool { return m.pending[i].at.After(now) })
	due := m.pending[:n:n]
	m.pending = m.pending[n:]
	m.mu.Unlock()
	for _, a := range due {
		a.fire(a.at)
	}
}

// AdvanceToNext moves the clock to the next pending timer and fires it and all
// that share its moment. It reports false when nothing is pending.
func (m *Manual) AdvanceToNext() bool {
	m.mu.Lock()
	if len(m.pending) == 0 {
		m.mu.Unlock()
		return false
	}
	d := m.pending[0].at.Sub(m.now)
	m.mu.Unlock()
	m.Advance(d)
	return true
}

// WaitForTimers blocks until at least n timers are pending: the way a test
// knows that the code under test has gone to sleep.
func (m *Manual) WaitForTimers(n int) {
	for {
		m.mu.Lock()
		if len(m.pending) >= n {
			m.mu.Unlock()
			return
		}
		added := m.added
		m.mu.Unlock()
		<-added
	}
}

func (m *Manual) add(d time.Duration, fire func(time.Time)) (stop func() bool) {
	m.mu.Lock()
	if d <= 0 {
		now := m.now
		m.mu.Unlock()
		fire(now)
		return func() bool { return false }
	}
	a := &alarm{at: m.now.Add(d), fire: fire}
	i := sort.Search(len(m.pending), func(i int) bool { return m.pending[i].at.After(a.at) })
	m.pending = append(m.pending, nil)
	copy(m.pending[i+1:], m.pending[i:])
	m.pending[i] = a
	close(m.added)
	m.added = make(chan struct{})
	m.mu.Unlock()
	return func() bool { return m.remove(a) }
}

func (m *Manual) remove(a *alarm) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, p := range m.pending {
		if p == a {
			m.pending = append(m.pending[:i:i], m.pending[i+1:]...)
			return true
		}
	}
	return false
}
