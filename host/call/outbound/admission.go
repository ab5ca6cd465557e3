package outbound

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// refusalTime bounds how long a refused call may take to leave.
const refusalTime = 5 * time.Second

// refuse lets the dialplan of a call beyond MaxCalls continue. Closing the
// connection would leave the call parked (mod_event_socket.c:socket_function).
func (s *Server) refuse(ctx context.Context, conn *esl.Conn) {
	s.refused.Add(1)
	if n := s.refusals.add(s.clock.Now()); n > 0 {
		s.log.Warn("too many calls: the dialplan continues without eslua", "refused", n, "max_calls", s.cfg.MaxCalls)
	}
	sent, err := conn.Post(s.commands.opening[0])
	if err != nil || !s.await(ctx, sent[0].Done(), refusalTime) {
		return
	}
	if connect, err, _ := sent[0].Ready(); err == nil {
		s.exit(conn, connect.Get("Socket-Mode") == "async" && connect.Get("Channel-State-Number") == strconv.Itoa(stateExecute))
	}
}

// A refusalCount counts the refused calls that have not been logged.
type refusalCount struct {
	mu       sync.Mutex
	logged   time.Time
	unlogged int
}

// add counts a call. It returns how many to log, at most once a second, or 0.
func (c *refusalCount) add(now time.Time) (log int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unlogged++
	if !c.logged.IsZero() && now.Sub(c.logged) < time.Second {
		return 0
	}
	log, c.unlogged, c.logged = c.unlogged, 0, now
	return log
}
