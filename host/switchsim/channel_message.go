package switchsim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// maxMessages is the length of a session's private event queue.
const maxMessages = 256

// enqueue queues a sendmsg for the owner; it reports false if the queue is full.
func (c *channel) enqueue(m wire.Command) bool {
	c.mu.Lock()
	full := len(c.messages) >= maxMessages
	if !full {
		c.messages = append(c.messages, m)
	}
	c.mu.Unlock()
	signal(c.wake)
	return !full
}

// runMessageInside runs the next message inside whatever is running, unless that
// was sent with event-lock.
func (c *channel) runMessageInside() bool {
	if load(&c.mu, &c.eventLocks) > 0 {
		return false
	}
	m, ok := shift(&c.mu, &c.messages)
	if !ok {
		return false
	}
	c.runMessage(m)
	if !c.sw.bus.Skip("PRIVATE_COMMAND", c.uuid) {
		headers := append([]wire.Header{{Name: "Command", Value: m.Line}}, m.Headers...)
		c.sw.bus.Fire(c.event("PRIVATE_COMMAND", headers, nil), "PRIVATE_COMMAND", c.uuid, "")
	}
	return true
}

func (c *channel) flushMessages() { swap(&c.mu, &c.messages, nil) }

func (c *channel) addEventLock(n int) {
	c.mu.Lock()
	c.eventLocks += n
	c.mu.Unlock()
}

// runMessage executes a sendmsg (switch_ivr_parse_event).
func (c *channel) runMessage(m wire.Command) {
	if text.True(m.Get("event-lock")) || text.True(m.Get("event-lock-pri")) {
		c.addEventLock(1)
		defer c.addEventLock(-1)
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
		c.setExtension(actions)
	}
}

// runExecute executes sendmsg execute. The argument may be the body; loops repeat
// the application as long as a round takes half a second.
func (c *channel) runExecute(m wire.Command) {
	app := m.Get("execute-app-name")
	if app == "" {
		return
	}
	arg := m.Get("execute-app-arg")
	if arg == "" && strings.EqualFold(m.Get("content-type"), "text/plain") {
		arg = m.Body
	}
	loops, err := strconv.Atoi(m.Get("loops"))
	if err != nil {
		loops = 1
	}
	for n := 0; n < loops || loops < 0; n++ {
		for _, v := range [][2]string{{"app_uuid", m.Get("Event-UUID")}, {"app_uuid_name", m.Get("Event-UUID-Name")},
			{"current_loop", strconv.Itoa(n + 1)}, {"total_loops", strconv.Itoa(loops)}} {
			if v[1] != "" {
				c.set(v[0], v[1])
			}
		}
		began := c.sw.clk.Now()
		if !c.execute(app, arg) || !c.ready() || c.sw.clk.Now().Sub(began) < 500*time.Millisecond {
			break
		}
	}
	c.setAll([][2]string{{"current_loop", ""}, {"total_loops", ""}})
}

// A sessionEvent is an event queued to a channel by sendevent.
type sessionEvent struct {
	name, subclass string
	event          *wire.Event
}

func (c *channel) enqueueEvent(e sessionEvent) {
	c.mu.Lock()
	c.sessionEvents = append(c.sessionEvents, e)
	c.mu.Unlock()
	signal(c.wake)
}

// runSessionEvent removes one such event. A connection that diverts events gets
// it alone and as it was sent, park fires it to everybody, other applications
// swallow it.
func (c *channel) runSessionEvent() bool {
	next, ok := shift(&c.mu, &c.sessionEvents)
	if !ok {
		return false
	}
	c.mu.Lock()
	divertTo, parked := c.divertTo, c.controlled && len(c.apps) <= 1
	c.mu.Unlock()
	switch {
	case divertTo != nil:
		divertTo.sub.Push(next.event)
	case parked:
		e := &wire.Event{Headers: slices.Clone(next.event.Headers), Body: next.event.Body} // without a name
		e.Headers = c.appendData(e.Headers, false)
		c.sw.bus.Fire(e, next.name, c.uuid, next.subclass)
	}
	return true
}
