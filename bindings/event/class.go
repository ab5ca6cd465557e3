package event

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares freeswitch.Event and its objects.
type Module struct{}

// Bind returns the environment of the run.
func (Module) Bind(env *run.Env) any { return env }

// Declare declares the constructor and the class.
func (Module) Declare() *vm.Module {
	return &vm.Module{
		CText: true,
		Name:  "freeswitch", AfterHangup: "Works as before: it does not concern the call.", Classes: []*vm.Class{class()},
		Funcs: []vm.Func{{
			Name: "Event", Native: "Event::Event(char const *,char const *)\nEvent::Event(switch_event_t *,int)",
			Params: []vm.Param{
				{Name: "type", Kind: vm.String, Doc: `the event's name, such as CUSTOM or MESSAGE; "json" makes an event of JSON text`},
				{Name: "subclass", Kind: vm.String, Optional: true, Default: "none", Most: MaxSize, Doc: "the subclass of a CUSTOM event; after json, the JSON text, 1 MiB at most"},
			},
			Results: []vm.Result{{Name: "event", Kind: vm.Object, Class: "Event", Doc: "the new event"}},
			Differs: "Without a call the event begins without FreeSWITCH's own headers.",
			Doc:     "Makes an event. An unknown type becomes MESSAGE, and a subclass makes the event CUSTOM. In a call the event begins with FreeSWITCH's own headers, such as Core-UUID and Event-Date-Local; FreeSWITCH writes them again when it is fired.",
			Example: "local e = freeswitch.Event(\"CUSTOM\", \"billing::start\")\ne:addHeader(\"Customer\", \"4711\")\ne:fire()",
			Go:      construct,
		}},
	}
}

func construct(a *vm.Args) error {
	a.Return(a.State().NewObject("Event", read(a, base(a))))
	return nil
}

// read makes the event that a constructor's arguments describe.
func read(a *vm.Args, base [][2]string) *Event {
	log := logOf(a)
	kind, subclass := a.String(0), a.String(1)
	e := New(kind, subclass, base...)
	charge(a, e.size)
	if strings.EqualFold(kind, "json") && subclass != "" {
		a.ChargeCPU(4 * len(subclass))
		a.ChargeMemory(len(subclass))
		var err error
		if e, err = FromJSON(subclass); err != nil {
			log.Error("freeswitch.Event: not an event in JSON", "error", err)
			e = &Event{}
		}
	} else if subclass != "" && !strings.EqualFold(kind, "CUSTOM") {
		log.Warn("freeswitch.Event: a subclass makes the event CUSTOM", "type", kind, "subclass", subclass)
	}
	return e
}

