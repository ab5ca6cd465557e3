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
	c.observers = nil
	c.catchUp()
	if !c.hungUp {
		s.leave(c.conn, !c.moved)
		return
	}
	if !c.ended {
		_ = c.wait(context.Background(), s.cfg.Linger, &wait{done: func() bool { return c.ended }})
	}
	_, _ = c.conn.Post(s.words.exit) // the channel is gone: there is nothing left that could be lost
}

// leave says goodbye and waits for the answer: closing with one unread would
// reset the connection, and FreeSWITCH might lose what we wrote.
func (s *Server) leave(conn *esl.Conn, resume bool) {
	last := []esl.Command{s.words.resume, s.words.exit}
	if !resume {
		last = last[1:]
	}
	sent, err := conn.Post(last...)
	if err != nil {
		return // it has ended already
	}
	late := s.clock.NewTimer(partingTime)
	defer late.Stop()
	select {
	case <-sent[len(sent)-1].Done():
	case <-late.C:
	}
}
