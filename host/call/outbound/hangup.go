package outbound

import (
	"context"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// hangupTime is how long FreeSWITCH may take to show a hangup it agreed to.
const hangupTime = 5 * time.Second

// Hangup ends the call at once, whatever runs, and waits until it shows. The
// cause is a name in capitals ("USER_BUSY", NORMAL_CLEARING when empty);
// FreeSWITCH takes one it does not know for NORMAL_CLEARING. A call that has
// hung up already is fine.
func (c *Call) Hangup(ctx context.Context, cause string) error {
	if cause == "" {
		cause = "NORMAL_CLEARING"
	}
	if !isCause(cause) {
		return fmt.Errorf("hangup cause %q: write it in capital letters, digits and underscores, such as USER_BUSY", cause)
	}
	c.catchUp()
	if c.hungUp {
		return nil
	}
	// sendmsg's hangup would wait behind a running application.
	cmd, err := esl.API("uuid_kill " + c.uuid + " " + cause)
	if err != nil {
		return err
	}
	sent, err := c.post(cmd)
	if err != nil {
		return err
	}
	agreed, gone := false, false
	w := &wait{done: func() bool {
		if reply, err, ok := sent.Ready(); ok && err == nil {
			agreed = reply.Err() == nil
			gone = !agreed // -ERR No such channel!
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
	case agreed && ctx.Err() == nil: // the sign was lost, or cut off with the connection
		c.hangUp(cause)
		return nil
	case err == errTimeUp:
		return fmt.Errorf("FreeSWITCH did not answer uuid_kill within %v", hangupTime)
	}
	return err
}

func isCause(s string) bool {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return s != ""
}
