package outbound

import (
	"context"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// exitTime limits FreeSWITCH's time to answer `exit`.
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
	held := c.resumes() && c.holdDigits()
	if c.displaced {
		_ = c.wait(ctx, forever, &wait{done: func() bool { return c.hungUp }, afterMove: true, afterScript: true})
		if !c.hungUp {
			return
		}
	}
	if c.moved && !c.hungUp {
		c.letGo(ctx)
	}
	if !c.hungUp {
		var last []esl.Command
		switch {
		case held:
			last = append(c.requeueHeld(), s.commands.resume)
		case c.resumes():
			last = append(c.requeueLater(c.typeahead.keys()), s.commands.resume)
		}
		s.exit(c.conn, last...)
		return
	}
	if !c.finished {
		_ = c.wait(ctx, s.cfg.Linger, &wait{done: func() bool { return c.finished }, afterMove: true})
	}
	_, _ = c.conn.Post(s.commands.exit) // the channel is gone, so nothing can be lost any more
}

// resumes reports whether the call's dialplan continues by `resume`.
func (c *Call) resumes() bool {
	return c.async && c.state == stateExecute && !c.hungUp && !c.left && !c.moved && !c.displaced
}

// exit sends commands, with `exit` as the last, and waits for its reply. Closing with an
// unread reply would reset the connection, and FreeSWITCH might lose what we wrote.
func (s *Server) exit(conn *esl.Conn, last ...esl.Command) {
	sent, err := conn.Post(append(last, s.commands.exit)...)
	if err != nil {
		return // the connection has ended already
	}
	s.await(context.Background(), conn, sent[len(sent)-1], exitTime)
}

// settleTime limits the time until a call that has moved on begins what it will do.
const settleTime = 200 * time.Millisecond

// letGo returns when the connection of a call that has moved on can end. The end of a
// connection ends the channel's park, whoever has parked it since (mod_event_socket.c:
// listener_run clears CF_CONTROLLED): one in the extension that it has moved to, or
// another application's socket. So it waits until the call does something else.
func (c *Call) letGo(ctx context.Context) {
	arrived := c.farewell == nil
	if !arrived {
		if c.abandoned {
			c.postInterrupt()
		}
		_, _ = c.post(append(c.leaving(), *c.farewell)...) // if the connection has ended, the wait ends
	}
	w := &wait{afterMove: true, onEvent: func(ev eventView) { arrived = arrived || c.state == stateRouting }}
	w.done = func() bool { return c.hungUp || c.ended && arrived }
	_ = c.wait(context.Background(), exitTime, w)
	_ = c.wait(ctx, settleTime, &wait{done: func() bool { return c.hungUp || c.parked }, afterMove: true})
	c.awaitStrays(ctx)
	c.parked = c.parked || c.isParked(ctx)
	_ = c.wait(ctx, forever, &wait{done: func() bool { return c.hungUp || !c.parked }, afterMove: true})
}

// isParked asks FreeSWITCH, whose events may be late, whether the channel is parked.
func (c *Call) isParked(ctx context.Context) bool {
	if c.hungUp || ctx.Err() != nil {
		return false
	}
	dump, err := c.API(ctx, syntax.ForChannel("uuid_dump", c.uuid, ""))
	if err != nil {
		return false
	}
	for _, sign := range []string{"Channel-State: CS_PARK\n", "variable_current_application: park\n", "variable_current_application: socket\n"} {
		if strings.Contains(dump, sign) {
			return true
		}
	}
	return false
}

// TransferAtEnd has the call transferred when it is handed back. arg is that of the
// application transfer.
func (c *Call) TransferAtEnd(arg string) error {
	c.catchUp()
	switch {
	case c.hungUp:
		return c.hangupError()
	case c.displaced:
		return ErrDisplaced
	case c.moved:
		return ErrMoved
	}
	transfer, err := esl.Execute(esl.ExecuteOptions{App: "transfer", Arg: arg, EventUUID: c.nextID(), Lock: true})
	if err != nil {
		return err
	}
	c.farewell = &transfer
	c.moveOn(true)
	return nil
}

// moveOn notes a move that we have asked for: the call may end before the events
// show it.
func (c *Call) moveOn(routed bool) {
	c.moved, c.routed = true, c.routed || routed
	c.digits = nil // as FreeSWITCH's own (switch_ivr.c:switch_ivr_session_transfer)
}

// leaving returns the command that unsets socket_resume, or none if the dialplan has
// not set it. The end of our connection would reset a channel that has left our
// socket application just as `resume` does. The command goes before the one that moves
// the channel, because the new extension may set the variable again, and in one write
// with it: nothing would continue a call whose host died between the two
// (cmd/eslua/death_test.go). FreeSWITCH executes commands in their order.
func (c *Call) leaving() []esl.Command {
	if c.snapshot.Get("variable_socket_resume") == "" {
		return nil
	}
	unset, err := esl.API(syntax.ForChannel("uuid_setvar", c.uuid, "socket_resume"))
	if err != nil {
		return nil
	}
	return []esl.Command{unset}
}

// blindTransfer is a channel variable of ours: FreeSWITCH runs the application in it when
// somebody transfers the channel (switch_ivr.c:switch_ivr_session_transfer runs all that
// begin with execute_on_blind_transfer).
const blindTransfer = "execute_on_blind_transfer_eslua"

// guardTransfer has FreeSWITCH unset socket_resume when somebody transfers the channel.
// We would do so a moment later, and if we died before, nothing would continue the call.
func (c *Call) guardTransfer() {
	if c.snapshot.Get("variable_socket_resume") != "true" || c.snapshot.Get("variable_"+blindTransfer) != "" {
		return
	}
	set, err := esl.API(syntax.ForChannel("uuid_setvar", c.uuid, blindTransfer+" unset socket_resume"))
	if err == nil {
		_, _ = c.post(set) // if the connection has ended, the next wait reports it
	}
}

// forgetResume unsets socket_resume on a channel that somebody else has moved.
func (c *Call) forgetResume() {
	if unset := c.leaving(); unset != nil {
		_, _ = c.post(unset...) // if the connection has ended, the next wait reports it
	}
}

// stay takes back what was sent ahead of a command that then did not move the
// channel.
func (c *Call) stay() {
	if c.leaving() == nil {
		return
	}
	if set, err := esl.API(syntax.ForChannel("uuid_setvar", c.uuid, "socket_resume true")); err == nil {
		_, _ = c.post(set) // if the connection has ended, the next wait reports it
	}
}
