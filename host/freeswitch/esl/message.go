package esl

import (
	"strconv"
	"strings"
)

// ExecuteOptions says which application to run on which channel.
type ExecuteOptions struct {
	App       string
	Arg       string // may hold line breaks; it is then sent as the body
	EventUUID string // returned as Application-UUID; empty: none
	UUID      string // empty: the connection's own channel
	Lock      bool   // event-lock: run after the current application instead of inside it
	Loops     int    // 0 = once, -1 = endless
}

// Execute runs a dialplan application (switch_ivr.c:switch_ivr_parse_event). Its
// line ends are CRLF, as eslgo's are: FreeSWITCH's line splitter takes the first
// CR it sees anywhere ahead, and the argument may hold one.
func Execute(o ExecuteOptions) (Command, error) {
	f := fields{command: "execute"}
	f.some("application", o.App)
	f.body("argument", o.Arg)
	f.line("event uuid", o.EventUUID)
	f.target(o.UUID)
	if o.Loops < -1 {
		f.refuse("loops", strconv.Itoa(o.Loops), "must be -1 (endless) or more")
	}
	if f.err != nil {
		return Command{}, f.err
	}
	// eslgo's builder (command/call/execute.go) writes the same headers, sorted and
	// re-cased; that is a twentieth of what a whole call costs, so this one is ours.
	// FreeSWITCH trims the blanks around a header's value, and its documentation
	// bounds one at 2048 bytes.
	inBody := len(o.Arg) > 2048 || strings.ContainsAny(o.Arg, "\r\n") || strings.TrimSpace(o.Arg) != o.Arg
	b := make([]byte, 0, 256)
	b = append(b, "sendmsg"...)
	if o.UUID != "" {
		b = append(append(b, ' '), o.UUID...)
	}
	b = append(b, "\r\nCall-Command: execute"...)
	header := func(name, value string) {
		b = append(append(append(append(b, "\r\n"...), name...), ": "...), value...)
	}
	header("Execute-App-Name", o.App)
	if o.EventUUID != "" {
		header("Event-UUID", o.EventUUID)
	}
	if o.Lock {
		header("Event-Lock", "true")
	}
	if o.Loops != 0 {
		header("Loops", strconv.Itoa(o.Loops))
	}
	switch {
	case inBody:
		header("Content-Type", "text/plain")
		header("Content-Length", strconv.Itoa(len(o.Arg)))
	case o.Arg != "":
		header("Execute-App-Arg", o.Arg)
	}
	b = append(b, "\r\n\r\n"...)
	if inBody {
		b = append(b, o.Arg...)
	}
	return Command{wire: string(b)}, nil
}

func (f *fields) target(uuid string) {
	if uuid != "" {
		f.word("uuid", uuid)
	}
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
