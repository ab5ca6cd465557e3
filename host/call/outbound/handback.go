package outbound

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// partingTime bounds how long FreeSWITCH may take to answer `exit`.
const partingTime = 2 * time.Second

// part ends a call's connection so that its dialplan goes on, whatever became
// of the flow; it does not wait for the server's ctx, only for short times. But
// the connection of a displaced call is held as long as it can be.
//
// `resume` resets the channel when the connection ends (mod_event_socket.c:
// listener_run). Our socket application then returns even when its park has not
// begun yet (switch_ivr.c:switch_ivr_park), and sends the channel on. Anything
// else that runs is broken off, and nothing takes the channel out of CS_RESET
// again: so never resume a channel that has left our socket application (for a
// conference it was transferred to), nor one that was not in its dialplan
// (execute_on_answer), nor one that came without `async`, whose socket
// application just returns.
func (s *Server) part(ctx context.Context, c *Call) {
	c.observers = nil
	c.catchUp()
	c.hold(ctx)
	if !c.hungUp && c.displaced {
		return
	}
	if !c.hungUp {
		s.leave(c.conn, c.async && c.state == stateExecute && !c.moved)
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
	s.await(context.Background(), sent[len(sent)-1].Done(), partingTime)
}

// forgetResume unsets socket_resume when the channel leaves our socket
// application: set by its dialplan, it would have the end of our connection
// reset the channel just as `resume` does. It must come before what we move the
// channel to, for that may set the variable again. Nobody waits for the answer:
// FreeSWITCH takes commands in their order.
func (c *Call) forgetResume() {
	if c.snapshot.Get("variable_socket_resume") == "" {
		return
	}
	if cmd, err := esl.API("uuid_setvar " + c.uuid + " socket_resume"); err == nil {
		_, _ = c.post(cmd) // a connection that has ended tells whoever waits
	}
}
