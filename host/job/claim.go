package job

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/clock"
)

const (
	claimAttempt = 2 * time.Second  // for one attempt to reach the cluster
	claimWithin  = 10 * time.Second // for all of them
	claimPause   = 500 * time.Millisecond
)

// claim reports whether this host is to run what is scheduled for a moment. If the cluster
// cannot be asked, nobody runs it: it must not run twice.
func (s *Source) claim(ctx context.Context, h *scripted, name string, due time.Time) bool {
	if s.deps.Claim == nil {
		return true
	}
	what := h.name + " " + name + " " + due.UTC().Format(time.RFC3339)
	for end := s.deps.Clock.Now().Add(claimWithin); ; {
		attempt, stop := context.WithTimeout(ctx, claimAttempt)
		mine, err := s.deps.Claim(attempt, what)
		stop()
		switch {
		case err == nil:
			return mine
		case ctx.Err() != nil:
			return false
		case s.deps.Clock.Now().After(end):
			h.log.Error("a schedule is left out: the NATS servers that say which host runs it cannot be reached", "schedule", name, "due", due.Format(time.RFC3339), "error", err)
			return false
		}
		_ = clock.Sleep(ctx, s.deps.Clock, claimPause)
	}
}
