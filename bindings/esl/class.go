package esl

import (
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// wired is an event of a script that can be sent.
type wired interface {
	Wire() (kind string, headers [][2]string, body string)
}

func class() *vm.Class {
	answer := []vm.Result{{Name: "answer", Kind: vm.Object, Class: "ESLevent", Doc: "the answer; nil if the connection has ended"}}
	status := []vm.Result{{Name: "failed", Kind: vm.Int, Doc: "0 if it was sent, else 1"}}
	setting := []vm.Result{{Name: "on", Kind: vm.Int, Doc: "1 or 0"}}
	text := func(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Doc: doc} }
	maybe := func(name, doc string) vm.Param {
		return vm.Param{Name: name, Kind: vm.String, Optional: true, Default: "none", Doc: doc}
	}
	event := vm.Param{Name: "event", Kind: vm.Object, Class: "ESLevent", Doc: "what is sent"}
	app := []vm.Param{text("app", "the application"), maybe("arg", "its argument"), maybe("uuid", "the channel; absent: that of the connection")}
	example := func(line string) string {
		return "local con = require(\"ESL\").ESLconnection(\"127.0.0.1\", \"8021\", \"ClueCon\")\n" + line
	}
	return &vm.Class{
		Name: "ESLconnection", Value: (*connection)(nil),
		Doc: "A connection to an event socket. ESLconnection(1) is the connection over which FreeSWITCH has handed over the script's call: " +
			"it needs no grant, its events are those of the call, and what it runs needs the grants that session and freeswitch.API need.",
		Example: "local con = require(\"ESL\").ESLconnection(1)\nprint(con:getInfo():getHeader(\"Caller-Caller-ID-Number\"))\ncon:execute(\"answer\")\ncon:execute(\"playback\", \"ivr/ivr-welcome.wav\")",
		Methods: []vm.Func{
			{
				Name: "connected", Results: []vm.Result{{Name: "yes", Kind: vm.Int, Doc: "1 or 0"}},
				Doc: "Returns whether the connection was up when it was last used.", Example: example("print(con:connected())"),
				Go: func(a *vm.Args) error { a.ReturnInt(number(self(a).link.connected())); return nil },
			},
			{
				Name: "socketDescriptor", Results: []vm.Result{{Name: "descriptor", Kind: vm.Int, Doc: "0 while the connection is up, else -1"}},
				Doc: "Returns whether there is a socket: a script has no use for its descriptor.", Example: example("print(con:socketDescriptor())"),
				Go: func(a *vm.Args) error { a.ReturnInt(number(self(a).link.connected()) - 1); return nil },
			},
			{
				Name: "disconnect", Results: []vm.Result{{Name: "failed", Kind: vm.Int, Doc: "always 0"}},
				Doc: "Closes the connection. The call itself is not touched.", Example: example("con:disconnect()"),
				Go: func(a *vm.Args) error {
					self(a).link.disconnect()
					a.ReturnInt(0)
					return nil
				},
			},
			{
				Name: "getInfo", Results: []vm.Result{{Name: "event", Kind: vm.Object, Class: "ESLevent", Doc: "nil for a connection that is not the call's"}},
				Doc: "Returns the description of the call as it was when it was handed over.", Example: "local info = require(\"ESL\").ESLconnection(1):getInfo()\nprint(info:getHeader(\"Unique-ID\"))",
				Go: func(a *vm.Args) error { e, ok := self(a).link.info(); give(a, e, ok); return nil },
			},
			{
				Name: "send", Native: "ESLconnection::send(char const *)", Params: []vm.Param{text("command", "a command of the event socket")}, Results: status,
				Doc: "Sends a command. Its answer comes with recvEvent.", Example: example("con:send(\"event plain HEARTBEAT\")"),
				Go: func(a *vm.Args) error {
					l := self(a).link
					err := l.send(a, a.String(0))
					a.ReturnInt(number(!l.connected()))
					return err
				},
			},
			{
				Name: "sendRecv", Native: "ESLconnection::sendRecv(char const *)", Params: []vm.Param{text("command", "a command of the event socket")}, Results: answer,
				Doc: "Sends a command and returns its answer.", Example: example("print(con:sendRecv(\"api status\"):getBody())"),
				Go: func(a *vm.Args) error { return ask(a, a.String(0)) },
			},
			{
				Name: "api", Native: "ESLconnection::api(char const *,char const *)", Params: []vm.Param{text("command", "an API command"), maybe("arg", "its arguments")}, Results: answer,
				Doc: "Runs an API command. Its output is the answer's body.", Example: example("print(con:api(\"show\", \"channels count\"):getBody())"),
				Go: func(a *vm.Args) error {
					if !a.Has(0) {
						a.Return(lua.LNil)
						return nil
					}
					return ask(a, strings.TrimRight("api "+a.String(0)+" "+a.String(1), " "))
				},
			},
			{
				Name: "bgapi", Native: "ESLconnection::bgapi(char const *,char const *,char const *)", Params: []vm.Param{text("command", "an API command"), maybe("arg", "its arguments"), maybe("job_uuid", "the name of the job")}, Results: answer,
				Doc:     "Has an API command run. Its output comes as an event BACKGROUND_JOB, which names the job. On the call's own connection the command runs first.",
				Example: example("print(con:bgapi(\"status\"):getHeader(\"Job-UUID\"))"),
				Go: func(a *vm.Args) error {
					line := strings.TrimRight("bgapi "+a.String(0)+" "+a.String(1), " ")
					if a.String(2) != "" {
						line += "\nJob-UUID: " + a.String(2)
					}
					return ask(a, line)
				},
			},
			{
				Name: "sendEvent", Native: "ESLconnection::sendEvent(ESLevent *)", Params: []vm.Param{event}, Results: []vm.Result{{Name: "event", Kind: vm.Object, Class: "ESLevent", Doc: "the answer; an event SERVER_DISCONNECTED if there is none"}},
				Doc: "Fires an event. On the call's own connection it needs the grant fire_events.", Example: example("con:sendEvent(require(\"ESL\").ESLevent(\"CUSTOM\", \"billing::start\"))"),
				Go: sendEvent,
			},
			{
				Name: "sendMSG", Native: "ESLconnection::sendMSG(ESLevent *,char const *)", Params: []vm.Param{event, maybe("uuid", "the channel; absent: that of the connection")}, Results: status,
				Doc: "Sends the headers of an event as a message to a channel: call-command and what belongs to it.", Example: "local con = require(\"ESL\").ESLconnection(1)\nlocal e = require(\"ESL\").ESLevent(\"CUSTOM\")\ne:addHeader(\"call-command\", \"hangup\")\ncon:sendMSG(e)",
				Go: func(a *vm.Args) error {
					l := self(a).link
					err := l.send(a, message("sendmsg "+a.String(1), a.Object(0)))
					a.ReturnInt(number(!l.connected()))
					return err
				},
			},
			{
				Name: "recvEvent", Results: []vm.Result{{Name: "event", Kind: vm.Object, Class: "ESLevent", Doc: "of the type SERVER_DISCONNECTED when the connection has ended"}},
				Doc: "Waits for the next event.", Example: example("con:events(\"plain\", \"HEARTBEAT\")\nprint(con:recvEvent():getType())"),
				Go: func(a *vm.Args) error {
					c := self(a)
					e, ok, err := c.link.receive(a, -1)
					if !ok {
						e = esl.NewEvent([][2]string{{"Event-Name", "SERVER_DISCONNECTED"}}, "")
					}
					give(a, e, true)
					return err
				},
			},
			{
				Name: "recvEventTimed", Native: "ESLconnection::recvEventTimed(int)", Params: []vm.Param{{Name: "milliseconds", Kind: vm.Int, Doc: "how long to wait; 0: as recvEvent"}}, Results: []vm.Result{{Name: "event", Kind: vm.Object, Class: "ESLevent", Doc: "nil if none came in time, and when the connection has ended"}},
				Doc: "Waits for the next event, for a time.", Example: example("local event = con:recvEventTimed(500)"),
				Go: func(a *vm.Args) error {
					c, limit := self(a), time.Duration(-1)
					if a.Int(0) > 0 {
						limit = time.Duration(min(a.Int(0), 1<<31)) * time.Millisecond
					}
					e, ok, err := c.link.receive(a, limit)
					give(a, e, ok)
					return err
				},
			},
			{
				Name: "filter", Native: "ESLconnection::filter(char const *,char const *)", Params: []vm.Param{text("header", "a header of events"), text("value", "the value that it must have")}, Results: answer,
				Doc: "Has only events come that have the value. The events of a call's own connection are not filtered.", Example: example("con:filter(\"Unique-ID\", \"b1946ac9-0000-0000-0000-000000000000\")"),
				Go: func(a *vm.Args) error { return ask(a, "filter "+a.String(0)+" "+a.String(1)) },
			},
			{
				Name: "events", Native: "ESLconnection::events(char const *,char const *)", Params: []vm.Param{text("format", "plain, json or xml"), text("names", "the events, separated by blanks; all: every one")}, Results: status,
				Doc: "Asks for events. The connection of a call gets the events of its channel in any case.", Example: example("con:events(\"plain\", \"CHANNEL_ANSWER CHANNEL_HANGUP\")"),
				Go: func(a *vm.Args) error {
					format := a.String(0)
					if format != "xml" && format != "json" {
						format = "plain"
					}
					l := self(a).link
					_, ok, err := l.ask(a, "event "+format+" "+a.String(1))
					a.ReturnInt(number(!ok))
					return err
				},
			},
			{
				Name: "execute", Native: "ESLconnection::execute(char const *,char const *,char const *)", Params: app, Results: answer,
				Doc:     "Runs an application on a channel. On the call's own connection it returns when the application has ended, otherwise at once.",
				Differs: "An argument of more than 4,096 bytes is sent whole, and not cut.",
				Example: "local con = require(\"ESL\").ESLconnection(1)\ncon:execute(\"playback\", \"ivr/ivr-welcome.wav\")",
				Go:      func(a *vm.Args) error { return execute(a, self(a).async) },
			},
			{
				Name: "executeAsync", Native: "ESLconnection::executeAsync(char const *,char const *,char const *)", Params: app, Results: answer,
				Doc:     "Has an application run on a channel, and returns at once.",
				Example: "local con = require(\"ESL\").ESLconnection(1)\ncon:executeAsync(\"playback\", \"ivr/ivr-welcome.wav\")\nprint(con:recvEvent():getType())",
				Go:      func(a *vm.Args) error { return execute(a, true) },
			},
			{
				Name: "setAsyncExecute", Native: "ESLconnection::setAsyncExecute(char const *)", Params: []vm.Param{text("on", "1, true, yes or on; nil changes nothing")}, Results: setting,
				Doc: "Sets whether execute returns at once.", Example: example("con:setAsyncExecute(\"1\")"),
				Go: func(a *vm.Args) error { return set(a, &self(a).async) },
			},
			{
				Name: "setEventLock", Native: "ESLconnection::setEventLock(char const *)", Params: []vm.Param{text("on", "1, true, yes or on; nil changes nothing")}, Results: setting,
				Doc: "Sets whether applications run one after the other. On the call's own connection they always do.", Example: example("con:setEventLock(\"1\")"),
				Go: func(a *vm.Args) error { return set(a, &self(a).lock) },
			},
		},
	}
}

