package switchsim

import (
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// bridgeApp dials and connects. A failed one hangs the caller up with the
// cause, unless the channel's variables say that the dialplan goes on
// (switch_channel.c:switch_channel_handle_cause).
func bridgeApp(c *channel, arg string) {
	o := origination{dial: arg, timeout: 60, from: c}
	if v := number(c.get("call_timeout")); v > 0 {
		o.timeout = v
	}
	c.mu.Lock()
	o.cidName, o.cidNumber = c.caller.cidName, c.caller.cidNumber
	c.mu.Unlock()
	if v := c.get("effective_caller_id_name"); v != "" {
		o.cidName = v
	}
	if v := c.get("effective_caller_id_number"); v != "" {
		o.cidNumber = v
	}
	b, cause := c.sw.originate(o)
	c.noteOutcome(b, cause)
	if b == nil {
		c.handleCause(cause)
		return
	}
	c.answer()
	c.bridgeWith(b)
	c.afterBridge(b)
}

// noteOutcome sets what a finished dialling leaves in the A leg's variables.
func (c *channel) noteOutcome(b *channel, cause string) {
	status := map[string]string{"SUCCESS": "SUCCESS", "USER_BUSY": "BUSY", "NO_ANSWER": "NOANSWER",
		"ORIGINATOR_CANCEL": "CANCEL", "SWITCH_CONGESTION": "CONGESTION", "UNALLOCATED_NUMBER": "INVALIDARGS"}[cause]
	if status == "" {
		status = cause
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if b != nil {
		c.vars.set("originate_signal_bond", "")
	}
	c.vars.set("originate_disposition", cause)
	c.vars.set("DIALSTATUS", status)
	if b == nil {
		c.vars.set("originate_failed_cause", cause)
	}
}

// handleCause decides what a failed bridge does to the caller.
func (c *channel) handleCause(cause string) {
	continueOn, failures := c.get("continue_on_fail"), c.get("failure_causes")
	goOn := false
	switch {
	case cause == "ATTENDED_TRANSFER":
	case continueOn == "" && failures == "":
		goOn = cause == "NO_ANSWER" || cause == "NO_USER_RESPONSE" || cause == "ORIGINATOR_CANCEL"
	case truth(continueOn) || lists(continueOn, cause):
		goOn = true
	case failures != "":
		goOn = !truth(failures) && !lists(failures, cause)
	}
	if target := separate(c.get("transfer_on_fail"), ' ', 4); len(target) > 1 && !goOn {
		if strings.EqualFold(target[0], "true") || lists(target[0], cause) || strings.EqualFold(target[0], "auto_cause") {
			c.transferTo(target[1], arrayAt(target, 2), arrayAt(target, 3))
			return
		}
	}
	if !goOn && !c.down() {
		c.hangup(cause)
	}
}

// lists looks for a cause in a comma list of names or numbers.
func lists(list, cause string) bool {
	for _, item := range strings.Split(list, ",") {
		if item = strings.TrimSpace(item); item != "" && causeName(item) == cause {
			return true
		}
	}
	return false
}

// bridgeWith connects this channel's owner with a leg that answered, until one
// side is gone (switch_ivr_multi_threaded_bridge).
func (c *channel) bridgeWith(b *channel) {
	now := stampOf(c.sw.clk.Now())
	b.mu.Lock()
	b.bridgedTo, b.caller.bridged = c, stamp{}
	partner := *b.caller
	name := b.name
	dead := b.cause != ""
	b.mu.Unlock()
	if dead {
		return
	}
	partner.logicalDir, partner.origName = inbound, ""
	c.mu.Lock()
	c.bridgedTo = b
	p := *c.caller
	p.bridged = now
	c.caller, c.other, c.otherType = &p, &partner, "originatee"
	own := p
	c.vars.set("signal_bond", b.uuid)
	c.mu.Unlock()
	b.mu.Lock()
	b.other, b.otherType = &own, "originator"
	b.vars.set("signal_bond", c.uuid)
	b.mu.Unlock()
	c.trace(WhoSwitch, "bridge", "bridged to "+name)
	ids := []wire.Header{{Name: "Bridge-A-Unique-ID", Value: c.uuid}, {Name: "Bridge-B-Unique-ID", Value: b.uuid}}
	b.setState(csExchangeMedia)
	c.fireWith("CHANNEL_BRIDGE", ids)
	b.watchOn(c.wake)
	c.pause(pause{forever: true, deafToBreak: true, digit: c.passDigit, stop: func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.cause != "" || b.bridgedTo != c
	}})
	b.unwatch(c.wake)
	c.leaveBridge(b, name)
	c.trace(WhoSwitch, "unbridge", "no longer bridged to "+name)
	c.fireWith("CHANNEL_UNBRIDGE", ids)
}

// leaveBridge lets go of the other side; if it is still there it is hung up.
func (c *channel) leaveBridge(b *channel, name string) {
	b.mu.Lock()
	held := b.bridgedTo == c
	if held {
		b.bridgedTo = nil
	}
	b.mu.Unlock()
	if held {
		cause := "NORMAL_CLEARING"
		c.mu.Lock()
		if c.cause != "" {
			cause = c.cause
		}
		c.mu.Unlock()
		b.hangup(cause)
	}
	b.mu.Lock()
	cause := b.cause
	b.mu.Unlock()
	if cause == "" { // transferred away
		cause = "BLIND_TRANSFER"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bridgedTo = nil
	c.vars.set("last_bridge_to", b.uuid)
	c.vars.set("bridge_channel", name)
	c.vars.set("bridge_uuid", b.uuid)
	c.vars.set("last_sent_callee_id_name", c.other.calleeName)
	c.vars.set("last_sent_callee_id_number", c.other.calleeNumber)
	c.vars.set("last_bridge_hangup_cause", cause)
	c.vars.set("bridge_hangup_cause", cause)
}

// afterBridge: hangup_after_bridge, park_after_bridge, else the dialplan goes on.
func (c *channel) afterBridge(b *channel) {
	if !c.ready() {
		return
	}
	switch {
	case truth(c.get("park_after_bridge")):
		c.setState(csPark)
	case truth(c.get("hangup_after_bridge")):
		c.hangup(c.get("bridge_hangup_cause"))
	}
}

// exchange is the B leg's side of a bridge.
func (c *channel) exchange() {
	out := c.pause(pause{forever: true, deafToBreak: true, digit: c.passDigit, stop: func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.bridgedTo == nil
	}})
	if out == stopped {
		c.hangup("NORMAL_CLEARING")
	}
}

// softExecute is the A leg of uuid_bridge; when it ends the call does, unless it
// is told to park.
func (c *channel) softExecute() {
	c.mu.Lock()
	b := c.target
	c.target = nil
	c.mu.Unlock()
	if b != nil {
		c.bridgeWith(b)
		c.afterBridge(b)
	}
	if c.ready() {
		c.hangup("NORMAL_CLEARING")
	}
}

// passDigit gives a digit to the other side of a bridge, which hears it.
func (c *channel) passDigit(d digit) bool {
	c.mu.Lock()
	partner := c.bridgedTo
	c.mu.Unlock()
	if partner != nil {
		partner.send(string(d.char), d.duration)
	}
	return false
}

// unbridge frees a partner of a channel that goes elsewhere.
func (c *channel) unbridge(partner *channel) {
	c.mu.Lock()
	c.bridgedTo = nil
	c.mu.Unlock()
	partner.changed()
}

// connectTwo is uuid_bridge.
func (s *Switch) connectTwo(a, b *channel) {
	for _, c := range []*channel{a, b} {
		c.mu.Lock()
		partner := c.bridgedTo
		c.mu.Unlock()
		if partner != nil && partner != a && partner != b {
			c.unbridge(partner)
		}
	}
	b.mu.Lock()
	b.bridgedTo = a
	b.mu.Unlock()
	b.setState(csExchangeMedia)
	a.mu.Lock()
	a.target = b
	a.mu.Unlock()
	a.setState(csSoftExecute)
}
