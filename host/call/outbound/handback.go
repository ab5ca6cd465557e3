package outbound

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// exitTime is how long FreeSWITCH may take to answer `exit`.
const exitTime = 2 * time.Second

// handBack ends a call's connection so that its dialplan continues, whatever
// became of the script. It takes only a short time, even if ctx has ended. But it
// keeps the connection of a displaced call as long as possible.
//
// `resume` resets the channel when the connection ends (mod_event_socket.c:
// listener_run). Our socket application then returns even if its park has not
// begun yet (switch_ivr.c:switch_ivr_park), and sends the channel on. Anything
// else that runs is interrupted, and nothing takes the channel out of CS_RESET
// again: so never resume a channel that has left our socket application (for a
// conference it was transferred to), one that was not in its dialplan
// (execute_on_answer), or one that came without `async`, whose socket application
// just returns.
func (s *Server) handBack(ctx context.Context, c *Call) {
	c.observers = nil
	c.catchUp()
	if c.displaced {
		_ = c.wait(ctx, forever, &wait{done: func() bool { return c.hungUp }, afterScript: true})
		if !c.hungUp {
			return
		}
	}
	if !c.hungUp {
		s.exit(c.conn, c.async && c.state == stateExecute && !c.moved)
		return
	}
	if !c.finished {
		_ = c.wait(context.Background(), s.cfg.Linger, &wait{done: func() bool { return c.finished }})
	}
	_, _ = c.conn.Post(s.commands.exit) // the channel is gone, so nothing can be lost any more
}

// exit sends `exit` and waits for the reply. Closing with an unread reply would
// reset the connection, and FreeSWITCH might lose what we wrote.
func (s *Server) exit(conn *esl.Conn, resume bool) {
	last := []esl.Command{s.commands.resume, s.commands.exit}
	if !resume {
		last = last[1:]
	}
	sent, err := conn.Post(last...)
	if err != nil {
		return // the connection has ended already
	}
	s.await(context.Background(), sent[len(sent)-1].Done(), exitTime)
}

// forgetResume unsets socket_resume before the channel leaves our socket
// application. If its dialplan has set the variable, the end of our connection
// would reset the channel just as `resume` does. The command is sent before the
// one that moves the channel, because the new extension may set the variable
// again. FreeSWITCH executes commands in their order, so nobody waits for the
// answer.
func (c *Call) forgetResume() {
	if c.snapshot.Get("variable_socket_resume") == "" {
		return
	}
	if cmd, err := esl.API("uuid_setvar " + c.uuid + " socket_resume"); err == nil {
		_, _ = c.post(cmd) // if the connection has ended, the next wait reports it
	}
}
