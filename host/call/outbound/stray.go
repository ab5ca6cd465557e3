package outbound

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A stray is an application of ours that was on its way to FreeSWITCH when somebody moved
// the call. It runs where the call is then.
type stray struct {
	id    string
	begun bool
}

// expectStray notes an application that may begin although the call has moved on.
func (c *Call) expectStray(x *execution) {
	if !x.started && !x.complete && x.refused == nil {
		c.strays = append(c.strays, stray{id: x.id})
	}
}

// stopStray stops a stray as soon as it begins.
func (c *Call) stopStray(ev eventView) {
	if !c.moved || !c.isOwn(ev.application.UUID) || strings.HasSuffix(ev.application.UUID, atOnce) || ev.application.Name == "transfer" { // that is how we move it
		return
	}
	at := slices.IndexFunc(c.strays, func(s stray) bool { return s.id == ev.application.UUID })
	switch {
	case ev.name == "CHANNEL_EXECUTE" && at < 0:
		c.strays = append(c.strays, stray{strings.Clone(ev.application.UUID), true})
		c.postInterrupt()
	case ev.name == "CHANNEL_EXECUTE":
		c.strays[at].begun = true
		c.postInterrupt()
	case ev.name == "CHANNEL_EXECUTE_COMPLETE" && at >= 0:
		c.strays = slices.Delete(c.strays, at, at+1)
	}
}

// strayPause passes before a stray is stopped again: one that has a prompt
// and then collects digits ends the prompt first.
const strayPause = 50 * time.Millisecond

// awaitStrays waits a short time until no stray runs or is on its way any more.
func (c *Call) awaitStrays(ctx context.Context) {
	over := &wait{done: func() bool { return c.hungUp || len(c.strays) == 0 }, afterMove: true}
	for range exitTime / strayPause {
		if c.wait(ctx, strayPause, over) != errTimeUp {
			return
		}
		if slices.ContainsFunc(c.strays, func(s stray) bool { return s.begun }) {
			c.postInterrupt()
		}
	}
}

// leavesRecording holds the argument with which a transfer executes break, for us to see.
const leavesRecording = "eslua"

// recordingHooks lists the variables that have a transfer end a recording before it moves the
// channel, and wait until it has ended. The application record hangs up a channel that is
// not ready when the recording is over (mod_dptools.c:record_function).
var recordingHooks = [...][2]string{{blindTransfer + "_record", "break " + leavesRecording}, {blindTransfer + "_wait", "set eslua_leaves=${msleep(100)}"}}

// guardRecording returns the commands that set the recordingHooks, or unset them.
func (c *Call) guardRecording(set bool) (list []esl.Command) {
	for _, v := range recordingHooks {
		assignment := v[0]
		if set {
			assignment += " " + v[1]
		}
		if cmd, err := esl.API(syntax.ForChannel("uuid_setvar", c.uuid, assignment)); err == nil {
			list = append(list, cmd)
		}
	}
	return list
}

// leavesNow reports whether an event shows that a transfer ends a recording.
func leavesNow(ev eventView) bool {
	return ev.name == "CHANNEL_EXECUTE" && ev.application.Name == "break" && strings.TrimSpace(ev.Get("Application-Data")) == leavesRecording
}
