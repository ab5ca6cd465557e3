package switchsim

import (
	"strconv"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// begin starts the owner of a channel that was set up.
func (c *channel) begin(first state) {
	c.mu.Lock()
	c.state = first
	c.mu.Unlock()
	c.sw.register(c)
	c.trace(WhoSwitch, "begin", c.direction+" call of "+c.caller.cidNumber+" to "+c.caller.destination)
	if !c.sw.spawn(c.run) { // the switch is closed
		c.hangup("SYSTEM_SHUTDOWN")
		c.sw.unregister(c)
		close(c.reported)
		close(c.gone)
	}
}

// run is the state machine (switch_core_session_run): it does what the target
// state says until the channel is hung up, then reports and destroys it.
func (c *channel) run() {
	for {
		c.mu.Lock()
		st := c.state
		c.transferred = c.transferred && st != csRouting
		same := st == c.running
		if st < csHangup {
			c.running = st
		}
		c.mu.Unlock()
		if st >= csHangup {
			break
		}
		if !same || st == csRouting {
			if st == csRouting && c.direction == inbound {
				c.setCallStateIf("DOWN", "RINGING")
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
			c.softExecute()
		case csExchangeMedia:
			c.exchange()
		default: // consume media, reset, hibernate: until told otherwise
			c.pause(pause{forever: true, deafToBreak: true})
		}
	}
	c.onHangup()
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

// onRouting finds the extension (switch_core_standard_on_routing). A leg being
// dialled has none and waits for its answer in CS_CONSUME_MEDIA.
func (c *channel) onRouting() {
	c.mu.Lock()
	p := *c.caller
	c.transferred = false // it may have come since run looked, and is what is routed now
	if c.direction == outbound && p.index == 1 {
		if c.state == csRouting {
			c.state = csConsumeMedia
		}
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	c.set("call_uuid", c.uuid)
	actions, ok := c.route(p.dialplan, p.context, p.destination)
	if !ok {
		c.hangup("NO_ROUTE_DESTINATION")
		return
	}
	c.mu.Lock()
	c.extension, c.hitDialplan = actions, true
	if c.state == csRouting && !c.transferred { // transferred meanwhile, it is routed again
		c.state = csExecute
	}
	c.mu.Unlock()
}

func (c *channel) setCallStateIf(from, to string) {
	c.mu.Lock()
	ok := c.callState == from
	c.mu.Unlock()
	if ok {
		c.setCallState(to)
	}
}

// onExecute runs the extension's applications; after the last one the call is
// over (switch_core_standard_on_execute).
func (c *channel) onExecute() {
	c.set("call_uuid", c.uuid)
	for {
		c.mu.Lock()
		c.reset = false
		if c.state != csExecute || c.cause != "" {
			c.mu.Unlock()
			return
		}
		if len(c.extension) == 0 {
			c.mu.Unlock()
			break
		}
		next := c.extension[0]
		c.extension = c.extension[1:]
		c.mu.Unlock()
		if !c.execute(next.App, next.Data) && !c.ready() {
			return
		}
	}
	if c.ready() {
		c.hangup("NORMAL_CLEARING")
	}
}

// onHangup is CS_HANGUP, CS_REPORTING and CS_DESTROY.
func (c *channel) onHangup() {
	c.mu.Lock()
	c.running = csHangup
	cause := c.cause
	c.vars.set("hangup_cause", cause)
	c.vars.set("hangup_cause_q850", strconv.Itoa(q850(cause)))
	loop := c.loop
	c.mu.Unlock()
	c.fire("CHANNEL_STATE")
	c.setCallState("HANGUP")
	if loop != nil {
		loop.hangup(cause)
	}
	c.runZombies()
	c.mu.Lock()
	c.running, c.state = csReporting, csReporting
	c.reportVariables()
	c.mu.Unlock()
	c.fire("CHANNEL_STATE")
	c.fireWith("CHANNEL_HANGUP_COMPLETE", []wire.Header{{Name: "Hangup-Cause", Value: cause}})
	c.trace(WhoSwitch, "end", "ended: "+cause)
	c.sw.sched.deleteGroup(c.uuid)
	close(c.reported)
	c.changed()
	for {
		c.mu.Lock()
		free := c.locks == 0
		if free {
			c.state = csDestroy
		}
		c.mu.Unlock()
		if free {
			break
		}
		<-c.wake
	}
	c.fire("CHANNEL_DESTROY")
	c.mu.Lock()
	c.running = csDestroy
	c.mu.Unlock()
	c.fire("CHANNEL_STATE")
	c.sw.unregister(c)
	close(c.gone)
}

// lock keeps the channel from being destroyed (a session read lock); it fails
// once the channel is gone.
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
	c.signal()
}
