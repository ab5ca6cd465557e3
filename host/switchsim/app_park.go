package switchsim

import (
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
)

// parkSession has the channel go to CS_PARK, whatever it does (switch_ivr.c:
// switch_ivr_park_session).
func (c *channel) parkSession() {
	redirect(c)
	c.setState(csPark)
}

// park waits under somebody's control (switch_ivr_park), at most for
// park_timeout, which is "seconds[:cause]". It reads a digit with each frame of media.
func (c *channel) park() {
	w := wait{endless: true, ignoreBreak: true, digit: func(digit) bool { return false }, frame: frameTime,
		until: func() bool { return !c.isControlled() }}
	c.mu.Lock()
	controlled, reset := c.controlled, c.state == csReset
	if controlled || reset {
		c.mu.Unlock()
		if controlled {
			c.trace(WhoSwitch, "error", "Cannot park channels that are under control already.")
		}
		return
	}
	c.controlled = true
	limit := c.vars.get("park_timeout")
	if limit != "" {
		c.vars.setAll([][2]string{{"park_timeout", ""}, {"park_after_bridge", ""}})
	}
	late := c.lateRelease
	c.lateRelease = 0
	c.mu.Unlock()
	seconds, cause, hasCause := strings.Cut(limit, ":")
	if limit != "" {
		w.endless, w.limit = false, c.sw.seconds(text.Number(seconds))
	}
	if !hasCause {
		cause = "NORMAL_CLEARING"
	}
	c.fire("CHANNEL_PARK")
	if late > 0 {
		first := w
		first.endless, first.limit = false, late
		c.await(first)
		swap(&c.mu, &c.controlled, false)
	}
	switch c.await(w) {
	case timedOut:
		c.hangup(cause)
	case moved, conditionMet: // park looks at its queues once more before it leaves
		for c.runMessageInside() {
			continue
		}
		c.dequeue()
	}
	swap(&c.mu, &c.controlled, false)
	c.fire("CHANNEL_UNPARK")
}
