package outbound

import (
	"context"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// API runs an API command and returns its output as FreeSWITCH sent it, including
// the line end ("+OK\n", "-ERR No such channel!\n"). It is for quick commands: no
// events arrive until FreeSWITCH has the output.
func (c *Call) API(ctx context.Context, line string) (string, error) {
	cmd, err := esl.API(line)
	if err != nil {
		return "", err
	}
	moves := c.movesChannel(line)
	if moves {
		c.forgetResume()
	}
	reply, err := c.do(ctx, cmd)
	if err != nil {
		return "", err
	}
	if reply.Type() != "api/response" { // not permitted
		return "", reply.Err()
	}
	c.moved = c.moved || moves && reply.Err() == nil
	return reply.Text(), nil
}

// BgAPI runs an API command that may take long, such as originate, and returns its
// output. It dispatches events while it waits. A hangup does not end it.
func (c *Call) BgAPI(ctx context.Context, line string) (string, error) {
	if !c.jobsSubscribed {
		if err := c.Subscribe(ctx, "BACKGROUND_JOB"); err != nil {
			return "", err
		}
		c.jobsSubscribed = true
	}
	moves := c.movesChannel(line)
	if moves {
		c.forgetResume()
	}
	if c.displaced {
		return "", ErrDisplaced
	}
	job, err := c.conn.StartJob(line)
	if err != nil {
		return "", err
	}
	c.moved = c.moved || moves // even if it fails: the call may end before its result is known
	over := false
	w := &wait{also: job.Done(), done: func() bool {
		select {
		case <-job.Done():
			over = true
		default:
		}
		return over
	}}
	if err := c.wait(ctx, forever, w); err != nil {
		return "", err
	}
	return job.Wait(ctx)
}

// movesChannel reports whether a command of ours takes the channel out of our
// socket application. The call may end before the events show it.
func (c *Call) movesChannel(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "uuid_transfer", "uuid_dual_transfer", "uuid_bridge", "uuid_park":
		return strings.Contains(rest, c.uuid)
	}
	return false
}

// Subscribe asks for events of this channel that are not in FreeSWITCH's myevents
// list (mod_event_socket.c), such as PLAYBACK_STOP, RECORD_STOP, or CUSTOM with a
// subclass.
func (c *Call) Subscribe(ctx context.Context, names ...string) error {
	return c.expectOK(ctx)(esl.Subscribe("plain", names...))
}

// SendEvent fires an event in FreeSWITCH.
func (c *Call) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	return c.expectOK(ctx)(esl.SendEvent(name, headers, body))
}

// expectOK returns a function that sends a command and returns an error if
// FreeSWITCH refuses it.
func (c *Call) expectOK(ctx context.Context) func(esl.Command, error) error {
	return func(cmd esl.Command, err error) error {
		if err != nil {
			return err
		}
		reply, err := c.do(ctx, cmd)
		if err != nil {
			return err
		}
		return reply.Err()
	}
}