// base returns the headers of a new event of a call
// (switch_event.c:switch_event_prep_for_delivery_detailed). Without a call it is not
// known which FreeSWITCH will fire it.
func base(a *vm.Args) (headers [][2]string) {
	env := a.Instance().(*run.Env)
	if env.Call == nil {
		return nil
	}
	last, now := env.Call.Snapshot(), env.Clock.Now()
	for _, name := range []string{"Core-UUID", "FreeSWITCH-Hostname", "FreeSWITCH-Switchname", "FreeSWITCH-IPv4", "FreeSWITCH-IPv6"} {
		if value := last.Get(name); value != "" {
			headers = append(headers, [2]string{name, strings.Clone(value)})
		}
	}
	file, line := a.Where()
	return append(headers,
		[2]string{"Event-Date-Local", now.Format(time.DateTime)},
		[2]string{"Event-Date-GMT", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")},
		[2]string{"Event-Date-Timestamp", strconv.FormatInt(now.UnixMicro(), 10)},
		[2]string{"Event-Calling-File", file}, [2]string{"Event-Calling-Function", "Event"}, [2]string{"Event-Calling-Line-Number", strconv.Itoa(line)})
}

// wrap makes the event of a Lua object; other modules pass one that FreeSWITCH
// has sent.
func wrap(v any) vm.Holder {
	switch v := v.(type) {
	case esl.Event:
		return Received(v)
	case popped:
		e := Received(v.Popped())
		e.received = false
		return e
	}
	return v.(*Event)
}

func logOf(a *vm.Args) *slog.Logger { return a.Instance().(*run.Env).Log }

func class() *vm.Class {
	name := vm.Param{Name: "name", Kind: vm.String, Doc: "the header's name, in any case"}
	done := []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true if it was done"}}
	return &vm.Class{
		Name: "Event", Value: (*Event)(nil), Wrap: wrap,
		Doc:     "An event: a list of headers and a body. A script makes one with freeswitch.Event, or gets one in its input callback.",
		Example: "local e = freeswitch.Event(\"CUSTOM\", \"billing::start\")\nprint(e:serialize())",
		Methods: []vm.Func{
			{
				Name: "serialize", Native: "Event::serialize(char const *)",
				Params:  []vm.Param{{Name: "format", Kind: vm.String, Optional: true, Default: "plain", Doc: `"plain", "xml" or "json"`}},
				Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "the event as FreeSWITCH would write it"}},
				Doc:     "Returns the event as text.",
				Example: `print(freeswitch.Event("CUSTOM"):serialize("json"))`,
				Go:      opened(serialize),
			},
			{
				Name: "getHeader", Native: "Event::getHeader(char const *)", Params: []vm.Param{name},
				Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: `nil if there is none; a list comes as "ARRAY::a|:b"`}},
				Doc:     "Returns the first header of that name.",
				Example: "local e = freeswitch.Event(\"CUSTOM\", \"a::b\")\nprint(e:getHeader(\"Event-Subclass\"))",
				Go:      method(getHeader),
			},
			{
				Name:    "getBody",
				Results: []vm.Result{{Name: "body", Kind: vm.String, Doc: "nil if there is none"}},
				Doc:     "Returns the event's body.",
				Example: "function heard(s, kind, event)\n  if kind == \"event\" then print(event:getBody()) end\nend",
				Go: method(func(e *Event, a *vm.Args) error {
					if body, ok := e.Body(); ok {
						a.ReturnString(body)
					} else {
						a.Return(lua.LNil)
					}
					return nil
				}),
			},
			{
				Name:    "getType",
				Results: []vm.Result{{Name: "type", Kind: vm.String, Doc: `such as "DETECTED_SPEECH"`}},
				Doc:     "Returns the event's name.",
				Example: "function heard(s, kind, event)\n  if kind == \"event\" then print(event:getType()) end\nend",
				Go:      method(func(e *Event, a *vm.Args) error { a.ReturnString(e.Name()); return nil }),
			},
			{
				Name: "addHeader", Native: "Event::addHeader(char const *,char const *)", Params: []vm.Param{name, {Name: "value", Kind: vm.String, Most: MaxSize, Doc: `its value; "" removes the header. An event holds 1 MiB at most`}},
				Results: done,
				Doc:     `Appends a header. The name "list[2]" sets element 2 of a list, counted from 0.`,
				Example: "local e = freeswitch.Event(\"CUSTOM\", \"billing::start\")\ne:addHeader(\"Customer\", \"4711\")",
				Go:      opened(addHeader),
			},
			{
				Name: "delHeader", Native: "Event::delHeader(char const *)", Params: []vm.Param{name}, Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true if there was one"}},
				Doc:     "Removes every header of that name.",
				Example: "local e = freeswitch.Event(\"CUSTOM\", \"billing::start\")\ne:delHeader(\"Event-Subclass\")",
				Go: opened(func(e *Event, a *vm.Args) error {
					if a.String(0) == "" {
						logOf(a).Error("event:delHeader: the header has no name")
					}
					a.ReturnBool(a.String(0) != "" && e.Delete(a.String(0)))
					return nil
				}),
			},
			{
				Name: "addBody", Native: "Event::addBody(char const *)", Params: []vm.Param{{Name: "body", Kind: vm.String, Most: MaxSize, Doc: "the new body"}}, Results: done,
				Doc:     "Sets the body. An event holds 1 MiB at most; more raises an error.",
				Example: "local e = freeswitch.Event(\"MESSAGE\")\ne:addBody(\"hello\")",
				Go: opened(func(e *Event, a *vm.Args) error {
					charge(a, len(a.String(0)))
					if err := e.SetBody(a.String(0)); err != nil {
						return err
					}
					a.ReturnBool(true)
					return nil
				}),
			},
			{
				Name: "merge", Params: []vm.Param{{Name: "event", Kind: vm.Object, Class: "Event", Doc: "the event whose headers are appended"}}, Results: done,
				Doc:     "Appends the headers of another event.",
				Example: "local e = freeswitch.Event(\"CUSTOM\", \"a::b\")\ne:merge(freeswitch.Event(\"MESSAGE\"))",
				Go: opened(func(e *Event, a *vm.Args) error {
					other := a.Object(0).(*Event)
					readAll(other, a)
					charge(a, other.size)
					if err := e.Merge(other); err != nil {
						return err
					}
					a.ReturnBool(true)
					return nil
				}),
			},
			{
				Name: "setPriority", Native: "Event::setPriority(switch_priority_t)", Results: done,
				Doc:     "Adds the header priority: NORMAL, before the others.",
				Example: `freeswitch.Event("CUSTOM"):setPriority()`,
				Go:      opened(setPriority),
			},
			{
				Name: "chat_send", Native: "Event::chat_send(char const *)", Params: []vm.Param{{Name: "protocol", Kind: vm.String, Optional: true, Default: "the header dest_proto", Doc: "the chat interface that delivers it, such as sip"}},
				Results: []vm.Result{{Name: "failed", Kind: vm.Int, Doc: "0 if it was sent, else 1; the log says why"}},
				Doc:     "Sends the event as a chat message, with the command chat, which the flow must be granted: the headers from and to, the body, and the header type, which is text/plain if it is missing.",
				Differs: "Only the headers dest_proto, from, to and type and the body are sent, and the result tells whether the message was delivered; in mod_lua it is always 0.",
				Example: "local e = freeswitch.Event(\"MESSAGE\")\ne:addHeader(\"from\", \"1000@example.org\")\ne:addHeader(\"to\", \"1001@example.org\")\ne:addBody(\"hello\")\ne:chat_send(\"sip\")",
				Go:      opened(chatSend),
			},
			{
				Name: "fire", Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "false if FreeSWITCH has not taken it; the log says why"}},
				Differs: "FreeSWITCH adds the headers Command and Event-UUID, and the event goes without the Unique-ID of a channel that is up.",
				Doc: "Fires a copy of the event into FreeSWITCH; it may hold 64 KiB. It goes without the Unique-ID of a channel that is up, which would have FreeSWITCH queue it to that channel instead. " +
					"An event that came from FreeSWITCH is not fired. The flow needs the grant fire_events, which it has by default; without it an error is raised.",
				Example: "local e = freeswitch.Event(\"CUSTOM\", \"billing::start\")\nif not e:fire() then freeswitch.consoleLog(\"err\", \"not fired\") end",
				Go:      opened(fire),
			},
		},
	}
}

