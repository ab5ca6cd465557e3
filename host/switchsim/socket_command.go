package switchsim

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/bus"
	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// handle answers one command (mod_event_socket.c:parse_command). Commands are
// compared by prefix and without case, in FreeSWITCH's order.
func (l *connection) handle(cmd wire.Command) {
	l.count++
	l.traceCommand(cmd)
	if l.faultBefore() {
		return
	}
	answer := l.answer(cmd)
	if l.outbound && l.count == 1 && !hasPrefix(cmd.Line, "connect") {
		return // the first command of an outbound connection is answered only if it is connect
	}
	l.reply(answer)
}

func (l *connection) answer(cmd wire.Command) []byte {
	line := strings.TrimRight(cmd.Line, "\r\n")
	if hasPrefix(line, "exit") || hasPrefix(line, "...") {
		l.running = false
		return wire.Reply("+OK bye")
	}
	if !l.authed {
		return l.authenticate(line)
	}
	if hasPrefix(line, "filter ") {
		return wire.Reply(l.filter(strings.TrimLeft(line[7:], " ")))
	}
	if answer := l.sessionCommand(cmd, line); answer != nil {
		return answer
	}
	if l.outbound && !l.full {
		return wire.Reply("-ERR command not found")
	}
	return l.fullCommand(cmd, line)
}

// sessionCommand answers the commands that every outbound connection has, full or
// not; it returns nil for any other.
func (l *connection) sessionCommand(cmd wire.Command, line string) []byte {
	switch {
	case l.channel != nil && hasPrefix(line, "resume"):
		l.resume.Store(true)
		l.channel.set("socket_resume", "true")
		return wire.Reply("+OK")
	case l.channel != nil && hasPrefix(line, "connect"):
		if l.onConnect != nil {
			l.onConnect()
			l.onConnect = nil
		}
		return l.connectReply()
	case l.channel != nil && hasPrefix(line, "getvar"):
		_, name, _ := strings.Cut(line, " ")
		if value := l.channel.get(name); value != "" {
			return wire.Reply(value)
		}
		return wire.Reply("-ERR command not found")
	case (l.channel != nil || hasPrefix(line, "myevents ")) && hasPrefix(line, "myevents"):
		return wire.Reply(l.myevents(line))
	case hasPrefix(line, "divert_events"):
		return wire.Reply(l.divertEvents(strings.TrimSpace(line[len("divert_events"):])))
	case hasPrefix(line, "sendmsg"):
		return wire.Reply(l.sendmsg(cmd, strings.TrimSpace(line[len("sendmsg"):])))
	}
	return nil
}

// fullCommand answers the commands of an inbound or full connection.
func (l *connection) fullCommand(cmd wire.Command, line string) []byte {
	switch {
	case hasPrefix(line, "sendevent"):
		return wire.Reply("+OK " + l.sw.sendEvent(cmd, strings.TrimSpace(line[len("sendevent"):])))
	case hasPrefix(line, "api "):
		return l.api(line[4:])
	case hasPrefix(line, "bgapi "):
		return l.bgapi(line[6:], cmd.Get("job-uuid"))
	case hasPrefix(line, "log"):
		return wire.Reply(l.log(strings.TrimSpace(line[3:])))
	case hasPrefix(line, "linger"):
		return wire.Reply(l.setLinger(line[len("linger"):]))
	case hasPrefix(line, "nolinger"):
		if l.channel == nil {
			return wire.Reply("-ERR not controlling a session")
		}
		l.linger = false
		return wire.Reply("+OK will not linger")
	case hasPrefix(line, "nolog"):
		return wire.Reply(l.noLog())
	case hasPrefix(line, "event"):
		return wire.Reply(l.event(line))
	case hasPrefix(line, "nixevent"):
		_, names, _ := strings.Cut(line, " ")
		if !l.sub.Disable(strings.Fields(names)) {
			return wire.Reply("-ERR no keywords supplied")
		}
		return wire.Reply("+OK events nixed")
	case hasPrefix(line, "noevents"):
		if !l.sub.Silence() {
			return wire.Reply("-ERR not listening for events")
		}
		return wire.Reply("+OK no longer listening for events")
	}
	return wire.Reply("-ERR command not found")
}

