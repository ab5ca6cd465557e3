package outbound

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// executions are our applications under way; there are several while an observer
// executes inside an Execute that waits.
type executions struct {
	prefix    string // of every Application-UUID that this connection chose
	count     uint64
	running   []*execution
	abandoned bool // Execute has returned before its application ended
}

// newExecutions returns executions whose ids are uuid and a number. Another
// connection of the same call, before or after a host died, has another uuid.
func newExecutions(uuid string) executions { return executions{prefix: uuid + "-"} }

func (e *executions) nextID() string {
	e.count++
	return e.prefix + strconv.FormatUint(e.count, 10)
}

// isOwn reports whether this connection chose an Application-UUID.
func (e *executions) isOwn(id string) bool { return strings.HasPrefix(id, e.prefix) }

// atOnce ends the id of an application that takes no time, so that it is not stopped where
// the call has moved to.
const atOnce = "-at-once"

// An execution is one application on its way through FreeSWITCH.
type execution struct {
	app, id   string
	started   bool // its CHANNEL_EXECUTE has come
	stolen    bool // another application got its id
	complete  bool
	result    esl.Event
	refused   error
	interrupt bool // as soon as it has started
}

// Execute runs a dialplan application, after whatever runs already, and waits
// until it has ended. It returns the CHANNEL_EXECUTE_COMPLETE event. The error is
//   - a *HangupError if the call has hung up; the event is there if the application
//     ended in time,
//   - an *UnknownApplicationError, an *esl.ReplyError if FreeSWITCH refused, or an
//     *esl.FieldError if app or arg cannot be sent,
//   - ErrMoved if the call has moved on, before the application, which then was not
//     sent, or with it; the event is there if the application ended in time,
//   - ErrDisplaced, an *esl.DisconnectError or ctx's error; the application may then
//     run in FreeSWITCH until the next one is executed.
//
// "app::arg" without arg means app with arg, as in FreeSWITCH, which would run it
// elsewhere and later
// (switch_core_session.c:switch_core_session_execute_application_get_flags).
func (c *Call) Execute(ctx context.Context, app, arg string) (esl.Event, error) {
	return c.execute(ctx, app, arg, true)
}

// ExecuteThen works like Execute, and has FreeSWITCH execute another application when the
// first has ended, in whatever way: also if the call moves or hangs up, and if we die.
// FreeSWITCH takes it from its queue before the channel leaves our socket application
// (mod_event_socket.c:socket_function calls switch_ivr_parse_all_events).
func (c *Call) ExecuteThen(ctx context.Context, app, arg, thenApp, thenArg string) (esl.Event, error) {
	then, err := esl.Execute(esl.ExecuteOptions{App: thenApp, Arg: thenArg, EventUUID: c.nextID() + atOnce, Lock: true})
	if err != nil {
		return esl.Event{}, err
	}
	return c.execute(ctx, app, arg, true, then)
}

// ExecuteOpen works like Execute, but an application that an observer executes
// meanwhile runs inside this one, which then continues, and not after it. It is for
// applications that play or record: these look for commands (switch_ivr_play_file
// calls switch_ivr_parse_all_events).
func (c *Call) ExecuteOpen(ctx context.Context, app, arg string) (esl.Event, error) {
	return c.execute(ctx, app, arg, false)
}

func (c *Call) execute(ctx context.Context, app, arg string, lock bool, then ...esl.Command) (esl.Event, error) {
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
	if c.moved {
		return esl.Event{}, ErrMoved
	}
	if c.abandoned {
		c.abandoned = false
		c.postInterrupt()
	}
	x := &execution{app: app, id: c.nextID()}
	cmd, err := esl.Execute(esl.ExecuteOptions{App: app, Arg: arg, EventUUID: x.id, Lock: lock})
	if err != nil {
		return esl.Event{}, err
	}
	cmds := []esl.Command{cmd}
	if strings.EqualFold(app, "record") {
		cmds = append(c.guardRecording(true), cmd)
		defer func() {
			if !c.hungUp { // FreeSWITCH has a copy of them when it transfers (switch_channel.c:switch_channel_execute_on)
				_, _ = c.post(c.guardRecording(false)...) // if the connection has ended, the next wait reports it
			}
		}()
	}
	sent, err := c.postAhead(len(cmds), append(cmds, then...)...)
	if err != nil {
		return esl.Event{}, err
	}
	c.running = append(c.running, x)
	defer func() { c.running = c.running[:len(c.running)-1] }()
	accepted := false
	w := &wait{grace: true, onEvent: x.onEvent}
	w.done = func() bool {
		if w.stopped {
			w.stopped, x.interrupt = false, true
		}
		if x.interrupt && x.started {
			x.interrupt = false
			c.postInterrupt()
		}
		if !accepted {
			if reply, err, ok := sent.Ready(); ok && err == nil {
				accepted, x.refused = true, reply.Err()
			}
		}
		return x.complete || x.refused != nil || c.appsOver
	}
	err = c.wait(ctx, forever, w)
	switch {
	case c.hungUp && !x.complete && !x.started && c.cause == causeUnknownApp:
		return esl.Event{}, &UnknownApplicationError{App: app}
	case c.hungUp:
		return x.result, c.hangupError()
	case c.moved:
		c.expectStray(x)
		return x.result, ErrMoved
	case err != nil:
		c.abandoned = true
		return esl.Event{}, err
	case x.refused != nil:
		return esl.Event{}, fmt.Errorf("execute %s: %w", app, x.refused)
	}
	return x.result, nil
}

// Start has an application run after whatever runs already, and does not wait for it.
func (c *Call) Start(app, arg string) error {
	c.catchUp()
	switch {
	case c.hungUp:
		return c.hangupError()
	case c.moved:
		return ErrMoved
	}
	cmd, err := esl.Execute(esl.ExecuteOptions{App: app, Arg: arg, EventUUID: c.nextID(), Lock: true})
	if err != nil {
		return err
	}
	_, err = c.post(cmd)
	return err
}

// onEvent looks for the application's beginning and end. FreeSWITCH keeps the id in
// a channel variable that the next application takes, which may be another one
// (execute_on_media and the like, run by the implicit pre-answer). The name shows
// such a theft, and after it the next application of our name is ours.
func (x *execution) onEvent(ev eventView) {
	begins, ends := ev.name == "CHANNEL_EXECUTE", ev.name == "CHANNEL_EXECUTE_COMPLETE"
	if x.complete || !begins && !ends {
		return
	}
	sameApp := strings.EqualFold(ev.application.Name, x.app)
	switch {
	case ev.application.UUID == x.id && !sameApp:
		x.stolen = true
	case ev.application.UUID == x.id && begins:
		x.started = true
	case ev.application.UUID == x.id:
		x.complete, x.result = true, ev.Event
	case x.stolen && !x.started && sameApp && begins:
		x.started, x.id = true, strings.Clone(ev.application.UUID)
	}
}

// Interrupt stops the application that runs; it then ends as usual.
func (c *Call) Interrupt(ctx context.Context) error {
	return c.expectOK(ctx)(esl.API(syntax.ForChannel("uuid_break", c.uuid, "")))
}

// postInterrupt works like Interrupt but does not wait for the reply: the caller
// waits for the application's end anyway.
func (c *Call) postInterrupt() {
	if cmd, err := esl.API(syntax.ForChannel("uuid_break", c.uuid, "")); err == nil {
		_, _ = c.post(cmd) // if the connection has ended, the wait reports it
	}
}
