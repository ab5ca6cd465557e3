package clock

import (
	"slices"
	"sort"
	"sync"
	"time"
)

// A Manual is a clock that a test moves. The code under test runs in goroutines of
// its own, so before a test moves the clock it must know that they have set their
// timers: WaitForTimer and AdvanceUntil see to that. A test without sockets or
// other processes is simpler with package testing/synctest and the System clock.
type Manual struct {
	mu      sync.Mutex
	now     time.Time
	pending []*alarm
	added   chan struct{} // closed and replaced whenever pending grows
}

type alarm struct {
	at   time.Time
	fire func(time.Time)
}

// NewManual returns a clock that shows start.
func NewManual(start time.Time) *Manual {
	return &Manual{now: start, added: make(chan struct{})}
}

// Now returns the time to which the clock was last moved.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// NewTimer returns a timer that fires when the clock has moved by d.
func (m *Manual) NewTimer(d time.Duration) *Timer {
	return m.newTimer(func(now time.Time) time.Time { return now.Add(d) })
}

// NewTimerAt returns a timer that fires when the clock has moved to that time.
func (m *Manual) NewTimerAt(at time.Time) *Timer {
	return m.newTimer(func(time.Time) time.Time { return at })
}

func (m *Manual) newTimer(at func(now time.Time) time.Time) *Timer {
	c := make(chan time.Time, 1)
	return &Timer{C: c, stopper: m.add(at, func(t time.Time) { c <- t })}
}

// AfterFunc calls fn in its own goroutine when the clock has moved by d.
func (m *Manual) AfterFunc(d time.Duration, fn func()) *Timer {
	return &Timer{stopper: m.add(func(now time.Time) time.Time { return now.Add(d) }, func(time.Time) { go fn() })}
}

// Advance moves the clock by d and fires the timers that are due, in order.
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

// AdvanceToNext moves the clock to the next pending timer and fires every timer that
// is due then. It returns false if no timer is pending.
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

// AdvanceUntil moves the clock from one timer to the next until done delivers a
// value or is closed, and returns the value. It does not wait for anything else, so
// use it only when the code under test waits for nothing but the clock.
func AdvanceUntil[T any](m *Manual, done <-chan T) T {
	for {
		added := m.nextAdded()
		select {
		case v := <-done:
			return v
		default:
		}
		if m.AdvanceToNext() {
			continue
		}
		select {
		case v := <-done:
			return v
		case <-added:
		}
	}
}

// WaitForTimer blocks until a timer is pending that fires after d: the code under
// test has begun to wait for exactly that long.
func (m *Manual) WaitForTimer(d time.Duration) {
	m.waitFor(func() bool {
		at := m.now.Add(d)
		return slices.ContainsFunc(m.pending, func(a *alarm) bool { return a.at.Equal(at) })
	})
}

// WaitForTimers blocks until at least n timers are pending. Prefer WaitForTimer: any
// timer counts here, such as one that is about to be stopped.
func (m *Manual) WaitForTimers(n int) {
	m.waitFor(func() bool { return len(m.pending) >= n })
}

// waitFor blocks until met returns true; m.mu is locked during the call.
func (m *Manual) waitFor(met func() bool) {
	for {
		m.mu.Lock()
		ok, added := met(), m.added
		m.mu.Unlock()
		if ok {
			return
		}
		<-added
	}
}

func (m *Manual) nextAdded() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.added
}

func (m *Manual) add(at func(now time.Time) time.Time, fire func(time.Time)) stopFunc {
	m.mu.Lock()
	now := m.now
	a := &alarm{at: at(now), fire: fire}
	if !a.at.After(now) {
		m.mu.Unlock()
		fire(now)
		return func() bool { return false }
	}
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

type stopFunc func() bool

func (f stopFunc) Stop() bool { return f() }
