package esl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/percipia/eslgo/command"
)

// A Command holds the checked bytes of one command. Only the builders of this
// package make one, so that whatever reaches the wire has been checked.
type Command struct{ wire string }

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

// A text is a line for which eslgo has no builder.
type text string

func (t text) BuildMessage() string { return string(t) }

// Connect asks for the call's data; FreeSWITCH answers with a CHANNEL_DATA event.
func Connect() (Command, error) { return single(&fields{}, command.Connect{}) }

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
	return single(&f, command.Auth{Password: password})
}

// UserAuth authenticates a directory user, user@domain.
func UserAuth(user, password string) (Command, error) {
	f := fields{command: "userauth"}
	f.word("user", user)
	if !strings.Contains(user, "@") || strings.Contains(user, ":") {
		f.refuse("user", user, "must have the form user@domain")
	}
	f.secret("password", password)
	return single(&f, command.Auth{User: user, Password: password})
}

// MyEvents subscribes to the fixed list of this channel's events; format is
// plain, json or xml.
func MyEvents(format string) (Command, error) {
	f := fields{command: "myevents"}
	f.format(format)
	return single(&f, command.MyEvents{Format: format})
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
	return single(&f, apiLine(line, false))
}

// BgAPI runs an API command in its own thread under a job id chosen here.
func BgAPI(line, jobUUID string) (Command, error) {
	f := fields{command: "bgapi"}
	f.some("command", line)
	f.word("job", jobUUID)
	return single(&f, apiLine(line, true)+text("\nJob-UUID: "+jobUUID))
}

// apiLine removes the blank that eslgo writes after a command without arguments.
func apiLine(line string, background bool) text {
	name, arguments, _ := strings.Cut(line, " ")
	m := command.API{Command: name, Arguments: arguments, Background: background}.BuildMessage()
	if arguments == "" {
		m = strings.TrimSuffix(m, " ")
	}
	return text(m)
}

// Raw returns a command of one line that no other builder knows.
func Raw(line string) (Command, error) {
	f := fields{command: "raw"}
	f.some("line", line)
	return single(&f, text(line))
}
