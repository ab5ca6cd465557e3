package esl

import (
	"strconv"
	"strings"

	"github.com/percipia/eslgo/command"
	"github.com/percipia/eslgo/command/call"
)

// ExecuteOptions is one application to run on a channel.
type ExecuteOptions struct {
	App       string
	Arg       string // may hold line breaks: it then travels in the body
	EventUUID string // comes back as Application-UUID; empty: none
	UUID      string // of another channel than the connection's own
	Lock      bool   // event-lock: queue behind what runs instead of running inside it
	Loops     int    // 0 = once, -1 = endless
}

// Execute runs a dialplan application (switch_ivr.c:switch_ivr_parse_event).
func Execute(o ExecuteOptions) (Command, error) {
	f := fields{command: "execute"}
	f.some("application", o.App)
	f.body("argument", o.Arg)
	f.line("event uuid", o.EventUUID)
	f.target(o.UUID)
	if o.Loops < -1 {
		f.refuse("loops", strconv.Itoa(o.Loops), "must be -1 (endless) or more")
	}
	inBody := strings.ContainsAny(o.Arg, "\r\n") || strings.TrimSpace(o.Arg) != o.Arg // eslgo trims headers
	return message(&f, o.UUID, inBody || len(o.Arg) > 2048, &call.Execute{
		UUID:      o.UUID,
		AppName:   o.App,
		AppArgs:   o.Arg,
		AppUUID:   o.EventUUID,
		Loops:     o.Loops,
		Sync:      o.Lock,
		ForceBody: inBody,
	})
}

// Hangup ends a channel; an empty uuid is the connection's own, an empty cause
// NORMAL_CLEARING.
func Hangup(uuid, cause string) (Command, error) {
	f := fields{command: "hangup"}
	f.target(uuid)
	if cause == "" {
		cause = "NORMAL_CLEARING"
	}
	f.word("cause", cause)
	return message(&f, uuid, false, call.Hangup{UUID: uuid, Cause: cause})
}

func (f *fields) target(uuid string) {
	if uuid != "" {
		f.word("uuid", uuid)
	}
}

// message finishes a sendmsg. eslgo's line ends are CRLF and must stay so:
// FreeSWITCH's line splitter takes the first CR it sees anywhere ahead.
func message(f *fields, uuid string, hasBody bool, m command.Command) (Command, error) {
	if f.err != nil {
		return Command{}, f.err
	}
	wire := m.BuildMessage()
	if uuid == "" {
		wire = strings.Replace(wire, "sendmsg \r\n", "sendmsg\r\n", 1)
	}
	if !hasBody {
		wire += "\r\n\r\n"
	}
	return Command{wire: wire}, nil
}

// SendEvent fires an event into FreeSWITCH. A Content-Length among the headers
// is left out: the body has its own. eslgo's builder is not used here, because
// it sorts the headers and trims their values.
func SendEvent(name string, headers [][2]string, body string) (Command, error) {
	f := fields{command: "sendevent"}
	f.word("event name", name)
	f.body("body", body)
	var b strings.Builder
	b.WriteString("sendevent " + name + "\n")
	for _, h := range headers {
		if strings.EqualFold(h[0], "Content-Length") {
			continue
		}
		f.header("header", h[0])
		f.line(h[0], h[1])
		b.WriteString(h[0] + ": " + h[1] + "\n")
	}
	if f.err != nil {
		return Command{}, f.err
	}
	if body != "" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\n")
	}
	b.WriteString("\n" + body)
	return Command{wire: b.String()}, nil
}
