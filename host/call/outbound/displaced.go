package outbound

import (
	"context"
	"errors"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// ErrDisplaced ends whatever a flow does on a call that another connection has
// by now.
//
// A connection that ends takes the control off its channel last of all
// (mod_event_socket.c:listener_run clears CF_CONTROLLED after it has closed).
// With socket_resume the dialplan may be at its next socket by then, whose park
// this ends instead (switch_ivr.c:switch_ivr_park), and goes on to the socket
// after that. The connection in the middle is still there, can still do anything
// to the call, and displaces the next one in the same way when it ends.
var ErrDisplaced = errors.New("another connection has this call by now")

// displacement is what holds for a call whose dialplan may come back to us.
type displacement struct {
	stop      context.CancelCauseFunc // of the flow; nil: not handed over by a dialplan
	displaced bool
}

// resumes is the context of the flow, and what ends it. It ends by itself when
// the call is displaced, if it can be. Whether socket_resume is set is asked then,
// for a script may set it too.
func (c *Call) resumes(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	if c.state != stateExecute {
		return ctx, func(error) {}
	}
	ctx, c.stop = context.WithCancelCause(ctx)
	return ctx, c.stop
}

// socketEnds notes that our socket application is over, and not by us: the call
// has hung up, was moved (a transfer, the end of an originate), or is displaced.
func (c *Call) socketEnds() {
	switch {
	case c.hungUp, c.moved:
	case c.stop == nil, c.snapshot.Get("variable_socket_resume") != "true":
		c.moved = true
	default:
		c.Displace()
	}
}

// Displace lets another connection have the call: the flow can do nothing any
// more, and ours stays until the call is over.
func (c *Call) Displace() {
	c.displaced = true
	if c.stop != nil {
		c.stop(ErrDisplaced)
	}
}

// Displaced tells whether another connection has the call by now: its flow is to
// do nothing any more, and cannot.
func (c *Call) Displaced() bool { return c.displaced }

// hold keeps the connection of a displaced call until the call or ctx is over.
func (c *Call) hold(ctx context.Context) {
	if c.displaced {
		_ = c.wait(ctx, forever, &wait{done: func() bool { return c.hungUp }, parting: true})
	}
}

// do sends a command and waits for its reply.
func (c *Call) do(ctx context.Context, cmd esl.Command) (esl.Reply, error) {
	if c.displaced {
		return esl.Reply{}, ErrDisplaced
	}
	return c.conn.Do(ctx, cmd)
}

// post sends a command.
func (c *Call) post(cmd esl.Command) (*esl.Pending, error) {
	if c.displaced {
		return nil, ErrDisplaced
	}
	sent, err := c.conn.Post(cmd)
	if err != nil {
		return nil, err
	}
	return sent[0], nil
}
