package switchsim

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// bridgeApp dials and connects. A failure hangs the caller up with the cause,
// unless the channel's variables let the dialplan continue.
func bridgeApp(c *channel, arg string) {
	o := origination{dial: arg, timeout: 60, from: c}
	if v := text.Number(c.get("call_timeout")); v > 0 {
		o.timeout = v
	}
	c.mu.Lock()
	o.cidName, o.cidNumber = c.caller.cidName, c.caller.cidNumber
	c.mu.Unlock()
	o.cidName = cmp.Or(c.get("effective_caller_id_name"), o.cidName)
	o.cidNumber = cmp.Or(c.get("effective_caller_id_number"), o.cidNumber)
	b, cause := c.sw.originate(o)
	c.setDialResult(b, cause)
	if b == nil {
		c.handleDialFailure(cause)
		return
	}
	c.answer()
	c.bridgeTo(b)
	c.afterBridge(b)
}

// setDialResult sets the A leg's variables about a finished dialling.
func (c *channel) setDialResult(b *channel, cause string) {
	status := map[string]string{"SUCCESS": "SUCCESS", "USER_BUSY": "BUSY", "NO_ANSWER": "NOANSWER",
		"ORIGINATOR_CANCEL": "CANCEL", "SWITCH_CONGESTION": "CONGESTION", "UNALLOCATED_NUMBER": "INVALIDARGS"}[cause]
	last := [2]string{"originate_failed_cause", cause}
	if b != nil {
		last = [2]string{"originate_signal_bond", ""}
	}
	c.setAll([][2]string{{"originate_disposition", cause}, {"DIALSTATUS", cmp.Or(status, cause)}, last})
}

// handleDialFailure hangs the caller up, transfers it, or lets its dialplan
// continue (switch_channel_handle_cause).
func (c *channel) handleDialFailure(cause string) {
	continueOn, failures := c.get("continue_on_fail"), c.get("failure_causes")
	continues := false
	switch {
	case cause == "ATTENDED_TRANSFER":
	case continueOn == "" && failures == "":
		continues = cause == "NO_ANSWER" || cause == "NO_USER_RESPONSE" || cause == "ORIGINATOR_CANCEL"
	case text.True(continueOn) || listsCause(continueOn, cause):
		continues = true
	case failures != "":
		continues = !text.True(failures) && !listsCause(failures, cause)
	}
	if continues {
		return
	}
	if target := text.Split(c.get("transfer_on_fail"), ' ', 4); len(target) > 1 {
		if on := target[0]; strings.EqualFold(on, "true") || strings.EqualFold(on, "auto_cause") || listsCause(on, cause) {
			c.transfer(target[1:])
			return
		}
	}
	c.hangup(cause)
}

// listsCause reports whether a comma-separated list of names or numbers has the
// cause.
func listsCause(list, cause string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(item string) bool {
		item = strings.TrimSpace(item)
		return item != "" && text.Cause(item) == cause
	})
}

// bridgeTo connects the channel with an answered leg until one side is gone
// (switch_ivr_multi_threaded_bridge).
func (c *channel) bridgeTo(b *channel) {
	theirs, name, ok := b.joinBridge(c)
	if !ok {
		return
	}
	mine := c.leadBridge(b, theirs)
	b.update(func() {
		b.other, b.otherType = &mine, "originator"
		b.vars.set("signal_bond", c.uuid)
		if b.cause == "" && !b.transferred { // a transfer may have come during the wait
			b.state = csExchangeMedia
		}
	})
	c.trace(WhoSwitch, "bridge", "bridged to "+name)
	ids := []wire.Header{{Name: "Bridge-A-Unique-ID", Value: c.uuid}, {Name: "Bridge-B-Unique-ID", Value: b.uuid}}
	c.fireWith("CHANNEL_BRIDGE", ids)
	b.watch(c.wake)
	c.await(wait{endless: true, ignoreBreak: true, digit: c.passDigit,
		until: func() bool { return b.down() || b.partner() != c }})
	b.unwatch(c.wake)
	c.leaveBridge(b, name)
	c.trace(WhoSwitch, "unbridge", "no longer bridged to "+name)
	c.fireWith("CHANNEL_UNBRIDGE", ids)
}

// joinBridge makes a the partner of the B leg and returns the leg's profile as a
// shows it; ok is false if the leg is hung up or transferred.
func (b *channel) joinBridge(a *channel) (p profile, name string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cause != "" || b.transferred {
		return p, "", false
	}
	b.bridgedTo, b.caller.bridged = a, stamp{}
	p = *b.caller
	p.logicalDir, p.origName = inbound, ""
	return p, b.name, true
}

// leadBridge makes b the partner of the A leg and returns the leg's own profile.
func (c *channel) leadBridge(b *channel, theirs profile) profile {
	now := stampOf(c.sw.clk.Now())
	c.mu.Lock()
	defer c.mu.Unlock()
	p := *c.caller
	p.bridged = now
	c.bridgedTo, c.caller, c.other, c.otherType = b, &p, &theirs, "originatee"
	c.vars.set("signal_bond", b.uuid)
	return p
}

