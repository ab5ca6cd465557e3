package switchsim

import (
	"time"

	"github.com/eslua/eslua/host/switchsim/text"
)

// press presses keys on the person's telephone (RFC 4733 over RTP).
func (c *channel) press(digits string) {
	c.trace(WhoCaller, "dtmf", "presses "+digits)
	c.receive(digits, "RTP", 1600)
}

func (c *channel) personHangup(cause string) {
	c.mu.Lock()
	first := c.cause == ""
	c.byPerson = c.byPerson || first
	c.mu.Unlock()
	if first {
		c.trace(WhoCaller, "hangup", "hangs up")
	}
	c.hangup(cause)
}

// playEndpoint rings, answers or refuses, then plays the script.
func (c *channel) playEndpoint(e Endpoint, leg sipLeg) {
	startMedia := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.setMediaVariables(leg)
	}
	switch {
	case e.EarlyMedia:
		startMedia()
		c.preAnswer()
	case e.Cause == "" || e.Ring > 0:
		c.ringReady()
	}
	if e.Silent || !c.personWait(e.Ring) {
		return
	}
	if e.Cause != "" {
		c.setRefusal(text.Cause(e.Cause))
		c.hangup(e.Cause)
		return
	}
	for _, script := range e.Reactions {
		c.sw.spawn(func() { c.playScript(script) })
	}
	c.post(func() { startMedia(); c.answer() }) // mod_sofia does it in the session's thread
	c.playScript(append([]Step{OnAnswer()}, e.Script...))
}

// personWait waits for d and reports whether the call is still up.
func (c *channel) personWait(d time.Duration) bool {
	if d <= 0 {
		return !c.down()
	}
	timer := c.sw.clk.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return !c.down()
	case <-c.reported:
		return false
	}
}

// playScript plays the steps of a scripted person until the call ends.
func (c *channel) playScript(script []Step) {
	changes := make(chan struct{}, 1)
	c.watch(changes)
	defer c.unwatch(changes)
	seen := 0
	for _, step := range script {
		for {
			met, next := c.triggered(step, seen)
			if met {
				seen = next
				break
			}
			select {
			case <-changes:
			case <-c.reported:
				return
			}
		}
		if !c.personWait(step.delay) {
			return
		}
		if !c.pressSlowly(step.digits) {
			return
		}
		if step.hangup != "" {
			c.personHangup(step.hangup)
			return
		}
	}
}

// pressSlowly presses digits; w and W are pauses. It reports whether the call is
// still up.
func (c *channel) pressSlowly(digits string) bool {
	from := 0
	for i := 0; i <= len(digits); i++ {
		if i < len(digits) && digits[i] != 'w' && digits[i] != 'W' {
			continue
		}
		if i > from {
			c.press(digits[from:i])
		}
		from = i + 1
		if i == len(digits) {
			break
		}
		d := 500 * time.Millisecond
		if digits[i] == 'W' {
			d = time.Second
		}
		if !c.personWait(d) {
			return false
		}
	}
	return true
}

// triggered reports whether a step's condition is met. One start serves one step:
// next is the first start that the following step looks at.
func (c *channel) triggered(step Step, seen int) (met bool, next int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch step.trigger {
	case triggerAnswer:
		return c.answered, seen
	case triggerApp, triggerPlayback:
		for i := seen; i < len(c.starts); i++ {
			if step.matches(c.starts[i]) {
				return true, i + 1
			}
		}
		return false, seen
	}
	return true, seen
}
