package switchsim

import (
	"cmp"

	"github.com/eslua/eslua/host/switchsim/text"
)

// dialledHalf returns the A half if c is the B half of a loopback. mod_loopback
// passes progress on to it.
func (c *channel) dialledHalf() *channel {
	if c.direction == outbound {
		return nil
	}
	return c.otherHalf // set before the channel lives
}

// ringReady marks the channel ringing (180).
func (c *channel) ringReady() {
	if !c.mark(&c.ringing) {
		return
	}
	if half := c.dialledHalf(); half != nil {
		half.ringReady()
	}
	c.trace(WhoSwitch, "progress", "ringing")
	c.fire("CHANNEL_PROGRESS")
	c.executeOn("execute_on_ring")
	c.setCallState("RINGING")
	c.changed()
}

// preAnswer gives the channel early media (183).
func (c *channel) preAnswer() {
	if !c.mark(&c.early) {
		return
	}
	if half := c.dialledHalf(); half != nil {
		half.preAnswer()
	}
	c.trace(WhoSwitch, "progress", "early media")
	c.fire("CHANNEL_PROGRESS_MEDIA")
	c.executeOn("execute_on_pre_answer")
	c.setCallState("EARLY")
	c.set("endpoint_disposition", "EARLY MEDIA")
	c.changed()
}

// answer answers the channel, the A half of a loopback first. The application in
// execute_on_answer runs in the goroutine that answers, and the call state
// becomes ACTIVE after it (switch_channel_perform_mark_answered).
func (c *channel) answer() {
	if half := c.dialledHalf(); half != nil && !c.down() && !c.isAnswered() {
		half.answer()
	}
	if !c.mark(&c.answered) {
		return
	}
	c.trace(WhoSwitch, "answer", "answered")
	c.fire("CHANNEL_ANSWER")
	c.set("endpoint_disposition", "ANSWER")
	c.executeOn("execute_on_answer_")
	c.runAnswerHooks()
}

// mark sets one of ringing, early and answered with its time. It reports false if
// the channel is hung up or has come as far already.
func (c *channel) mark(progress *bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != "" || c.answered || *progress || progress == &c.ringing && c.early {
		return false
	}
	*progress = true
	now := stampOf(c.sw.clk.Now())
	switch progress {
	case &c.ringing:
		c.caller.progress = now
	case &c.early:
		c.caller.early = now
	case &c.answered:
		c.caller.answered = now
	}
	return true
}

// runAnswerHooks runs execute_on_answer and api_on_answer, then makes the call
// ACTIVE. The A half of a loopback is answered from the B half's goroutine, which
// must not run applications of the A half: its owner does.
func (c *channel) runAnswerHooks() {
	app, arg := splitApp(c.get("execute_on_answer"))
	if app != "" {
		c.showAnswer()
		if c.direction == outbound && load(&c.mu, &c.otherHalf) != nil {
			c.post(func() { c.execute(app, arg); c.setCallState("ACTIVE") })
			return
		}
		c.execute(app, arg)
	}
	if api := c.get("api_on_answer"); api != "" {
		c.sw.API(api)
	}
	c.setCallState("ACTIVE")
	c.showAnswer()
}

// executeOn runs the applications in the variables whose names begin so, where the
// progress is noticed (switch_channel.c:switch_channel_execute_on).
func (c *channel) executeOn(prefix string) {
	c.mu.Lock()
	values := c.vars.beginning(prefix)
	c.mu.Unlock()
	for _, value := range values {
		app, arg := splitApp(value)
		c.execute(app, arg)
	}
}

// showAnswer lets originate see the answer. A real originate looks every 20 ms,
// by when the call is ACTIVE or execute_on_answer is running.
func (c *channel) showAnswer() { c.update(func() { c.answerShown = true }) }

// hangup ends the channel, from any goroutine. Only the first cause counts.
func (c *channel) hangup(cause string) {
	controllers, first := c.markHungUp(text.Cause(cause))
	if !first {
		return
	}
	if bond := c.sw.locate(cmp.Or(c.get("signal_bond"), c.get("originate_signal_bond"))); bond != nil {
		bond.set("last_bridge_hangup_cause", c.hangupCause())
	}
	c.trace(WhoSwitch, "hangup", "hung up: "+c.hangupCause())
	c.fire("CHANNEL_HANGUP")
	close(c.announced)
	for _, l := range controllers {
		signal(l.wake)
	}
	c.changed()
}

func (c *channel) markHungUp(cause string) (controllers []*connection, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != "" {
		return nil, false
	}
	c.cause, c.state = cause, csHangup
	c.caller.hangup = stampOf(c.sw.clk.Now())
	return c.controllers, true
}
