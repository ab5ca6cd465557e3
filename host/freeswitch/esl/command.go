package esl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/percipia/eslgo/command"
)

// A Command holds the checked bytes of one command. Only the builders of this
// package make one, so that whatever reaches the wire has been checked.
type Command struct {
	wire  string
	opens bool // its answer shows that the peer is FreeSWITCH
}

// String returns the command as it is sent. It may hold a password.
func (c Command) String() string { return c.wire }

// single returns a command of one line, built by eslgo after f has checked its
// fields.
func single(f *fields, m command.Command) (Command, error) {
	if f.err != nil {
		return Command{}, f.err
	}
	return Command{wire: m.BuildMessage() + "\n\n"}, nil
}

// opening returns a command of one line that FreeSWITCH answers before anything else
// is possible.
func opening(f *fields, m command.Command) (Command, error) {
	c, err := single(f, m)
	c.opens = err == nil
	return c, err
}

// A text is a line for which eslgo has no builder.
type text string

func (t text) BuildMessage() string { return string(t) }

// Connect asks for the call's data; FreeSWITCH answers with a CHANNEL_DATA event.
func Connect() (Command, error) { return opening(&fields{}, command.Connect{}) }

// Resume makes the dialplan continue when the socket ends.
func Resume() (Command, error) { return single(&fields{}, text("resume")) }

// Exit ends the connection politely.
func Exit() (Command, error) { return single(&fields{}, command.Exit{}) }

// Linger keeps the socket open for a number of seconds after hangup, at least
// one: without a number FreeSWITCH would never release the channel.
func Linger(seconds int) (Command, error) {
	f := fields{command: "linger"}
	n := strconv.Itoa(seconds)
	if seconds < 1 {
		f.refuse("seconds", n, "must be 1 or more")
	}
	return single(&f, text(command.Linger{Enabled: true}.BuildMessage()+" "+n))
}

// Auth authenticates with the password of event_socket.conf.xml.
func Auth(password string) (Command, error) {
	f := fields{command: "auth"}
	f.secret("password", password)
	return opening(&f, command.Auth{Password: password})
}

// UserAuth authenticates a directory user, user@domain.
func UserAuth(user, password string) (Command, error) {
	f := fields{command: "userauth"}
	f.word("user", user)
	if !strings.Contains(user, "@") || strings.Contains(user, ":") {
		f.refuse("user", user, "must have the form user@domain")
	}
	f.secret("password", password)
	return opening(&f, command.Auth{User: user, Password: password})
}

// MyEvents subscribes to the fixed list of this channel's events; format is
// plain, json or xml.
func MyEvents(format string) (Command, error) {
	f := fields{command: "myevents"}
	f.format(format)
	return single(&f, command.MyEvents{Format: format})
}

// GetVar asks for a variable of the connection's own channel.
func GetVar(name string) (Command, error) {
	f := fields{command: "getvar"}
	f.word("name", name)
	return single(&f, text("getvar "+name))
}

// Subscribe adds events: names, then "CUSTOM" and its subclasses; "ALL" means
// every event. Every word after CUSTOM is a subclass, up to the end.
func Subscribe(format string, names ...string) (Command, error) {
	f := fields{command: "event"}
	f.format(format)
	if len(names) == 0 {
		f.refuse("names", "", "must hold at least one event")
	}
	for _, name := range names {
		f.some("name", name)
	}
	return single(&f, command.Event{Format: format, Listen: names})
}

// Unsubscribe takes events back that Subscribe added, in the same form. Where ALL was
// added, one other name turns it into all the others, but a subclass does not
// (mod_event_socket.c:parse_command).
func Unsubscribe(names ...string) (Command, error) {
	f := fields{command: "nixevent"}
	if len(names) == 0 {
		f.refuse("names", "", "must hold at least one event")
	}
	for _, name := range names {
		f.word("name", name)
	}
	return single(&f, text("nixevent "+strings.Join(names, " ")))
}

func (f *fields) format(format string) {
	if !slices.Contains([]string{"plain", "json", "xml"}, format) {
		f.refuse("format", format, "must be plain, json or xml")
	}
}

// API runs an API command in the connection's own thread ("uuid_kill <uuid>"):
// until it is done FreeSWITCH neither reads nor sends on this connection.
func API(line string) (Command, error) {
	f := fields{command: "api"}
	f.some("command", line)
	return single(&f, apiLine("api", line))
}

// BgAPI runs an API command in its own thread under a job id chosen here.
func BgAPI(line, jobUUID string) (Command, error) {
	f := fields{command: "bgapi"}
	f.some("command", line)
	f.word("job", jobUUID)
	return single(&f, apiLine("bgapi", line)+text("\nJob-UUID: "+jobUUID))
}

// apiLine returns a line without the blank behind a command that has no arguments.
// FreeSWITCH reads the rest as it is, so there is nothing for eslgo to build.
func apiLine(verb, line string) text {
	if name, arguments, _ := strings.Cut(line, " "); arguments == "" {
		line = name
	}
	return text(verb + " " + line)
}
