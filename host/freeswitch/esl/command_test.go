package esl

import (
	"errors"
	"strings"
	"testing"
)

func wire(t *testing.T, c Command, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return c.String()
}

// What a client wrote into the captures, FreeSWITCH has understood: the builders
// must write the same.
func TestCommandsAreThoseOfTheCaptures(t *testing.T) {
	seen := map[string]int{}
	for _, packets := range captures(t) {
		for _, p := range packets {
			if p.From != "app" {
				continue
			}
			for data := p.Data; strings.TrimSpace(data) != ""; {
				want := parsePacket(t, data)
				data, want.rest = want.rest, ""
				cmd, err, known := rebuild(want)
				if !known {
					continue
				}
				name, _, _ := strings.Cut(want.line, " ")
				seen[name]++
				if got := parsePacket(t, wire(t, cmd, err)); !got.equal(want) {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
			}
		}
	}
	for name, least := range map[string]int{"connect": 12, "api": 20, "bgapi": 8, "auth": 4, "linger": 1, "exit": 2, "sendmsg": 25, "event": 3, "sendevent": 1} {
		if seen[name] < least {
			t.Errorf("compared %d of %q, expected %d at least", seen[name], name, least)
		}
	}
}

// rebuild makes a captured command with the builders.
func rebuild(p switchPacket) (c Command, err error, known bool) {
	name, rest, _ := strings.Cut(p.line, " ")
	known = true
	switch name {
	case "connect":
		c, err = Connect()
	case "exit":
		c, err = Exit()
	case "auth":
		c, err = Auth(rest)
	case "linger":
		if known = rest == "5"; known {
			c, err = Linger(5)
		}
	case "api":
		if known = rest != ""; known {
			c, err = API(rest)
		}
	case "bgapi":
		if known = p.headers["job-uuid"] != ""; known {
			c, err = BgAPI(rest, p.headers["job-uuid"])
		}
	case "event":
		words := strings.Fields(rest)
		if known = len(words) > 1; known {
			c, err = Subscribe(words[0], words[1:]...)
		}
	case "sendevent":
		c, err = SendEvent(rest, [][2]string{{"Event-Subclass", p.headers["event-subclass"]}, {"Foo", p.headers["foo"]}}, p.body)
	case "sendmsg":
		if known = p.headers["call-command"] == "execute"; !known {
			break
		}
		c, err = Execute(ExecuteOptions{
			App: p.headers["execute-app-name"], Arg: p.headers["execute-app-arg"], EventUUID: p.headers["event-uuid"],
			UUID: rest, Lock: p.headers["event-lock"] == "true",
		})
	default:
		known = false
	}
	return c, err, known
}

func TestWires(t *testing.T) {
	build := func(c Command, err error) string { return wire(t, c, err) }
	long := strings.Repeat("x", 3000)
	for _, c := range []struct{ got, want string }{
		{build(Connect()), "connect\n\n"},
		{build(Resume()), "resume\n\n"},
		{build(Exit()), "exit\n\n"},
		{build(Linger(10)), "linger 10\n\n"},
		{build(MyEvents("plain")), "myevents plain\n\n"},
		{build(Auth("ClueCon")), "auth ClueCon\n\n"},
		{build(UserAuth("1000@example.org", "a:b")), "userauth 1000@example.org:a:b\n\n"},
		{build(API("status")), "api status\n\n"},
		{build(API("uuid_setvar 1 a  b ")), "api uuid_setvar 1 a  b \n\n"},
		{build(BgAPI("originate user/1000 &park()", "77")), "bgapi originate user/1000 &park()\nJob-UUID: 77\n\n"},
		{build(BgAPI("status", "77")), "bgapi status\nJob-UUID: 77\n\n"},
		{build(Unsubscribe("CLONE", "CUSTOM", "sofia::register")), "nixevent CLONE CUSTOM sofia::register\n\n"},
		{build(Subscribe("json", "DTMF", "CUSTOM sofia::register")), "event json DTMF CUSTOM sofia::register\n\n"},
		{build(Execute(ExecuteOptions{App: "playback", Arg: "a.wav", EventUUID: "e", Lock: true})),
			"sendmsg\r\nCall-Command: execute\r\nExecute-App-Name: playback\r\nEvent-UUID: e\r\nEvent-Lock: true\r\nExecute-App-Arg: a.wav\r\n\r\n"},
		{build(Execute(ExecuteOptions{App: "set", Arg: "a=1\n2", Loops: -1})),
			"sendmsg\r\nCall-Command: execute\r\nExecute-App-Name: set\r\nLoops: -1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\na=1\n2"},
		{build(Execute(ExecuteOptions{App: "set", Arg: " a= "})),
			"sendmsg\r\nCall-Command: execute\r\nExecute-App-Name: set\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n a= "},
		{build(Execute(ExecuteOptions{App: "set", Arg: long})),
			"sendmsg\r\nCall-Command: execute\r\nExecute-App-Name: set\r\nContent-Type: text/plain\r\nContent-Length: 3000\r\n\r\n" + long},
		{build(SendEvent("CUSTOM", [][2]string{{"b", "2"}, {"a", "1"}, {"b", " 3"}, {"content-length", "99"}}, "x\ny")),
			"sendevent CUSTOM\nb: 2\na: 1\nb:  3\nContent-Length: 3\n\nx\ny"},
		{build(SendEvent("MESSAGE", nil, "")), "sendevent MESSAGE\n\n"},
	} {
		if c.got != c.want {
			t.Errorf("got  %q\nwant %q", c.got, c.want)
		}
	}
}

func errorOf(_ Command, err error) error { return err }

func TestFieldsThatWouldMeanSomethingElseAreRefused(t *testing.T) {
	refused := func(field string, _ Command, err error) {
		t.Helper()
		var f *FieldError
		if !errors.As(err, &f) || f.Field != field {
			t.Errorf("field %q: %v", field, err)
		}
	}
	check := func(field string) func(Command, error) {
		return func(c Command, err error) { t.Helper(); refused(field, c, err) }
	}
	for _, bad := range []string{"a\nb", "a\rb", "a\x00b", "a\n\napi shutdown", "a\r\n\r\nexit"} {
		check("command")(API(bad))
		check("command")(BgAPI(bad, "1"))
		check("job")(BgAPI("status", bad))
		check("password")(Auth(bad))
		check("password")(UserAuth("a@b", bad))
		check("user")(UserAuth(bad+"@b", "x"))
		check("name")(Subscribe("plain", "DTMF", bad))
		check("application")(Execute(ExecuteOptions{App: bad}))
		check("event uuid")(Execute(ExecuteOptions{App: "x", EventUUID: bad}))
		check("uuid")(Execute(ExecuteOptions{App: "x", UUID: bad}))
		check("event name")(SendEvent(bad, nil, ""))
		check("header")(SendEvent("CUSTOM", [][2]string{{bad, "x"}}, ""))
		check("X")(SendEvent("CUSTOM", [][2]string{{"X", bad}}, ""))
	}
	check("argument")(Execute(ExecuteOptions{App: "x", Arg: "a\x00b"}))
	check("body")(SendEvent("CUSTOM", nil, "a\x00b"))
	check("argument")(Execute(ExecuteOptions{App: "x", Arg: strings.Repeat("x", maxBody+1)}))
	check("command")(API(strings.Repeat("x", maxField+1)))
	for what, err := range map[string]error{"argument": errorOf(Execute(ExecuteOptions{App: "x", Arg: strings.Repeat("x", maxBody)})),
		"command": errorOf(API(strings.Repeat("x", maxField))), "password": errorOf(Auth(strings.Repeat("x", maxField)))} {
		if err != nil {
			t.Errorf("the longest %s is refused: %.200v", what, err)
		}
	}
	check("header")(SendEvent("CUSTOM", [][2]string{{"a:b", "x"}}, ""))
	check("header")(SendEvent("CUSTOM", [][2]string{{"", "x"}}, ""))
	check("seconds")(Linger(0))
	check("format")(MyEvents("yaml"))
	check("format")(Subscribe("", "DTMF"))
	check("names")(Subscribe("plain"))
	check("names")(Unsubscribe())
	check("name")(Unsubscribe("DTMF", "a b"))
	check("command")(API(" "))
	check("application")(Execute(ExecuteOptions{}))
	check("loops")(Execute(ExecuteOptions{App: "x", Loops: -2}))
	check("user")(UserAuth("a", "x"))
	check("user")(UserAuth("a:b@c", "x"))
	check("password")(Auth(""))
	check("password")(Auth(strings.Repeat("x", maxField+1)))
}

func TestRefusalSaysWhatToDoAndHidesSecrets(t *testing.T) {
	_, err := Execute(ExecuteOptions{App: "play\nback"})
	if want := `event socket command execute: application "play\nback" holds LF at byte 4; it must be one line of text`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := Auth("sec\nret"); err == nil || strings.Contains(err.Error(), "sec") {
		t.Errorf("the password is in %v", err)
	}
}
