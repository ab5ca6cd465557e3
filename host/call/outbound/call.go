package outbound

import (
	"log/slog"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// Call is one channel under control of one connection.
type Call struct {
	conn  *esl.Conn
	clock clock.Clock
	base  *slog.Logger
	log   *slog.Logger

	uuid, path, addr string
	async            bool
	channel
	typeahead
	executions
	displacement

	waits     []*wait
	observers []func(esl.Event) bool
	nested    int    // observers under way
	began     uint64 // Event-Sequence of the reply to connect
	early     bool   // no event that is newer has come yet
	jobs      bool   // BACKGROUND_JOB is subscribed
}

// UUID is the channel's.
func (c *Call) UUID() string { return c.uuid }

// Path is what stood behind the host in the socket application's data:
// "inviteToConf/7001" of "127.0.0.1:8084/inviteToConf/7001 async full".
func (c *Call) Path() string { return c.path }

// Addr is the host:port FreeSWITCH dialled us at: where it can send other legs.
func (c *Call) Addr() string { return c.addr }

// Log is the server's logger with the channel's uuid.
func (c *Call) Log() *slog.Logger {
	if c.log == nil {
		c.log = c.base.With("uuid", c.uuid)
	}
	return c.log
}

// Snapshot is the newest full description of the channel: the connect reply,
// then each event that brought the channel's variables.
func (c *Call) Snapshot() esl.Event {
	c.catchUp()
	return c.snapshot
}

// HungUp tells whether the call is over, and the cause once it is known.
func (c *Call) HungUp() (cause string, yes bool) {
	c.catchUp()
	return c.cause, c.hungUp
}

// Answered tells whether the channel has been answered.
func (c *Call) Answered() bool {
	c.catchUp()
	return c.snapshot.Get("Answer-State") == "answered"
}

// MediaReady tells whether audio flows: answered or early media.
func (c *Call) MediaReady() bool {
	c.catchUp()
	state := c.snapshot.Get("Answer-State")
	return state == "answered" || state == "early"
}

// Bridged tells whether the channel talks to another one.
func (c *Call) Bridged() bool {
	c.catchUp()
	return c.bridged
}

// Moved tells whether the channel has left our socket application: it was
// transferred, or originate has taken it elsewhere.
func (c *Call) Moved() bool {
	c.catchUp()
	return c.moved
}

// State is the state the channel is in or on its way to: "CS_EXECUTE".
func (c *Call) State() string {
	c.catchUp()
	return stateName(c.state)
}

// Observe has fn called for every event of the call, in order, in the owner's
// goroutine, while something waits or the call's state is asked for. When fn
// reports stop, the Sleep, WaitEvent or Digit that waits ends with ErrStopped; a
// waiting Execute interrupts its application and returns when it has ended. A
// digit is already typed ahead when its DTMF event is shown: take it with
// PopDigit. fn may call the Call's methods, 25 deep at most.
func (c *Call) Observe(fn func(esl.Event) (stop bool)) { c.observers = append(c.observers, fn) }

// hangupError is the error of a call that is over, nil before.
func (c *Call) hangupError() error {
	if !c.hungUp {
		return nil
	}
	return &HangupError{Cause: c.cause}
}
