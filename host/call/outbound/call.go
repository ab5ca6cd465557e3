package outbound

import (
	"context"
	"log/slog"
	"strings"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A Call is one channel, controlled by one connection.
type Call struct {
	conn  *esl.Conn
	clock clock.Clock
	base  *slog.Logger
	log   *slog.Logger

	uuid, path, addr string
	shown            string // the uuid as the events show it: see trueUUID
	async            bool
	dialplan         bool // its dialplan handed it over, and not execute_on_answer
	channel
	typeahead
	executions
	displacement
	strays   []stray
	farewell *esl.Command // the transfer with which the call is handed back
	controls func(core string) Control

	waits           []*wait
	watch           func(Sight)
	tape            Tape
	observers       []func(esl.Event) bool
	observerDepth   int
	connectSequence uint64 // Event-Sequence of the reply to connect
	mayBeStale      bool   // no event that is newer than that has come yet
	gone            bool   // see Gone
	leaves          bool   // an event that waits shows that the call has moved on or hung up
	jobsSubscribed  bool
	finally         []func(context.Context)
	first
}

// UUID returns the channel's UUID.
func (c *Call) UUID() string { return c.uuid }

// IsOwn reports whether an event is about the call's channel.
func (c *Call) IsOwn(ev esl.Event) bool { return ev.Get("Unique-ID") == c.shown }

// Path returns what follows the host in the socket application's data:
// "inviteToConf/7001" of "127.0.0.1:8084/inviteToConf/7001 async full".
func (c *Call) Path() string { return c.path }

// Addr returns the host:port that FreeSWITCH dialled to reach us. It can send
// other legs there.
func (c *Call) Addr() string { return c.addr }

// Log returns the server's logger with the channel's UUID.
func (c *Call) Log() *slog.Logger {
	if c.log == nil {
		c.log = c.base.With("uuid", c.uuid)
	}
	return c.log
}

// Snapshot returns the newest full description of the channel: the reply to
// connect or the last event that carried the channel's variables.
func (c *Call) Snapshot() esl.Event {
	c.catchUp()
	return c.snapshot
}

// HungUp reports whether the call is over, and the cause if it is known.
func (c *Call) HungUp() (cause string, yes bool) {
	c.catchUp()
	return c.cause, c.hungUp
}

// Gone reports whether a hangup has arrived or the connection has ended. Unlike HungUp
// it leaves the events to whoever waits for them, so it can be called between two
// instructions of a script.
func (c *Call) Gone() bool {
	if !c.gone && !c.hungUp {
		c.peek()
		c.gone = c.gone || c.conn.Err() != nil
	}
	return c.gone || c.hungUp
}

// peek looks for the call's end among the events that have arrived, and leaves them.
func (c *Call) peek() {
	c.conn.Look()
	c.conn.Peek(func(e esl.Event) {
		ev := viewOf(e)
		if ev.uuid != c.shown {
			return
		}
		then := c.channel
		then.update(ev)
		c.gone = c.gone || strings.HasPrefix(ev.name, "CHANNEL_HANGUP")
		c.leaves = c.leaves || then.hungUp || then.moved || leavesNow(ev)
	})
}

// Lost reports whether the connection has ended before the call.
func (c *Call) Lost() bool { return c.Gone() && c.conn.Err() != nil && c.cause == "" }

// Answered reports whether the channel has been answered, also after the hangup.
func (c *Call) Answered() bool {
	c.catchUp()
	return c.answered
}

// MediaReady reports whether audio flows: after the answer or with early media.
func (c *Call) MediaReady() bool {
	c.catchUp()
	state := c.snapshot.Get("Answer-State")
	return state == "answered" || state == "early"
}

// Bridged reports whether the channel is bridged to another one.
func (c *Call) Bridged() bool {
	c.catchUp()
	return c.bridged
}

// Moved reports whether the call has moved on: it was transferred, bridged or parked,
// or originate has taken it to an extension. It is somebody else's then.
func (c *Call) Moved() bool {
	c.catchUp()
	return c.moved
}

// Transferred reports whether the channel has moved to another extension.
func (c *Call) Transferred() bool {
	c.catchUp()
	return c.routed
}

// State returns the state the channel is in or about to enter: "CS_EXECUTE".
func (c *Call) State() string {
	c.catchUp()
	return stateName(c.state)
}

// Observe calls fn for every event of the call, in order and in the owner's
// goroutine, while a method waits or asks for the call's state. After the
// event that shows that a call has moved on, only the hangup is shown. If fn returns
// true, the Sleep, WaitEvent or WaitDigit that waits returns ErrStopped; an Execute
// that waits interrupts its application and returns when it has ended. A digit is
// already queued when its DTMF event is observed: get it with PopDigit. fn may call
// the Call's methods, at most 25 levels deep.
func (c *Call) Observe(fn func(esl.Event) (stop bool)) { c.observers = append(c.observers, fn) }

// A Sight is an event of the channel, and what has been found in it.
type Sight struct {
	Event       esl.Event
	Name        string
	Application esl.Application // of CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE
	Cause       string          // of a hangup, if it is known
}

// Watch has fn called for every event of the channel, also after the call has moved on. It
// must be quick, and not use the Call.
func (c *Call) Watch(fn func(Sight)) { c.watch = fn }

// Tape returns what records the call's connection, nil if nothing does.
func (c *Call) Tape() Tape { return c.tape }

// DialledBy has the connection of a leg be recorded with that of the call whose script has
// dialled it, nil if no call's has.
func (c *Call) DialledBy(caller *Call) {
	switch {
	case c.tape == nil:
	case caller == nil || caller.tape == nil:
		c.tape.Release()
	default:
		caller.tape.Join(c.tape)
	}
}

// Finally has fn called in the owner's goroutine when FreeSWITCH has the call back, after
// those that were named before. What the Call says of the channel is its last word then: after a hangup the
// Snapshot is CHANNEL_HANGUP_COMPLETE, unless the connection was lost.
func (c *Call) Finally(fn func(context.Context)) { c.finally = append(c.finally, fn) }

// hangupError returns the error of a call that is over, or nil.
func (c *Call) hangupError() error {
	if !c.hungUp {
		return nil
	}
	return &HangupError{Cause: c.cause}
}
