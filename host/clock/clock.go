// Package clock owns time for everything that waits: the real clock for the
// program, a manual one for tests. Packages take a Clock through their
// constructor, so that a test runs a ten-minute timeout at once.
package clock

import "time"

// Clock tells the time and makes timers.
type Clock interface {
	// Now is the current time; differences are monotonic.
	Now() time.Time
	// NewTimer fires once on its channel after d. A d of zero or less fires at once.
	NewTimer(d time.Duration) *Timer
	// AfterFunc calls fn once after d, in its own goroutine.
	AfterFunc(d time.Duration, fn func()) *Timer
}

// Timer is one pending wake-up.
type Timer struct {
	// C delivers the time once; it is nil for AfterFunc.
	C    <-chan time.Time
	stop func() bool
}

// Stop cancels the timer; it reports false when the timer has fired already.
func (t *Timer) Stop() bool { return t.stop() }

// System is the machine's clock.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return time.Now() }

func (system) NewTimer(d time.Duration) *Timer {
	t := time.NewTimer(d)
	return &Timer{C: t.C, stop: t.Stop}
}

func (system) AfterFunc(d time.Duration, fn func()) *Timer {
	return &Timer{stop: time.AfterFunc(d, fn).Stop}
}
