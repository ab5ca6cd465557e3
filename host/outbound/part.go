package outbound

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/esl"
)

// partingTime bounds how long FreeSWITCH may take to answer `exit`.
const partingTime = 2 * time.Second

// part ends a call's connection so that its dialplan goes on, whatever became
// of the flow; it does not wait for the server's ctx, only for short times.
//
// `resume` takes the channel out of our park even when that has not begun yet
// (switch_ivr.c:switch_ivr_park), but would tear a channel that has left our
// socket application out of where it is now (a conference it was transferred
// to), because the connection's end resets it (mod_event_socket.c:listener_run).
func (s *Server) part(c *Call) {
	ctx := context.Background()
	c.observers = nil
	c.catchUp()
	if c.hungUp && !c.ended {
		_ = c.wait(ctx, s.cfg.Linger, &wait{done: func() bool { return c.ended }})
	}
	last, err := parting(!c.hungUp && !c.moved)
	if err != nil {
		c.Log().Error("the call could not be given back to its dialplan", "error", err)
		return
	}
	// Closing with an answer unread would reset the connection, and FreeSWITCH
	// might lose what we wrote: so wait for the answer to `exit`.
	if sent, err := c.conn.Post(last...); err == nil {
		bye := sent[len(sent)-1]
		_ = c.wait(ctx, partingTime, &wait{done: func() bool { _, _, ok := bye.Ready(); return ok }})
	}
}

func parting(resume bool) ([]esl.Command, error) {
	exit, err := esl.Exit()
	if err != nil || !resume {
		return []esl.Command{exit}, err
	}
	first, err := esl.Resume()
	return []esl.Command{first, exit}, err
}
