package session

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
)

// attached is a channel that another program controls. API commands read and set
// its variables, read its state, hang it up, and start applications on it
// without waiting for them; its digits and events do not reach us.
type attached struct {
	ctx context.Context // of the script, for the methods of Call that get none
	id  string
	env *run.Env
}

func (c *attached) UUID() string         { return c.id }
func (c *attached) IsOwn(esl.Event) bool { return false } // its events do not reach us

// API runs an API command that the script is granted: whatever a method does with a
// channel that is not the script's own is the command that does it.
func (c *attached) API(ctx context.Context, line string) (string, error) {
	if err := c.env.Allowed(ctx, func() error { return c.env.Grants.CheckAPI(line) }); err != nil {
		return "", err
	}
	reply, err := c.env.Switch.API(ctx, line)
	c.env.Grants.Answered(line, reply)
	return reply, err
}

// Execute starts an application on the channel and returns at once. It refuses
// names with ! or :, because uuid_broadcast reads app!cause::data and would run
// another application than the one that was granted.
func (c *attached) Execute(ctx context.Context, app, arg string) (esl.Event, error) {
	if strings.ContainsAny(app, "!:") {
		return esl.Event{}, fmt.Errorf("%q is no application", app)
	}
	c.env.Log.Info("the application runs without being waited for, as the channel is not this script's own", "uuid", c.id, "application", app)
	return esl.Event{}, c.command(ctx, syntax.ForChannel("uuid_broadcast", c.id, syntax.Word(app+"::"+arg)+" aleg"))
}

// ExecuteOpen works like Execute, as both return at once.
func (c *attached) ExecuteOpen(ctx context.Context, app, arg string) (esl.Event, error) {
	return c.Execute(ctx, app, arg)
}

// ExecuteThen starts both applications.
func (c *attached) ExecuteThen(ctx context.Context, app, arg, thenApp, thenArg string) (esl.Event, error) {
	if _, err := c.Execute(ctx, app, arg); err != nil {
		return esl.Event{}, err
	}
	return c.Execute(ctx, thenApp, thenArg)
}

// Interrupt stops the application that the channel runs.
func (c *attached) Interrupt(ctx context.Context) error {
	return c.command(ctx, syntax.ForChannel("uuid_break", c.id, ""))
}

// Hangup hangs the channel up.
func (c *attached) Hangup(ctx context.Context, cause string) error {
	return c.command(ctx, syntax.ForChannel("uuid_kill", c.id, cause))
}

// TransferAtEnd transfers the channel at once: it does not end with the script.
func (c *attached) TransferAtEnd(arg string) error {
	return c.command(c.ctx, syntax.ForChannel("uuid_transfer", c.id, arg))
}

func (c *attached) command(ctx context.Context, line string) error {
	reply, err := c.API(ctx, line)
	if err == nil && strings.HasPrefix(reply, "-") {
		return &esl.ReplyError{Text: strings.TrimSpace(reply)}
	}
	return err
}

// Sleep waits.
func (c *attached) Sleep(ctx context.Context, d time.Duration) error {
	return clock.Sleep(ctx, c.env.Clock, d)
}

// WaitEvent returns at once: the channel's events do not reach us.
func (c *attached) WaitEvent(ctx context.Context, d time.Duration, want func(esl.Event) bool) (esl.Event, error) {
	c.env.Log.Warn("events of a channel that is not this script's own cannot be waited for", "uuid", c.id)
	return esl.Event{}, nil
}

// WaitDigit waits for the time d and returns no digit.
func (c *attached) WaitDigit(ctx context.Context, d time.Duration) (outbound.Digit, bool, error) {
	c.env.Log.Warn("digits of a channel that is not this script's own cannot be heard", "uuid", c.id)
	return outbound.Digit{}, false, c.Sleep(ctx, d)
}

func (c *attached) PopDigit() (outbound.Digit, bool)           { return outbound.Digit{}, false }
func (c *attached) PendingDigits() string                      { return "" }
func (c *attached) TakeDigits() string                         { return "" }
func (c *attached) PressedSince(time.Time) bool                { return false }
func (c *attached) FlushDigits()                               {}
func (c *attached) Subscribe(context.Context, ...string) error { return nil }
func (c *attached) Observe(fn func(ev esl.Event) (stop bool))  {}
func (c *attached) HungUp() (cause string, yes bool)           { return "", !c.exists() }
func (c *attached) Moved() bool                                { return false } // it is another program's anyway
func (c *attached) AwaitHangup(context.Context, time.Duration) {}
func (c *attached) Transferred() bool                          { return false }
func (c *attached) Answered() bool                             { return c.Snapshot().Get("Answer-State") == "answered" }
func (c *attached) MediaReady() bool {
	s := c.Snapshot().Get("Answer-State")
	return s == "answered" || s == "early"
}
func (c *attached) Bridged() bool { return c.Snapshot().Get("Other-Leg-Unique-ID") != "" }
func (c *attached) State() string { return c.Snapshot().Get("Channel-State") }

func (c *attached) exists() bool {
	reply, err := c.API(c.ctx, syntax.ForChannel("uuid_exists", c.id, ""))
	return err == nil && strings.TrimSpace(reply) == "true"
}

// Snapshot asks for the channel's data and returns the zero Event if the channel is
// gone.
func (c *attached) Snapshot() esl.Event {
	return readDump(c.API(c.ctx, syntax.ForChannel("uuid_dump", c.id, "")))
}

// dump works like Snapshot, also if the script is not granted to see the data.
func (c *attached) dump(ctx context.Context) esl.Event {
	return readDump(c.env.Switch.API(ctx, syntax.ForChannel("uuid_dump", c.id, "")))
}

func readDump(dump string, err error) esl.Event {
	if err != nil {
		return esl.Event{}
	}
	return esl.ReadDump(dump)
}
