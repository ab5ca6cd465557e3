package switchsim

// control attaches a connection to the channel it steers and keeps the channel
// from being destroyed meanwhile.
func (l *listener) control(c *channel) bool {
	if !c.lock() {
		return false
	}
	c.mu.Lock()
	c.listeners = append(c.listeners[:len(c.listeners):len(c.listeners)], l)
	c.mu.Unlock()
	l.channel = c
	return true
}

// release is the end of listener_run: the channel is no longer controlled, which
// ends a park, and with resume it goes back to its dialplan.
func (l *listener) release() {
	c := l.channel
	c.mu.Lock()
	newest := c.listeners[len(c.listeners)-1] == l
	kept := c.listeners[:0:0]
	for _, x := range c.listeners {
		if x != l {
			kept = append(kept, x)
		}
	}
	c.listeners = kept
	if c.divert == l {
		c.divert = nil
	}
	reset := c.cause == "" && !c.transferred && !c.reset && (l.resume.Load() || truth(c.getLocked("socket_resume")))
	if reset {
		c.state = csReset
	}
	if reset && newest && l.fault.LateRelease > 0 {
		c.late = l.fault.LateRelease
	} else {
		c.controlled = false
	}
	c.mu.Unlock()
	c.changed()
	c.unlock()
}

func (c *channel) nameNow() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name
}