// leaveBridge separates the channel from the B leg and waits until that has left the
// bridge too. Each side is told how the other one ended, if it has.
func (c *channel) leaveBridge(b *channel, name string) {
	if led := c.hangupCause(); led != "" {
		b.set("bridge_hangup_cause", led)
	}
	if b.unjoin(c) {
		b.awaitLeaving(csExchangeMedia)
	}
	cause := b.hangupCause()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bridgedTo == b {
		c.bridgedTo = nil
	}
	c.vars.setAll([][2]string{{"last_bridge_to", b.uuid}, {"bridge_channel", name}, {"bridge_uuid", b.uuid},
		{"last_sent_callee_id_name", c.other.calleeName}, {"last_sent_callee_id_number", c.other.calleeNumber}})
	if cause != "" {
		c.vars.set("bridge_hangup_cause", cause)
	}
}

// unjoin reports whether a was the partner, and removes it.
func (b *channel) unjoin(a *channel) (joined bool) {
	b.update(func() {
		if joined = b.bridgedTo == a; joined {
			b.bridgedTo = nil
		}
	})
	return joined
}

// awaitLeaving waits until another channel has to leave a state.
func (b *channel) awaitLeaving(st state) {
	w := make(chan struct{}, 1)
	b.watch(w)
	defer b.unwatch(w)
	for load(&b.mu, &b.state) == st {
		<-w
	}
}

// afterBridge parks, transfers or hangs up if the variables say so; else the dialplan
// continues.
func (c *channel) afterBridge(b *channel) {
	if c.ready() && !load(&c.mu, &c.redirected) && !c.parkAfterBridge() && text.True(c.get("hangup_after_bridge")) {
		c.hangup(cmp.Or(b.hangupCause(), "NORMAL_CLEARING"))
	}
}

// parkAfterBridge parks or transfers if the variables say so, on either side.
func (c *channel) parkAfterBridge() bool {
	where := c.get("transfer_after_bridge")
	switch {
	case text.True(c.get("park_after_bridge")):
		c.parkSession()
	case where != "":
		c.set("transfer_after_bridge", "")
		c.transfer(text.Split(where, ':', 4))
	default:
		return false
	}
	return true
}

// onExchangeMedia runs the B leg's side of a bridge.
func (c *channel) onExchangeMedia() {
	out := c.await(wait{endless: true, ignoreBreak: true, digit: c.passDigit,
		until: func() bool { return c.partner() == nil }})
	if out == conditionMet && c.ready() && !c.parkAfterBridge() { // it is not if a transfer took the partner away
		c.hangup("NORMAL_CLEARING")
	}
}

// onSoftExecute runs the A leg's side of uuid_bridge, when the other one has left what it
// did; then the dialplan continues with the action after the one that the bridge took the
// channel out of (switch_ivr_bridge.c:uuid_bridge_on_soft_execute).
func (c *channel) onSoftExecute() {
	if b := swap(&c.mu, &c.bridgeTarget, nil); b != nil {
		b.watch(c.wake)
		c.await(wait{endless: true, ignoreBreak: true, until: func() bool { return b.down() || load(&b.mu, &b.running) == csReset }})
		b.unwatch(c.wake)
		switch {
		case !c.ready():
			b.hangup("DESTINATION_OUT_OF_ORDER")
		case !b.ready():
			c.hangup("DESTINATION_OUT_OF_ORDER")
		default:
			c.bridgeTo(b)
			c.afterBridge(b)
		}
	}
	if c.ready() {
		c.setState(csExecute)
	}
}

// passDigit sends a digit to the other side of a bridge.
func (c *channel) passDigit(d digit) bool {
	if partner := c.partner(); partner != nil {
		partner.send(string(d.char), d.duration)
	}
	return false
}

// unbridge frees the partner of a channel that goes elsewhere.
func (c *channel) unbridge(partner *channel) {
	swap(&c.mu, &c.bridgedTo, nil)
	partner.changed()
}

// connectTwo bridges two channels, whatever they do (switch_ivr_bridge.c:
// switch_ivr_uuid_bridge).
func connectTwo(a, b *channel) {
	a.set("signal_bond", b.uuid)
	b.set("signal_bond", a.uuid)
	swap(&a.mu, &a.bridgeTarget, b)
	redirect(a, b)
	for _, c := range []*channel{b, a} {
		partner := c.partner()
		if c == b {
			c.setState(csReset)
		} else {
			c.setState(csSoftExecute)
		}
		if partner != nil {
			c.unbridge(partner)
		}
	}
}

// interceptApp puts its channel in the place of the one to which another is bridged
// (switch_ivr_bridge.c:switch_ivr_intercept_session).
func interceptApp(c *channel, uuid string) {
	r := c.sw.locate(uuid)
	if r == nil {
		return
	}
	c.answer()
	r.answer()
	other := r.partner()
	if other != nil && other != c {
		other.set("park_after_bridge", "true") // or it would end by itself before it is hung up
	}
	connectTwo(c, r)
	if other != nil && other != c {
		other.hangup("PICKED_OFF")
	}
}
