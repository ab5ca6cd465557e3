package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
)

// A pace lets an endpoint rest that has failed: one push then tries it, and the others
// wait until it has answered.
type pace struct {
	clock clock.Clock

	mu      sync.Mutex
	row     int // failures in a row
	blamed  int // of these, that were the endpoint's; none: it does not rest
	until   time.Time
	trying  bool
	changed chan struct{} // closed at a change
}

func newPace(clk clock.Clock) *pace { return &pace{clock: clk, changed: make(chan struct{})} }

// wait returns when a push may be tried. Each nil needs one succeeded, failed or idle.
func (p *pace) wait(ctx context.Context) error {
	for {
		rest, changed, ok := p.look()
		if ok {
			return ctx.Err()
		}
		timer := p.clock.NewTimer(rest)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (p *pace) look() (rest time.Duration, changed <-chan struct{}, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rest = p.until.Sub(p.clock.Now())
	switch {
	case p.blamed == 0:
		return 0, nil, true
	case p.trying:
		return durable.LongestPause, p.changed, false
	case rest <= 0:
		p.trying = true
		return 0, nil, true
	}
	return rest, p.changed, false
}

func (p *pace) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	p.trying = false
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *pace) succeeded() { p.change(func() { p.row, p.blamed = 0, 0 }) }

func (p *pace) idle() { p.change(func() {}) }

// failed lets the endpoint rest if it is to blame, at least as long as it has asked for.
func (p *pace) failed(blamed bool, asked time.Duration, random float64) {
	p.change(func() {
		p.row++
		if !blamed {
			p.blamed, p.until = 0, time.Time{}
			return
		}
		p.blamed++
		p.until = p.clock.Now().Add(max(durable.Backoff(p.blamed, random), asked))
	})
}

// hurry ends the rest: one push tries the endpoint.
func (p *pace) hurry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = p.clock.Now()
	close(p.changed)
	p.changed = make(chan struct{})
}

// resting returns how often in a row the endpoint has failed, and until when it rests.
func (p *pace) resting() (row int, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.row, p.until
}
