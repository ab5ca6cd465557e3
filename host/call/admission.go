package call

import (
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// An admission counts calls, and lets no more in than the configuration permits: at a time
// and per second, of a flow and of all.
type admission struct {
	clock clock.Clock

	mu      sync.Mutex
	running map[string]int    // by flow; only of flows that have a limit
	pace    map[string]bucket // by flow; "" is all together
}

// A bucket holds what remains of the calls of one second; what is not used is kept for a
// second at most.
type bucket struct {
	left float64
	at   time.Time
}

func newAdmission(clk clock.Clock) *admission {
	return &admission{clock: clk, running: map[string]int{}, pace: map[string]bucket{}}
}

// admit lets a call in, whose end must be told by leave, or returns the setting that is in
// its way. A call that another host has begun is never refused.
func (a *admission) admit(cfg *config.Config, flow string, resumed bool) (leave func(), limit string) {
	own := cfg.Flows[flow].Calls
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case resumed:
	case own.Max > 0 && a.running[flow] >= own.Max:
		limit = "flows." + flow + ".calls.max"
	case own.Rate > 0 && !a.peek(flow, own.Rate):
		limit = "flows." + flow + ".calls.rate"
	case cfg.Calls.Rate > 0 && !a.peek("", cfg.Calls.Rate):
		limit = "calls.rate"
	}
	if limit != "" {
		return nil, limit
	}
	a.take(flow, own.Rate)
	a.take("", cfg.Calls.Rate)
	if own.Max == 0 {
		return func() {}, ""
	}
	a.running[flow]++
	return func() { a.leave(flow) }, ""
}

func (a *admission) leave(flow string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running[flow]--; a.running[flow] == 0 {
		delete(a.running, flow)
	}
}

// peek reports whether a call may begin now, of which rate may begin in a second.
func (a *admission) peek(name string, rate int) bool {
	b, known := a.pace[name]
	now := a.clock.Now()
	if !known {
		b.left = float64(rate)
	} else {
		b.left = min(float64(rate), b.left+now.Sub(b.at).Seconds()*float64(rate))
	}
	b.at = now
	a.pace[name] = b
	return b.left >= 1
}

// take counts a call that begins.
func (a *admission) take(name string, rate int) {
	if rate == 0 {
		delete(a.pace, name) // there is no limit, or no longer
		return
	}
	a.peek(name, rate)
	b := a.pace[name]
	b.left = max(0, b.left-1)
	a.pace[name] = b
}
