package outbound

import (
	"context"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// API runs an API command and returns its output as FreeSWITCH sent it, including
// the line end ("+OK\n", "-ERR No such channel!\n"). It is for quick commands: no
// events arrive until FreeSWITCH has the output.
func (c *Call) API(ctx context.Context, line string) (string, error) {
	cmd, err := esl.API(line)
	if err != nil {
		return "", err
	}
	if after := c.afterwards(false); after != nil {
		return after.API(ctx, line)
	}
	moves, routes := c.movesChannel(line)
	cmds := []esl.Command{cmd}
	if moves {
		cmds = append(c.leaving(), cmd)
	}
	sent, err := c.post(cmds...)
	if err != nil {
		return "", err
	}
	reply, err := sent.Wait(ctx)
	if err != nil {
		return "", err
	}
	accepted := reply.Type() == "api/response" // else it is not permitted
	switch {
	case moves && accepted && reply.Err() == nil:
		c.moveOn(routes)
	case moves:
		c.stay()
	}
	if accepted && reply.Err() == nil && c.kills(line) {
		// The hangup is known when the command has been answered, and not when its event comes.
		_ = c.wait(ctx, hangupTime, &wait{done: func() bool { return c.hungUp }})
	}
	if !accepted {
		return "", reply.Err()
	}
	return reply.Text(), nil
}

// BgAPI runs an API command that may take long, such as originate, and returns its
// output. It dispatches events while it waits. A hangup does not end it.
func (c *Call) BgAPI(ctx context.Context, line string) (string, error) {
	if moves, _ := c.movesChannel(line); moves {
		return c.API(ctx, line) // these are quick
	}
	if after := c.afterwards(true); after != nil {
		return after.BgAPI(ctx, line)
	}
	if !c.jobsSubscribed {
		if err := c.Subscribe(ctx, "BACKGROUND_JOB"); err != nil {
			return "", err
		}
		c.jobsSubscribed = true
	}
	if c.displaced {
		return "", ErrDisplaced
	}
	job, err := c.conn.StartJob(line)
	if err != nil {
		return "", err
	}
	w := &wait{afterMove: true, done: job.Ready}
	if err := c.wait(ctx, forever, w); err != nil {
		return "", err
	}
	return job.Wait(ctx)
}

// kills reports whether a command of ours hangs the channel up.
func (c *Call) kills(line string) bool {
	words := strings.Fields(line)
	return len(words) > 1 && strings.EqualFold(words[0], "uuid_kill") && words[1] == c.uuid
}

// movesChannel reports whether a command of ours takes the channel out of our
// socket application, and whether to another extension.
func (c *Call) movesChannel(line string) (moves, routes bool) {
	verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	words := syntax.Split(rest, ' ', 4)
	named := slices.Contains(words, c.uuid)
	switch strings.ToLower(verb) {
	case "uuid_transfer":
		routes = len(words) > 1 && words[0] == c.uuid && words[1] != "-bleg"
		return routes, routes
	case "uuid_dual_transfer":
		return named, named
	case "uuid_bridge":
		return named, false
	case "uuid_park":
		return rest == c.uuid, false // see syntax.ForChannel
	}
	return false, false
}

// Subscribe asks for events of this channel that are not in FreeSWITCH's myevents
// list (mod_event_socket.c), such as PLAYBACK_STOP, RECORD_STOP, or CUSTOM with a
// subclass.
func (c *Call) Subscribe(ctx context.Context, names ...string) error {
	return c.expectOK(ctx)(esl.Subscribe("plain", names...))
}

// SendEvent fires an event in FreeSWITCH.
func (c *Call) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	if after := c.afterwards(false); after != nil {
		return after.SendEvent(ctx, name, headers, body)
	}
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
