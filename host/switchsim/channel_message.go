package switchsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// maxQueued is the length of a session's private event queue.
const maxQueued = 256

// enqueue leaves a sendmsg for the owner; it fails when the queue is full.
func (c *channel) enqueue(m wire.Command) bool {
	c.mu.Lock()
	if len(c.queued) >= maxQueued {
		c.mu.Unlock()
		return false
	}
	c.queued = append(c.queued, m)
	c.mu.Unlock()
	c.signal()
	return true
}

// runQueued runs the next message inside whatever is running, unless that was
// sent with event-lock.
func (c *channel) runQueued() bool {
	c.mu.Lock()
	if c.locked > 0 || len(c.queued) == 0 {
		c.mu.Unlock()
		return false
	}
	m := c.queued[0]
	c.queued = c.queued[1:]
	c.mu.Unlock()
	c.runMessage(m)
	c.privateCommand(m)
	return true
}

func (c *channel) flushQueued() {
	c.mu.Lock()
	c.queued = nil
	c.mu.Unlock()
}

// privateCommand tells that a queued message was dealt with.
func (c *channel) privateCommand(m wire.Command) {
	if !c.sw.bus.wanted("PRIVATE_COMMAND", c.uuid) {
		return
	}
	before := append([]wire.Header{{Name: "Command", Value: m.Line}}, m.Headers...)
	c.sw.bus.fire(c.event("PRIVATE_COMMAND", before, nil), "PRIVATE_COMMAND", c.uuid, "")
}

// runMessage does what a sendmsg says (switch_ivr_parse_event).
func (c *channel) runMessage(m wire.Command) {
	if truth(m.Get("event-lock")) || truth(m.Get("event-lock-pri")) {
		c.mu.Lock()
		c.locked++
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			c.locked--
			c.mu.Unlock()
		}()
	}
	switch m.Get("call-command") {
	case "execute":
		c.runExecute(m)
	case "hangup":
		c.hangup(m.Get("hangup-cause"))
	case "xferext":
		var actions []Action
		for _, h := range m.Headers {
			if strings.EqualFold(h.Name, "application") {
				app, data, _ := strings.Cut(h.Value, " ")
				actions = append(actions, Action{app, data})
			}
		}
		c.toExtension(actions)
	}
}

// runExecute is sendmsg execute: the argument may be a body, loops repeat it as
// long as a round takes half a second.
func (c *channel) runExecute(m wire.Command) {
	app := m.Get("execute-app-name")
	if app == "" {
		return
	}
	arg := m.Get("execute-app-arg")
	if arg == "" && strings.EqualFold(m.Get("content-type"), "text/plain") {
		arg = m.Body
	}
	loops := loopsOf(&m)
	for n := 0; n < loops || loops < 0; n++ {
		c.mu.Lock()
		if id := m.Get("Event-UUID"); id != "" {
			c.vars.set("app_uuid", id)
		}
		if name := m.Get("Event-UUID-Name"); name != "" {
			c.vars.set("app_uuid_name", name)
		}
		c.vars.set("current_loop", strconv.Itoa(n+1))
		c.vars.set("total_loops", strconv.Itoa(loops))
		c.mu.Unlock()
		began := c.sw.clk.Now()
		if !c.execute(app, arg) || !c.ready() || c.sw.clk.Now().Sub(began) < 500*time.Millisecond {
			break
		}
	}
	c.set("current_loop", "")
	c.set("total_loops", "")
}

// toExtension replaces the extension and starts it.
func (c *channel) toExtension(actions []Action) {
	c.mu.Lock()
	c.extension, c.hitDialplan = actions, true
	if c.cause == "" {
		c.state, c.reset = csExecute, true
	}
	c.mu.Unlock()
	c.changed()
}
