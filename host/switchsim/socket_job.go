package switchsim

import (
	"strings"

	"github.com/eslua/eslua/host/switchsim/bus"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// api runs a command and answers with its output. Nothing else happens on this
// connection until the command is done.
func (l *connection) api(line string) []byte {
	if !l.mayRun(line) {
		return wire.Reply("-ERR permission denied")
	}
	cmd, args, _ := strings.Cut(line, " ")
	return wire.APIResponse(l.sw.runAPI(cmd, args, nil))
}

// bgapi runs a command in another goroutine; its output comes as an event.
func (l *connection) bgapi(line, id string) []byte {
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
		sw.bus.Fire(e, "BACKGROUND_JOB", owner, "")
	})
	return nil
}

// sendEvent fires an application's event and returns its UUID. An event with the
// Unique-ID of a living channel is queued to that channel instead.
func (s *Switch) sendEvent(cmd wire.Command, name string) string {
	id := s.newUUID()
	kind, known := bus.EventName(name)
	if !known {
		kind = "CLONE"
	}
	subclass := cmd.Get("Event-Subclass")
	headers := append([]wire.Header{{Name: "Command", Value: cmd.Line}}, cmd.Headers...)
	headers = append(headers, wire.Header{Name: "Event-UUID", Value: id})
	if c := s.locate(cmd.Get("Unique-ID")); c != nil {
		c.enqueueEvent(sessionEvent{kind, subclass, &wire.Event{Headers: headers, Body: cmd.Body}})
		return id
	}
	s.bus.Fire(s.completeEvent(kind, subclass, headers, cmd.Body), kind, cmd.Get("Unique-ID"), subclass)
	return id
}

// completeEvent gives an application's event the headers that every event has.
func (s *Switch) completeEvent(kind, subclass string, headers []wire.Header, body string) *wire.Event {
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
