package console

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// A pace lets so few requests pass that the log, which writes ten equal messages a second,
// leaves out none of them.
type pace struct{ next time.Time }

const (
	perRequest = 125 * time.Millisecond
	atOnce     = 8
)

// wait waits until the next request may pass.
func (p *pace) wait(ctx context.Context, clk clock.Clock) error {
	now := clk.Now()
	if earliest := now.Add(-(atOnce - 1) * perRequest); p.next.Before(earliest) {
		p.next = earliest
	}
	due := p.next
	p.next = p.next.Add(perRequest)
	if wait := due.Sub(now); wait > 0 {
		return clock.Sleep(ctx, clk, wait)
	}
	return nil
}
