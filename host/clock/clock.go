// Package clock provides time to everything that waits: the machine's clock for
// the program and a manual one for tests. Packages take a Clock through their
// constructor, so a test can let ten minutes pass at once.
package clock

import (
	"context"
	"time"
)

// Clock tells the time and makes timers.
type Clock interface {
	// Now returns the current time; differences are monotonic.
	Now() time.Time
	// NewTimer returns a timer that fires once after d, or at once if d is not positive.
	NewTimer(d time.Duration) *Timer
	// NewTimerAt returns a timer that fires once at that time, or at once if it has
	// passed, however the time moves between the caller's look at it and this call.
	NewTimerAt(at time.Time) *Timer
	// AfterFunc calls fn once after d, in its own goroutine.
	AfterFunc(d time.Duration, fn func()) *Timer
}

// A Timer wakes somebody once.
type Timer struct {
	// C delivers the time once; it is nil for AfterFunc.
	C <-chan time.Time
	stopper
}

type stopper interface {
	// Stop cancels the timer. It returns false if the timer has already fired or been stopped.
	Stop() bool
}

// Sleep waits for d. It returns early with ctx's error if ctx ends first.
func Sleep(ctx context.Context, clk Clock, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	t := clk.NewTimer(d)
	defer t.Stop()
	blocker := BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Pause sleeps between two attempts at something. A clock whose limits do not come, as tests
// have it, has its pauses all the same.
func Pause(ctx context.Context, clk Clock, d time.Duration) error {
	if own, ok := clk.(interface{ Pauses() Clock }); ok {
		clk = own.Pauses()
	}
	return Sleep(ctx, clk, d)
}

// System returns the machine's clock.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return time.Now() }

func (system) NewTimer(d time.Duration) *Timer {
	t := time.NewTimer(d)
	return &Timer{C: t.C, stopper: t}
}

func (s system) NewTimerAt(at time.Time) *Timer { return s.NewTimer(time.Until(at)) }

func (system) AfterFunc(d time.Duration, fn func()) *Timer {
	return &Timer{stopper: time.AfterFunc(d, fn)}
}