func method(fn func(e *Event, a *vm.Args) error) func(a *vm.Args) error {
	return func(a *vm.Args) error { return fn(a.Self().(*Event), a) }
}

// opened does what method does, for a method that needs all headers.
func opened(fn func(e *Event, a *vm.Args) error) func(a *vm.Args) error {
	return method(func(e *Event, a *vm.Args) error {
		readAll(e, a)
		return fn(e, a)
	})
}

func readAll(e *Event, a *vm.Args) {
	if bytes := e.weight(); bytes > 0 {
		a.ChargeCPU(bytes / 4)
		a.ChargeMemory(bytes)
		e.open()
	}
}

// charge counts the bytes that an event will grow by against the script's memory,
// and the time to add them.
func charge(a *vm.Args, bytes int) {
	a.ChargeCPU(few + bytes/8)
	a.ChargeMemory(headerCost + bytes)
}

func serialize(e *Event, a *vm.Args) error {
	a.ChargeCPU(e.size)
	switch format := a.String(0); {
	case strings.EqualFold(format, "xml"):
		a.ReturnString(e.XML())
	case strings.EqualFold(format, "json"):
		a.ReturnString(e.JSON())
	default:
		a.ReturnString(e.Plain())
	}
	return nil
}

func getHeader(e *Event, a *vm.Args) error {
	name := a.String(0)
	a.ChargeCPU(few)
	if !e.unread.IsZero() {
		a.ChargeCPU(e.arrived / 32)
	}
	if name == "" {
		logOf(a).Error("event:getHeader: the header has no name")
	}
	if value, ok := e.Get(name); ok && name != "" {
		a.ChargeCPU(len(value) / 8)
		a.ReturnString(value)
	} else {
		a.Return(lua.LNil)
	}
	return nil
}

func addHeader(e *Event, a *vm.Args) error {
	if !a.Has(1) {
		a.ReturnBool(false)
		return nil
	}
	charge(a, len(a.String(0))+len(a.String(1)))
	if err := e.Add(a.String(0), a.String(1)); err != nil {
		return err
	}
	a.ReturnBool(true)
	return nil
}

