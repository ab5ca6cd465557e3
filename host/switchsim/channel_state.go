package switchsim

import (
	"strconv"

	"github.com/eslua/eslua/host/switchsim/text"
)

// A state is a channel state (switch_types.h: switch_channel_state_t).
type state uint8

const (
	csNew state = iota
	csInit
	csRouting
	csSoftExecute
	csExecute
	csExchangeMedia
	csPark
	csConsumeMedia
	csHibernate
	csReset
	csHangup
	csReporting
	csDestroy
	csNone
)

var stateNames = [...]string{"CS_NEW", "CS_INIT", "CS_ROUTING", "CS_SOFT_EXECUTE", "CS_EXECUTE",
	"CS_EXCHANGE_MEDIA", "CS_PARK", "CS_CONSUME_MEDIA", "CS_HIBERNATE", "CS_RESET", "CS_HANGUP",
	"CS_REPORTING", "CS_DESTROY", "CS_NONE"}

func (s state) String() string { return stateNames[s] }

// begin registers a channel that was set up and starts its owner.
func (c *channel) begin() {
	c.state = csInit
	c.sw.register(c)
	c.trace(WhoSwitch, "begin", c.direction+" call of "+c.caller.cidNumber+" to "+c.caller.destination)
	if !c.sw.spawn(c.run) { // the switch is closed
		c.hangup("SYSTEM_SHUTDOWN")
		c.sw.unregister(c)
		close(c.reported)
		close(c.gone)
	}
}

// setState asks the owner to go to another state, instead of a transfer that it
// has not begun.
func (c *channel) setState(s state) {
	c.update(func() {
		if c.cause == "" {
			c.state, c.transferred = s, false
		}
	})
}

// run drives the state machine (switch_core_session_run): it does what each state asks
// for until the channel is hung up, then reports and destroys it.
func (c *channel) run() {
	for {
		st, entered := c.enterState()
		if st >= csHangup {
			break
		}
		if entered {
			if st == csRouting && c.direction == inbound && load(&c.mu, &c.callState) == "DOWN" {
				c.setCallState("RINGING")
			}
			c.fire("CHANNEL_STATE")
			c.changed()
		}
		switch st {
		case csInit:
			c.onInit()
		case csRouting:
			c.onRouting()
		case csExecute:
			c.onExecute()
		case csPark:
			c.park()
		case csSoftExecute:
			c.onSoftExecute()
		case csExchangeMedia:
			c.onExchangeMedia()
		default: // consume media, reset, hibernate: until the state changes
			c.await(wait{endless: true, ignoreBreak: true})
		}
	}
	c.onHangup()
	c.onReporting()
	c.onDestroy()
}

// enterState goes to the state the channel should be in. entered is false if it
// was in it already.
func (c *channel) enterState() (st state, entered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st, entered = c.state, c.state != c.running || c.state == csRouting
	c.transferred = c.transferred && st != csRouting
	c.redirected = c.redirected && !entered
	if st < csHangup {
		c.running = st
	}
	return st, entered
}

func (c *channel) onInit() {
	if c.initHook != nil {
		c.initHook()
	}
	c.mu.Lock()
	if c.state == csInit {
		c.state = csRouting
	}
	c.mu.Unlock()
	c.fire("CHANNEL_CREATE")
	if c.direction == outbound {
		c.fire("CHANNEL_ORIGINATE")
	}
}

// onRouting finds the extension (switch_core_standard_on_routing). A leg that is
// being dialled has none and waits for its answer in CS_CONSUME_MEDIA.
func (c *channel) onRouting() {
	p, dialled := c.beginRouting()
	if dialled {
		return
	}
	c.set("call_uuid", c.uuid)
	actions, ok := c.route(p.dialplan, p.context, p.destination)
	if !ok {
		c.hangup("NO_ROUTE_DESTINATION")
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.extension, c.hitDialplan = actions, true
	if c.state == csRouting && !c.transferred { // transferred since, it is routed again
		c.state = csExecute
	}
}

func (c *channel) beginRouting() (p profile, dialled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transferred = false // a transfer that came after enterState is routed now
	dialled = c.direction == outbound && c.caller.index == 1
	if dialled && c.state == csRouting {
		c.state = csConsumeMedia
	}
	return *c.caller, dialled
}

// onExecute runs the extension's applications; after the last one the call is
// over (switch_core_standard_on_execute).
func (c *channel) onExecute() {
	c.set("call_uuid", c.uuid)
	for {
		next, ok := c.nextAction()
		if !ok {
			break
		}
		if !c.execute(next.App, next.Data) && !c.ready() {
			return
		}
	}
	if c.ready() {
		c.hangup("NORMAL_CLEARING")
	}
}

// nextAction removes the next action from the extension, unless the channel has
// left CS_EXECUTE.
func (c *channel) nextAction() (next Action, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replaced = false
	if c.state != csExecute || c.cause != "" || len(c.extension) == 0 {
		return Action{}, false
	}
	next, c.extension = c.extension[0], c.extension[1:]
	return next, true
}

// setExtension replaces the extension and executes it.
func (c *channel) setExtension(actions []Action) {
	c.update(func() {
		c.extension, c.hitDialplan = actions, true
		if c.cause == "" {
			c.state, c.replaced = csExecute, true
		}
	})
}

func (c *channel) onHangup() {
	c.awaitHangup()
	c.mu.Lock()
	c.running = csHangup
	cause, half := c.cause, c.otherHalf
	c.vars.set("hangup_cause", cause)
	c.vars.set("hangup_cause_q850", strconv.Itoa(text.Q850(cause)))
	c.mu.Unlock()
	c.fire("CHANNEL_STATE")
	c.stopRecording("all")
	c.setCallState("HANGUP")
	if half != nil {
		half.hangup(cause)
	}
	for c.runMessageInside() { // for the applications that run on a dead channel
		continue
	}
}

func (c *channel) onReporting() {
	c.mu.Lock()
	c.running, c.state = csReporting, csReporting
	c.setReportVariables()
	cause := c.cause
	c.mu.Unlock()
	c.fire("CHANNEL_STATE")
	if hook := c.get("api_reporting_hook"); hook != "" {
		c.sw.API(c.expand(hook))
	}
	c.fireReport(cause)
	c.trace(WhoSwitch, "end", "ended: "+cause)
	c.sw.sched.DeleteGroup(c.uuid)
	close(c.reported)
	c.changed()
}

// onDestroy destroys the channel once nobody holds a lock on it.
func (c *channel) onDestroy() {
	for !c.destroy() {
		<-c.wake
	}
	c.fire("CHANNEL_DESTROY")
	swap(&c.mu, &c.running, csDestroy)
	c.fire("CHANNEL_STATE")
	c.sw.unregister(c)
	close(c.gone)
}

func (c *channel) destroy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.locks > 0 {
		return false
	}
	c.state = csDestroy
	return true
}

// lock keeps the channel from being destroyed (a session read lock); it reports
// false once the channel is gone.
func (c *channel) lock() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == csDestroy {
		return false
	}
	c.locks++
	return true
}

func (c *channel) unlock() {
	c.mu.Lock()
	c.locks--
	c.mu.Unlock()
	signal(c.wake)
}
