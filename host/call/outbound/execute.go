package outbound

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// executions are the applications of ours under way; more than one when an
// observer executes inside a waiting Execute.
type executions struct {
	prefix  string // of every Application-UUID this connection chose: the call's own
	count   uint64
	running []*execution
	left    bool // one was given up and may still run
}

// newExecutions names applications after one random UUID and a count: another
// connection of the same call, before or after a host died, has another UUID.
func newExecutions(uuid string) executions { return executions{prefix: uuid + "-"} }

func (e *executions) nextID() string {
	e.count++
	return e.prefix + strconv.FormatUint(e.count, 10)
}

// own tells whether an Application-UUID was chosen here.
func (e *executions) own(id string) bool { return strings.HasPrefix(id, e.prefix) }

// execution is one application on its way through FreeSWITCH.
type execution struct {
	app, id  string
	started  bool // its CHANNEL_EXECUTE was seen
	stolen   bool // its id went to another application
	complete bool
	result   esl.Event
	refused  error
	stop     bool // break it off once it has started
}

// Execute runs a dialplan application, after whatever runs already, and waits
// until it has ended; the Event is its CHANNEL_EXECUTE_COMPLETE. The error is a
// *HangupError when the call has hung up meanwhile (the Event is there all the
// same if the application ended in time), an *UnknownApplicationError, an
// *esl.ReplyError when FreeSWITCH refused, an *esl.FieldError when app or arg
// cannot be sent, ErrDisplaced, an *esl.DisconnectError, or ctx's; then the application may
// go on in FreeSWITCH until the next one is executed. "app::arg" without arg
// means app with arg, as in FreeSWITCH, where it would be run by somebody else,
// later
// (switch_core_session.c:switch_core_session_execute_application_get_flags).
func (c *Call) Execute(ctx context.Context, app, arg string) (esl.Event, error) {
	if name, rest, ok := strings.Cut(app, "::"); ok && arg == "" {
		app, arg = name, rest
	}
	c.catchUp()
	if c.hungUp {
		return esl.Event{}, c.hangupError() // FreeSWITCH would answer +OK and never run it
	}
	if c.displaced {
		return esl.Event{}, ErrDisplaced
	}
	if strings.EqualFold(app, "transfer") {
		c.forgetResume()
		c.moved = true // whether its events tell in time or not
	}
	if c.left {
		c.left = false
		c.breakOff()
	}
	x := &execution{app: app, id: c.nextID()}
	cmd, err := esl.Execute(esl.ExecuteOptions{App: app, Arg: arg, EventUUID: x.id, Lock: true})
	if err != nil {
		return esl.Event{}, err
	}
	sent, err := c.post(cmd)
	if err != nil {
		return esl.Event{}, err
	}
	c.running = append(c.running, x)
	defer func() { c.running = c.running[:len(c.running)-1] }()
	accepted := false
	w := &wait{grace: true, see: x.see}
	w.done = func() bool {
		if w.stopped {
			w.stopped, x.stop = false, true
		}
		if x.stop && x.started {
			x.stop = false
			c.breakOff()
		}
		if !accepted {
			if reply, err, ok := sent.Ready(); ok && err == nil {
				accepted, x.refused = true, reply.Err()
			}
		}
		return x.complete || x.refused != nil || c.ending
	}
	err = c.wait(ctx, forever, w)
	switch {
	case c.hungUp && !x.complete && !x.started && c.cause == causeUnknownApp:
		return esl.Event{}, &UnknownApplicationError{App: app}
	case c.hungUp:
		return x.result, c.hangupError()
	case err != nil:
		c.left = true
		return esl.Event{}, err
	case x.refused != nil:
		return esl.Event{}, fmt.Errorf("execute %s: %w", app, x.refused)
	}
	return x.result, nil
}

// see looks for the application's beginning and end. FreeSWITCH keeps the id in
// a channel variable that the next application takes, which may be another one
// (execute_on_media and its like, run by the implicit pre-answer). The name
// tells, and what begins under our name after a theft is ours.
func (x *execution) see(ev sighting) {
	begins, ends := ev.name == "CHANNEL_EXECUTE", ev.name == "CHANNEL_EXECUTE_COMPLETE"
	if x.complete || !begins && !ends {
		return
	}
	ours := strings.EqualFold(ev.app, x.app)
	switch {
	case ev.appID == x.id && !ours:
		x.stolen = true
	case ev.appID == x.id && begins:
		x.started = true
	case ev.appID == x.id:
		x.complete, x.result = true, ev.Event
	case x.stolen && !x.started && ours && begins:
		x.started, x.id = true, strings.Clone(ev.appID)
	}
}

// Interrupt breaks off the application that runs; it then ends as usual.
func (c *Call) Interrupt(ctx context.Context) error {
	cmd, err := esl.API("uuid_break " + c.uuid)
	if err != nil {
		return err
	}
	reply, err := c.do(ctx, cmd)
	if err != nil {
		return err
	}
	return reply.Err()
}

// breakOff is Interrupt for whoever waits for the application's end anyway.
func (c *Call) breakOff() {
	if cmd, err := esl.API("uuid_break " + c.uuid); err == nil {
		_, _ = c.post(cmd) // a connection that ended tells the wait itself
	}
}
