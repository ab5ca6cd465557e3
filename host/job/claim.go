package job

import (
	"context"
	"time"
)

// claim reports whether this host is to run what is scheduled for a moment.
func (s *Source) claim(ctx context.Context, h *scripted, name string, due time.Time) bool {
	return true
}
