package outbound

import (
	"context"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Command sends any command and returns FreeSWITCH's reply, which may be a
// refusal: see its Err.
func (c *Call) Command(ctx context.Context, cmd esl.Command) (esl.Reply, error) {
	return c.do(ctx, cmd)
}

// API runs an API command and returns its output as FreeSWITCH gave it, line
// end included ("+OK\n", "-ERR No such channel!\n"). It is for quick ones: the
// connection brings no events until FreeSWITCH has the output.
func (c *Call) API(ctx context.Context, line string) (string, error) {
	cmd, err := esl.API(line)
	if err != nil {
		return "", err
	}
	moves := c.moves(line)
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

// BgAPI runs an API command that may take long (originate) and returns its
// output. Events are taken meanwhile; a hangup does not end it.
func (c *Call) BgAPI(ctx context.Context, line string) (string, error) {
	if !c.jobs {
		if err := c.Subscribe(ctx, "BACKGROUND_JOB"); err != nil {
			return "", err
		}
		c.jobs = true
	}
	moves := c.moves(line)
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
	c.moved = c.moved || moves // whether it worked or not: it may be under way when the call ends
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

// moves tells a command of ours that takes the channel away: the call may end
// before the events say so.
func (c *Call) moves(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "uuid_transfer", "uuid_dual_transfer", "uuid_bridge", "uuid_park":
		return strings.Contains(rest, c.uuid)
	}
	return false
}

// Subscribe asks for more events of this channel than FreeSWITCH sends anyway
// (mod_event_socket.c: the myevents list), e.g. PLAYBACK_STOP, RECORD_STOP or
// CUSTOM and a subclass.
func (c *Call) Subscribe(ctx context.Context, names ...string) error {
	return c.agree(ctx)(esl.Subscribe("plain", names...))
}

// DivertEvents moves the events queued to the session, and its digits, to this
// connection: they then reach no application and no other subscriber.
func (c *Call) DivertEvents(ctx context.Context, on bool) error {
	return c.agree(ctx)(esl.DivertEvents(on))
}

// SendEvent fires an event into FreeSWITCH.
func (c *Call) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	return c.agree(ctx)(esl.SendEvent(name, headers, body))
}

// agree sends a command that FreeSWITCH just agrees to.
func (c *Call) agree(ctx context.Context) func(esl.Command, error) error {
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