// filter adds or deletes a filter.
func (l *connection) filter(args string) string {
	header, value, ok := strings.Cut(args, " ")
	switch {
	case strings.EqualFold(header, "delete") && ok:
		header, value, _ = strings.Cut(value, " ")
		l.sub.DeleteFilters(bus.Filter{Header: header, Value: value})
		return "+OK filter deleted. [" + header + "][" + value + "]"
	case !ok:
		return "-ERR invalid syntax"
	case strings.EqualFold(header, "add"):
		header, value, _ = strings.Cut(value, " ")
	}
	l.sub.AddFilter(bus.Filter{Header: header, Value: value})
	return "+OK filter added. [" + header + "]=[" + value + "]"
}

// myevents restricts the connection to one channel's events. On an inbound
// connection it takes control of a channel; a format word there is ignored.
func (l *connection) myevents(line string) string {
	if l.restricted != "" {
		return "-ERR aready enabled." // sic
	}
	if l.channel == nil {
		uuid, format, hasFormat := strings.Cut(line[len("myevents "):], " ")
		c := l.sw.locate(uuid)
		if c == nil || !l.control(c) {
			if hasFormat && format != "" {
				return "-ERR invalid uuid"
			}
		}
		l.async = true
	}
	if lower := strings.ToLower(line); l.outbound {
		for _, format := range []string{"xml", "json"} {
			if strings.Contains(lower, format) {
				l.sub.SetFormat(format)
			}
		}
	}
	l.sw.bus.Remove(l.sub, "")
	l.listening = true
	l.sub.Enable(bus.MyEvents, func(string) bool { return true })
	if l.channel != nil {
		l.restricted = l.channel.uuid
	}
	l.sw.bus.Add(l.sub, l.restricted)
	return "+OK Events Enabled"
}

// event adds events to the subscription; unknown names are skipped.
func (l *connection) event(line string) string {
	_, rest, _ := strings.Cut(line, " ")
	words := strings.Fields(rest)
	if len(words) > 0 {
		if f := strings.ToLower(words[0]); f == "plain" || f == "json" || f == "xml" {
			l.sub.SetFormat(f)
			words = words[1:]
		}
	}
	if !l.listening {
		l.listening = true
		l.sw.bus.Add(l.sub, l.restricted)
	}
	valid, permitted := l.sub.Enable(words, l.mayHear)
	if !permitted {
		return "-ERR permission denied"
	}
	if !valid {
		return "-ERR no keywords supplied"
	}
	return "+OK event listener enabled " + l.sub.Format()
}

// divertEvents sends DTMF and session events to this connection alone, or no more.
func (l *connection) divertEvents(on string) string {
	c := l.channel
	if c == nil {
		return "-ERR not controlling a session."
	}
	if on == "" {
		return "-ERR missing value."
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.EqualFold(on, "on") {
		c.divertTo = l
		return "+OK events diverted"
	}
	c.divertTo = nil
	return "+OK events not diverted"
}

// sendmsg queues a message to a channel. A synchronous connection runs it at once
// on its own channel and answers when it is done.
func (l *connection) sendmsg(cmd wire.Command, uuid string) string {
	if uuid == "" {
		uuid = cmd.Get("session-id")
	}
	c := l.channel
	if uuid != "" && (c == nil || uuid != c.uuid) {
		if c = l.sw.locate(uuid); c == nil {
			return "-ERR invalid session id [" + uuid + "]"
		}
		return queueReply(c, cmd)
	}
	if c == nil {
		return "-ERR invalid session id []"
	}
	if l.async || text.True(cmd.Get("async")) {
		return queueReply(c, cmd)
	}
	c.runMessage(cmd)
	return "+OK"
}

func queueReply(c *channel, cmd wire.Command) string {
	if !c.enqueue(cmd) {
		return "-ERR memory error"
	}
	return "+OK"
}

// setLinger has the connection outlive its channel: for some seconds, or until the
// application closes it.
func (l *connection) setLinger(arg string) string {
	if l.channel == nil {
		return "-ERR not controlling a session"
	}
	l.linger, l.lingerFor = true, -1
	if strings.HasPrefix(arg, " ") && len(arg) > 1 {
		l.lingerFor = text.Number(arg)
	}
	if l.lingerFor == -1 {
		return "+OK will linger"
	}
	return "+OK will linger " + strconv.Itoa(l.lingerFor) + " seconds"
}

// hasPrefix compares without case.
func hasPrefix(line, command string) bool {
	return len(line) >= len(command) && strings.EqualFold(line[:len(command)], command)
}
