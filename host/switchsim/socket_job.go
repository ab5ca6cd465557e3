package switchsim

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// api runs a command and answers with its output; nothing else happens on this
// connection meanwhile.
func (l *listener) api(line string) []byte {
	if !l.mayRun(line) {
		return wire.Reply("-ERR permission denied")
	}
	cmd, args, _ := strings.Cut(line, " ")
	return wire.APIResponse(l.sw.runAPI(cmd, args, nil))
}

// bgapi runs a command in its own goroutine; the result is an event.
func (l *listener) bgapi(line, id string) []byte {
	if !l.mayRun(line) {
		return wire.Reply("-ERR permission denied")
	}
	if id == "" {
		id = l.sw.newUUID()
	}
	cmd, args, hasArgs := strings.Cut(line, " ")
	owner := ""
	if l.channel != nil {
		owner = l.channel.uuid
	}
	// The reply is out before the job begins, so that it precedes the event.
	l.reply(wire.Reply("+OK Job-UUID: "+id, wire.Header{Name: "Job-UUID", Value: id}))
	sw := l.sw
	sw.spawn(func() {
		output := sw.runAPI(cmd, args, nil)
		e := sw.newEvent("BACKGROUND_JOB", "", 6)
		e.Headers = append(e.Headers, wire.Header{Name: "Job-UUID", Value: id})
		if owner != "" {
			e.Headers = append(e.Headers, wire.Header{Name: "Job-Owner-UUID", Value: owner})
		}
		e.Headers = append(e.Headers, wire.Header{Name: "Job-Command", Value: cmd})
		if hasArgs && args != "" {
			e.Headers = append(e.Headers, wire.Header{Name: "Job-Command-Arg", Value: args})
		}
		e.Body = output
		sw.bus.fire(e, "BACKGROUND_JOB", owner, "")
	})
	return nil
}

// sendEvent fires an application's event. One with the Unique-ID of a living
// channel is queued to that channel instead.
func (s *Switch) sendEvent(cmd wire.Command, name string) string {
	id := s.newUUID()
	kind := eventName(name)
	if !known[kind] || kind == "" {
		kind = "CLONE"
	}
	subclass := cmd.Get("Event-Subclass")
	body := append([]wire.Header{{Name: "Command", Value: cmd.Line}}, cmd.Headers...)
	body = append(body, wire.Header{Name: "Event-UUID", Value: id})
	if c := s.locate(cmd.Get("Unique-ID")); c != nil {
		c.mu.Lock()
		c.sessions = append(c.sessions, sessionEvent{kind, subclass, &wire.Event{Headers: body, Body: cmd.Body}})
		c.mu.Unlock()
		c.signal()
		return id
	}
	s.bus.fire(s.prepared(kind, subclass, body, cmd.Body), kind, cmd.Get("Unique-ID"), subclass)
	return id
}

// prepared gives an application's event the headers every fired event has.
func (s *Switch) prepared(kind, subclass string, headers []wire.Header, body string) *wire.Event {
	var first []wire.Header
	if kind == "CUSTOM" && subclass != "" {
		first = []wire.Header{{Name: "Event-Subclass", Value: subclass}}
	}
	e := s.newEvent(kind, "switch_event_prep_for_delivery_detailed", len(headers), first...)
	for _, h := range headers {
		if first == nil || !strings.EqualFold(h.Name, "Event-Subclass") {
			e.Headers = append(e.Headers, h)
		}
	}
	e.Body = body
	return e
}

// sessionEvent is an event queued to a channel.
type sessionEvent struct {
	name, subclass string
	event          *wire.Event
}

// runSessionEvent takes one: park fires it to everybody, other applications
// swallow it, a connection that diverts events gets it alone and as it was sent.
func (c *channel) runSessionEvent() bool {
	c.mu.Lock()
	if len(c.sessions) == 0 {
		c.mu.Unlock()
		return false
	}
	next := c.sessions[0]
	c.sessions = c.sessions[1:]
	divert, parked := c.divert, c.controlled && len(c.apps) <= 1
	c.mu.Unlock()
	switch {
	case divert != nil:
		divert.push(next.event)
	case parked:
		e := &wire.Event{Headers: slices.Clone(next.event.Headers), Body: next.event.Body} // without a name
		c.mu.Lock()
		e.Headers = c.appendData(e.Headers, false)
		c.mu.Unlock()
		c.sw.bus.fire(e, next.name, c.uuid, next.subclass)
	}
	return true
}