// setPriority does what switch_event.c:switch_event_set_priority does.
func setPriority(e *Event, a *vm.Args) error {
	a.ChargeCPU(few + len(e.headers.list)) // which move
	if err := e.addFirst("priority", "NORMAL"); err != nil {
		return err
	}
	a.ReturnBool(true)
	return nil
}

func fire(e *Event, a *vm.Args) error {
	if e.received {
		logOf(a).Error("event:fire: the event came from FreeSWITCH and is not fired again; make one with freeswitch.Event")
		a.ReturnBool(false)
		return nil
	}
	env := a.Instance().(*run.Env)
	headers := e.sendHeaders()
	if id, ok := e.Get("Unique-ID"); ok && isUp(a.Context(), env, id) {
		headers = slices.DeleteFunc(headers, func(h [2]string) bool { return strings.EqualFold(h[0], "Unique-ID") })
	}
	body, _ := e.Body()
	if err := env.Grants.CheckEvent(e.Name(), headers, body); err != nil {
		return err
	}
	if err := a.BoundSent(e.size); err != nil {
		return err
	}
	err := env.Switch.SendEvent(a.Context(), e.Name(), headers, body)
	if a.Context().Err() != nil {
		return a.Context().Err()
	}
	if err != nil {
		logOf(a).Error("event:fire: not fired", "event", e.Name(), "error", err)
	}
	a.ReturnBool(err == nil)
	return nil
}

// isUp reports whether a channel is up. FreeSWITCH would queue an event with its Unique-ID
// to it instead of firing it (mod_event_socket.c:parse_command).
func isUp(ctx context.Context, env *run.Env, id string) bool {
	if env.Call != nil && id == env.Call.UUID() {
		_, hungUp := env.Call.HungUp()
		return !hungUp
	}
	if id == "" || strings.ContainsAny(id, "\r\n") {
		return false
	}
	answer, err := env.Switch.API(ctx, syntax.ForChannel("uuid_exists", id, ""))
	return err != nil || strings.TrimSpace(answer) != "false"
}

// chatSend sends the event with the command chat (mod_dptools.c:chat_api_function).
func chatSend(e *Event, a *vm.Args) error {
	env := a.Instance().(*run.Env)
	header := func(name string) string { value, _ := e.Get(name); return value }
	body, _ := e.Body()
	parts := []string{cmp.Or(a.String(0), header("dest_proto")), header("from"), header("to"), body, header("type")}
	size := 0
	for i, part := range parts {
		size += len(part)
		parts[i] = syntax.Part(part, '|')
	}
	if err := a.BoundSent(size); err != nil {
		return err
	}
	reply, err := env.Command(a.Context(), "chat "+strings.TrimRight(strings.Join(parts, "|"), "|"))
	var gone *esl.DisconnectError
	var refused *esl.ReplyError
	switch {
	case errors.As(err, &gone), errors.As(err, &refused):
		logOf(a).Error("event:chat_send: not sent", "error", err)
	case err != nil:
		return err
	case reply != "Sent":
		logOf(a).Error("event:chat_send: not sent", "protocol", parts[0], "reply", strings.TrimSpace(reply))
	}
	a.ReturnInt(1)
	if err == nil && reply == "Sent" {
		a.ReturnInt(0)
	}
	return nil
}

// sendHeaders returns the headers for sendevent. The name travels in the command
// and the length belongs to the body. Line ends cannot travel in a header. They are
// encoded as FreeSWITCH encodes them: it does not encode such text again
// (switch_utils.c:switch_url_encode), so a client that gets the event as text/event-plain
// reads line ends.
func (e *Event) sendHeaders() [][2]string {
	out := make([][2]string, 0, len(e.headers.list))
	if h := e.headers.find("Event-Subclass"); h != nil { // of several, as merge leaves them, the event's own comes first (switch_event.c:switch_event_dup)
		out = append(out, [2]string{h.name, lineEnds.Replace(h.text())})
	}
	for h := range e.headers.all() {
		switch strings.ToLower(h.name) {
		case "", "event-name", "event-subclass", "content-length":
		case "core-uuid", "freeswitch-hostname", "freeswitch-switchname", "freeswitch-ipv4", "freeswitch-ipv6", "event-date-local", "event-date-gmt",
			"event-date-timestamp", "event-calling-file", "event-calling-function", "event-calling-line-number": // FreeSWITCH adds its own
		default:
			out = append(out, [2]string{h.name, lineEnds.Replace(h.text())})
		}
	}
	return out
}

var lineEnds = strings.NewReplacer("\r", "%0D", "\n", "%0A")
