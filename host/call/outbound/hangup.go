package outbound

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// hangupTime limits FreeSWITCH's time to show a hangup that it accepted.
const hangupTime = 5 * time.Second

// Hangup ends the call at once, whatever runs, and waits until it has. cause is a
// name such as "USER_BUSY"; the empty cause is NORMAL_CLEARING. Hangup returns nil
// if the call has already hung up, and ErrMoved if it has moved on.
func (c *Call) Hangup(ctx context.Context, cause string) error {
	cause, err := syntax.ParseCause(cmp.Or(cause, "NORMAL_CLEARING"))
	if err != nil {
		return err
	}
	c.catchUp()
	if c.hungUp {
		return nil
	}
	if c.moved {
		return ErrMoved
	}
	// A hangup by sendmsg would wait until the running application has ended.
	cmd, err := esl.API(syntax.ForChannel("uuid_kill", c.uuid, cause))
	if err != nil {
		return err
	}
	sent, err := c.post(cmd)
	if err != nil {
		return err
	}
	accepted, gone := false, false
	w := &wait{done: func() bool {
		if reply, err, ok := sent.Ready(); ok && err == nil {
			accepted = reply.Err() == nil
			gone = !accepted // -ERR No such channel!
		}
		return c.hungUp || gone
	}}
	err = c.wait(ctx, hangupTime, w)
	switch {
	case c.hungUp:
		return nil
	case gone:
		c.hangUp("")
		return nil
	case accepted && ctx.Err() == nil: // the event was lost, or the connection ended before it
		c.hangUp(cause)
		return nil
	case err == errTimeUp:
		return fmt.Errorf("FreeSWITCH did not answer uuid_kill within %v", hangupTime)
	}
	return err
}
