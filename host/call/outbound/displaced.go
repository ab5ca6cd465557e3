package outbound

import (
	"context"
	"errors"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// ErrDisplaced comes from every method of a Call that another connection has
// displaced.
//
// A connection that ends clears its control of the channel last of all
// (mod_event_socket.c:listener_run clears CF_CONTROLLED after it has closed).
// With socket_resume the dialplan may be at its next socket by then. The clearing
// ends that socket's park (switch_ivr.c:switch_ivr_park), and the dialplan
// continues with the socket after it. The connection in the middle is still open,
// can still do anything to the call, and displaces the next one in the same way
// when it ends.
var ErrDisplaced = errors.New("another connection controls this call now")

// A displacement is the state of a call that another connection may displace.
type displacement struct {
	cancelScript context.CancelCauseFunc // nil if no dialplan handed the call over
	displaced    bool
}

// scriptContext returns the script's context and its cancel function. Displace
// cancels it. socket_resume is checked then and not here, because the script may
// set it.
func (c *Call) scriptContext(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	if c.state != stateExecute {
		return ctx, func(error) {}
	}
	ctx, c.cancelScript = context.WithCancelCause(ctx)
	return ctx, c.cancelScript
}

// socketEnded handles the end of our socket application that we did not cause: the
// call has hung up, has moved on or is displaced, or it is still ours although the
// application could not park it. That is so of a channel that execute_on_answer handed
// over, which is now where it was originated to, and of one that was parked already.
func (c *Call) socketEnded() {
	c.ended = true
	switch {
	case c.hungUp, c.moved:
	case c.cancelScript == nil, c.snapshot.Get("variable_socket_resume") != "true":
		c.left = true
	default:
		c.Displace()
	}
}

// Displace gives the call up to another connection: the script's context ends and
// no method does anything any more. Our connection stays open until the call is
// over.
func (c *Call) Displace() {
	c.displaced = true
	if c.cancelScript != nil {
		c.cancelScript(ErrDisplaced)
	}
}

// Displaced reports whether another connection controls the call.
func (c *Call) Displaced() bool { return c.displaced }

// do sends a command and waits for its reply.
func (c *Call) do(ctx context.Context, cmd esl.Command) (esl.Reply, error) {
	if c.displaced {
		return esl.Reply{}, ErrDisplaced
	}
	c.commanded()
	return c.conn.Do(ctx, cmd)
}

// post sends commands in one write, without waiting for their replies, and returns
// the place of the last one's reply.
func (c *Call) post(cmds ...esl.Command) (*esl.Pending, error) {
	return c.postAhead(len(cmds), cmds...)
}

// postAhead works like post, and returns the place of the n-th command's reply.
func (c *Call) postAhead(n int, cmds ...esl.Command) (*esl.Pending, error) {
	if c.displaced {
		return nil, ErrDisplaced
	}
	c.commanded()
	sent, err := c.conn.Post(cmds...)
	if err != nil {
		return nil, err
	}
	return sent[n-1], nil
}
