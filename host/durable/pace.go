package durable

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/clock"
)

const (
	// freeWrites bounds how often a script may write as fast as it can.
	freeWrites = 1000
	// writesPerSecond limits it after that: a loop without an end must not keep the
	// disk busy, on which others wait.
	writesPerSecond = 200
)

// A Pace is how fast one script may write. It belongs to one goroutine.
type Pace struct {
	clock clock.Clock
	free  time.Time // from here to now a write may be made per tick; zero: all may
}

// NewPace returns the Pace of a script that has written nothing.
func NewPace(clk clock.Clock) *Pace { return &Pace{clock: clk} }

// Wait returns when the script may write, or with an error when ctx has ended.
func (p *Pace) Wait(ctx context.Context) error {
	const tick = time.Second / writesPerSecond
	now := p.clock.Now()
	if earliest := now.Add(-freeWrites * tick); p.free.Before(earliest) {
		p.free = earliest
	}
	p.free = p.free.Add(tick)
	if clock.Sleep(ctx, p.clock, p.free.Sub(now)) != nil {
		return context.Cause(ctx)
	}
	return nil
}
