package outbound

import (
	"context"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Command sends any command, for tests that repeat a recorded connection.
func (c *Call) Command(ctx context.Context, cmd esl.Command) (esl.Reply, error) {
	return c.do(ctx, cmd)
}

// Count sets what a Server has counted.
func Count(s *Server, running int64, refused uint64) {
	s.calls.Store(running)
	s.refused.Store(refused)
}