func self(a *vm.Args) *connection { return a.Self().(*connection) }

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// give returns an event to the script, or nil.
func give(a *vm.Args, e esl.Event, ok bool) {
	if !ok {
		a.Return(lua.LNil)
		return
	}
	a.ChargeMemory(e.Size())
	a.ChargeCPU(e.Size() / 4)
	a.Return(a.State().NewObject("ESLevent", e))
}

func ask(a *vm.Args, command string) error {
	e, ok, err := self(a).link.ask(a, command)
	give(a, e, ok)
	return err
}

func execute(a *vm.Args, async bool) error {
	c := self(a)
	e, ok, err := c.link.execute(a, execution{a.String(0), a.String(1), a.String(2), async, c.lock})
	give(a, e, ok)
	return err
}

// set follows esl_oop.cpp: esl_true decides, and nil leaves the setting.
func set(a *vm.Args, on *bool) error {
	if a.Has(0) {
		switch text := strings.ToLower(a.String(0)); text {
		case "yes", "on", "true", "t", "enabled", "active", "allow":
			*on = true
		default:
			*on = text != "" && strings.Trim(text, "0123456789") == "" && strings.Trim(text, "0") != ""
		}
	}
	a.ReturnInt(number(*on))
	return nil
}

// message writes a command with the headers and the body of an event.
func message(command string, event any) string {
	_, headers, body := event.(wired).Wire()
	var b strings.Builder
	b.WriteString(strings.TrimRight(command, " ") + "\n")
	for _, h := range headers {
		b.WriteString(h[0] + ": " + h[1] + "\n")
	}
	if body != "" {
		b.WriteString("Content-Length: " + lua.LNumber(len(body)).String() + "\n")
	}
	return b.String() + "\n" + body
}

func sendEvent(a *vm.Args) error {
	c := self(a)
	kind, headers, body := a.Object(0).(wired).Wire()
	var answer esl.Event
	var ok bool
	var err error
	if _, mine := c.link.(*own); mine {
		if ok, err = fire(a, a.Instance().(*connections).env, kind, headers, body); ok {
			answer, _, _ = reply("+OK")
		}
	} else {
		answer, ok, err = c.link.ask(a, message("sendevent "+kind, a.Object(0)))
	}
	if err != nil {
		return err
	}
	if !ok {
		answer = esl.NewEvent([][2]string{{"Event-Name", "SERVER_DISCONNECTED"}}, "")
	}
	give(a, answer, true)
	return nil
}

// fire fires an event as freeswitch.Event does.
func fire(a *vm.Args, env *run.Env, kind string, headers [][2]string, body string) (bool, error) {
	if err := env.Grants.CheckEvent(kind, headers, body); err != nil {
		return false, err
	}
	if err := env.Switch.SendEvent(a.Context(), kind, headers, body); err != nil {
		env.Log.Error("ESLconnection: the event was not fired", "event", kind, "error", err)
		return false, a.Context().Err()
	}
	return true, nil
}
