package switchsim

import (
	"slices"

	"github.com/eslua/eslua/host/switchsim/text"
)

// control attaches the connection to the channel it steers and keeps the channel
// from being destroyed.
func (l *connection) control(c *channel) bool {
	if !c.lock() {
		return false
	}
	c.mu.Lock()
	c.controllers = append(slices.Clip(c.controllers), l)
	c.mu.Unlock()
	l.channel = c
	return true
}

// release detaches the connection at the end of listener_run. That ends a park;
// with resume the channel leaves its application and continues in its dialplan.
func (l *connection) release() {
	l.detach()
	l.channel.changed()
	l.channel.unlock()
}

func (l *connection) detach() {
	c := l.channel
	c.mu.Lock()
	defer c.mu.Unlock()
	newest := c.controllers[len(c.controllers)-1] == l
	c.controllers = without(c.controllers, l)
	if c.divertTo == l {
		c.divertTo = nil
	}
	resumed := l.resumes(c)
	if resumed {
		c.state = csReset
	}
	if resumed && newest && l.fault.LateRelease > 0 {
		c.lateRelease = l.fault.LateRelease
	} else {
		c.controlled = false
	}
}

// resumes reports whether the channel continues in its dialplan after this
// connection: resume or socket_resume was set and nothing has moved the
// channel since. The caller holds c.mu.
func (l *connection) resumes(c *channel) bool {
	return c.cause == "" && !c.moving() && !c.redirected && (l.resume.Load() || text.True(c.getLocked("socket_resume")))
}
