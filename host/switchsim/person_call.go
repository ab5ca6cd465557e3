package switchsim

import (
	"time"
)

// Call is one leg seen by the person at its end.
type Call struct{ c *channel }

// Call makes somebody call in and returns at once.
func (s *Switch) Call(who Caller) *Call {
	context := who.Context
	if context == "" {
		context = "default"
	}
	name := "sofia/internal/" + who.Number + "@" + s.identity[1].Value
	p := &profile{username: who.Number, dialplan: "XML", context: context, destination: who.Destination,
		cidName: who.Name, cidNumber: who.Number, origName: who.Name, origNumber: who.Number,
		networkAddr: "127.0.0.1", ani: who.Number, source: "mod_sofia"}
	c := s.newChannel(who.UUID, name, inbound, codecSIP, p)
	c.vars.set("direction", inbound)
	c.vars.set("uuid", c.uuid)
	c.setSessionID()
	offer := c.sip(who.Number, "127.0.0.1:5060")
	c.offered(offer)
	c.established(offer)
	for name, value := range who.Variables {
		c.vars.set(name, value)
	}
	c.pad()
	c.scripted = len(who.Script) > 0
	c.begin(csInit)
	if c.scripted {
		s.spawn(func() { c.playScript(who.Script) })
	}
	return &Call{c}
}

// Leg finds the leg of a channel by its UUID, e.g. one that was originated,
// living or ended.
func (s *Switch) Leg(uuid string) (*Call, bool) {
	s.mu.Lock()
	c := s.channels[uuid]
	s.mu.Unlock()
	if c == nil {
		s.journal.mu.Lock()
		if p := s.journal.pages[uuid]; p != nil {
			c = p.c
		}
		s.journal.mu.Unlock()
	}
	return &Call{c}, c != nil
}

// UUID of the channel.
func (c *Call) UUID() string { return c.c.uuid }

// Press presses digits now.
func (c *Call) Press(digits string) { c.c.press(digits) }

// Hangup hangs up from this person's side; empty is NORMAL_CLEARING.
func (c *Call) Hangup(cause string) { c.c.personHangup(causeName(cause)) }

// Done is closed when the channel is over (after CHANNEL_HANGUP_COMPLETE).
func (c *Call) Done() <-chan struct{} { return c.c.reported }

// Cause is the final hangup cause, empty while the call lives.
func (c *Call) Cause() string {
	c.c.mu.Lock()
	defer c.c.mu.Unlock()
	return c.c.cause
}

// Variable is a channel variable's value.
func (c *Call) Variable(name string) string { return c.c.get(name) }

// Played lists the paths that were played to this leg, in order.
func (c *Call) Played() []string {
	r, _ := c.c.sw.Record(c.c.uuid)
	return r.Played
}

// press is a key on the person's telephone: RFC 4733 over RTP.
func (c *channel) press(digits string) {
	c.trace(WhoCaller, "dtmf", "presses "+digits)
	c.receive(digits, "RTP", 1600)
}

func (c *channel) personHangup(cause string) {
	c.mu.Lock()
	over := c.cause != ""
	c.personEnded = c.personEnded || !over
	c.mu.Unlock()
	if !over {
		c.trace(WhoCaller, "hangup", "hangs up")
	}
	c.hangup(cause)
}

// playCallee rings, answers or refuses, then follows the script.
func (c *channel) playCallee(e Endpoint, offer sip) {
	media := func() {
		c.mu.Lock()
		c.established(offer)
		c.mu.Unlock()
	}
	switch {
	case e.EarlyMedia:
		media()
		c.preAnswer()
	case e.Cause == "" || e.Ring > 0:
		c.ringReady()
	}
	if e.Silent {
		return
	}
	if !c.personWait(e.Ring) {
		return
	}
	if e.Cause != "" {
		c.refused(causeName(e.Cause))
		c.hangup(e.Cause)
		return
	}
	c.post(func() { media(); c.answer() }) // mod_sofia does it in the session's thread
	c.playScript(append([]Step{OnAnswer()}, e.Script...))
}

// personWait waits, unless the call ends first.
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

// playScript is what a scripted person does.
func (c *channel) playScript(script []Step) {
	w, stop := c.watch()
	defer stop()
	seen := 0
	for _, step := range script {
		for {
			met, next := c.triggered(step, seen)
			if met {
				seen = next
				break
			}
			select {
			case <-w:
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

// pressSlowly presses digits, w and W being pauses.
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

// triggered reports whether a step's condition is met; a beginning serves one
// step only, so next is where the following step goes on looking.
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
