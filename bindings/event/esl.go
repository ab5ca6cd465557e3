package event

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// ESL declares ESL.ESLevent, the event of FreeSWITCH's event socket library
// (libs/esl/src/esl_oop.cpp).
type ESL struct{}

// Bind returns the environment of the run.
func (ESL) Bind(env *run.Env) any { return env }

// Declare declares the constructor and the class.
func (ESL) Declare() *vm.Module {
	return &vm.Module{
		CText: true, Name: "ESL", AfterHangup: "Works as before: it does not concern the call.", Classes: []*vm.Class{eslClass()},
		Funcs: []vm.Func{{
			Name: "ESLevent",
			Params: []vm.Param{
				{Name: "type", Kind: vm.Any, Doc: `the event's name; "json" makes an event of JSON text; another ESLevent is taken over`},
				{Name: "subclass", Kind: vm.String, Optional: true, Default: "none", Most: MaxSize, Doc: "the subclass of a CUSTOM event; after json, the JSON text, 1 MiB at most"},
			},
			Results: []vm.Result{{Name: "event", Kind: vm.Object, Class: "ESLevent", Doc: "the new event"}},
			Doc:     "Makes an event. An unknown type becomes MESSAGE, and a subclass makes the event CUSTOM.",
			Example: "local ESL = require \"ESL\"\nlocal e = ESL.ESLevent(\"CUSTOM\", \"billing::start\")\ne:addHeader(\"Customer\", \"4711\")",
			Go: func(a *vm.Args) error {
				if other, ok := a.Object(0).(*Event); ok {
					a.Return(a.State().NewObject("ESLevent", other))
					return nil
				}
				a.Return(a.State().NewObject("ESLevent", read(a, nil)))
				return nil
			},
		}},
	}
}

// wrapESL makes the event of a Lua object; other modules pass what FreeSWITCH has sent.
func wrapESL(v any) vm.Holder {
	received, ok := v.(esl.Event)
	if !ok {
		return v.(*Event)
	}
	e := Received(received)
	e.received = false // unlike mod_lua's, it may be sent
	if e.kind == "" {
		e.kind = "SOCKET_DATA"
	}
	return e
}

// shared names the methods that both kinds of events have.
var shared = map[string]bool{"addHeader": true, "addBody": true, "getBody": true, "getType": true, "setPriority": true}

func eslClass() *vm.Class {
	name := vm.Param{Name: "name", Kind: vm.String, Doc: "the header's name, in any case"}
	value := vm.Param{Name: "value", Kind: vm.String, Most: MaxSize, Doc: "the element"}
	header := []vm.Result{{Name: "name", Kind: vm.String, Doc: "nil after the last"}}
	c := &vm.Class{
		Name: "ESLevent", Value: (*Event)(nil), Wrap: wrapESL,
		Doc:     "An event as FreeSWITCH's event socket library has it, or an answer to a command, whose type is SOCKET_DATA.",
		Example: "local ESL = require \"ESL\"\nlocal con = ESL.ESLconnection(\"127.0.0.1\", \"8021\", \"ClueCon\")\nprint(con:api(\"status\"):getBody())",
		Methods: []vm.Func{
			{
				Name: "serialize", Native: "ESLevent::serialize(char const *)", Params: []vm.Param{{Name: "format", Kind: vm.String, Optional: true, Default: "plain", Doc: `"json", or plain text for every other`}},
				Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "the event as text"}},
				Doc:     "Returns the event as text.",
				Example: "print(require(\"ESL\").ESLevent(\"CUSTOM\"):serialize(\"json\"))",
				Go: opened(func(e *Event, a *vm.Args) error {
					a.ChargeCPU(e.size)
					if strings.EqualFold(a.String(0), "json") {
						a.ReturnString(e.JSONLines())
					} else {
						a.ReturnString(e.Plain())
					}
					return nil
				}),
			},
			{
				Name: "getHeader", Native: "ESLevent::getHeader(char const *,int)", Params: []vm.Param{name, {Name: "index", Kind: vm.Int, Optional: true, Default: "-1", Doc: "the element of a list, counted from 0; -1: the whole header"}},
				Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: "nil if there is none"}},
				Doc:     "Returns the first header of that name, or an element of it.",
				Example: "print(require(\"ESL\").ESLevent(\"CUSTOM\", \"a::b\"):getHeader(\"Event-Subclass\"))",
				Go:      opened(getElement),
			},
			{
				Name: "delHeader", Native: "ESLevent::delHeader(char const *)", Params: []vm.Param{name}, Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "always true"}},
				Doc:     "Removes every header of that name.",
				Example: "local e = require(\"ESL\").ESLevent(\"CUSTOM\", \"billing::start\")\ne:delHeader(\"Event-Subclass\")",
				Go: opened(func(e *Event, a *vm.Args) error {
					e.Delete(a.String(0))
					a.ReturnBool(true) // esl_event.c:esl_event_del_header returns ESL_SUCCESS in any case
					return nil
				}),
			},
			{
				Name: "pushHeader", Native: "ESLevent::pushHeader(char const *,char const *)", Params: []vm.Param{name, value}, Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true if it was done"}},
				Doc:     "Appends an element to a list.",
				Example: "local e = require(\"ESL\").ESLevent(\"CUSTOM\")\ne:pushHeader(\"codecs\", \"PCMA\")",
				Go:      opened(func(e *Event, a *vm.Args) error { return extend(e, a, false) }),
			},
			{
				Name: "unshiftHeader", Native: "ESLevent::unshiftHeader(char const *,char const *)", Params: []vm.Param{name, value}, Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true if it was done"}},
				Doc:     "Puts a new list before the other headers. To a list that is there it appends the element, as the library does.",
				Example: "local e = require(\"ESL\").ESLevent(\"CUSTOM\")\ne:unshiftHeader(\"codecs\", \"PCMA\")",
				Go:      opened(func(e *Event, a *vm.Args) error { return extend(e, a, true) }),
			},
			{
				Name: "firstHeader", Results: header,
				Doc:     "Returns the name of the first header.",
				Example: "local e = require(\"ESL\").ESLevent(\"CUSTOM\")\nlocal name = e:firstHeader()\nwhile name do print(name) name = e:nextHeader() end",
				Go:      opened(func(e *Event, a *vm.Args) error { e.cursor = 0; return next(e, a) }),
			},
			{
				Name: "nextHeader", Results: header,
				Doc:     "Returns the name of the header after the one that firstHeader or nextHeader returned last.",
				Example: "local e = require(\"ESL\").ESLevent(\"CUSTOM\")\nlocal name = e:firstHeader()\nwhile name do print(name) name = e:nextHeader() end",
				Go:      opened(next),
			},
		},
	}
	for _, m := range class().Methods {
		if shared[m.Name] {
			m.Native = strings.NewReplacer("Event::", "ESLevent::", "switch_", "esl_").Replace(m.Native)
			c.Methods = append(c.Methods, m)
		}
	}
	return c
}

// getElement follows esl_event.c:esl_event_get_header_idx.
func getElement(e *Event, a *vm.Args) error {
	index := -1
	if a.Has(1) {
		index = a.Int(1)
	}
	h := e.headers.find(a.String(0))
	if index < 0 || h == nil {
		return getHeader(e, a)
	}
	if index < len(h.list) {
		a.ReturnString(h.list[index])
	} else {
		a.Return(lua.LNil)
	}
	return nil
}

// extend adds an element to a list.
func extend(e *Event, a *vm.Args, first bool) error {
	name, value := a.String(0), a.String(1)
	charge(a, len(name)+len(value)+slotCost)
	if name == "" || !a.Has(1) {
		a.ReturnBool(false)
		return nil
	}
	if err := e.grow(headerCost + len(name) + len(value) + slotCost); err != nil {
		return err
	}
	if first && e.headers.find(name) == nil { // esl_event.c:esl_event_add_header_string appends to one that is there
		a.ChargeCPU(len(e.headers.list))
		e.headers = headers{list: slices.Insert(e.headers.list, 0, header{name: name, list: []string{}}), deleted: e.headers.deleted}
		e.size += e.headers.list[0].size()
	}
	h := e.list(name)
	e.size -= h.size()
	h.list = append(h.list, value)
	h.bytes += len(value)
	e.size += h.size()
	a.ReturnBool(true)
	return nil
}

// next returns the name of the header at the cursor, and moves it.
func next(e *Event, a *vm.Args) error {
	for e.cursor < len(e.headers.list) {
		h := &e.headers.list[e.cursor]
		e.cursor++
		a.ChargeCPU(4)
		if !h.deleted {
			a.ReturnString(h.name)
			return nil
		}
	}
	a.Return(lua.LNil)
	return nil
}

// Wire returns the type of an event, its headers and its body for another module that
// sends it.
func (e *Event) Wire() (kind string, headers [][2]string, body string) {
	e.open()
	for h := range e.headers.all() {
		if !strings.EqualFold(h.name, "Content-Length") {
			headers = append(headers, [2]string{h.name, lineEnds.Replace(h.text())})
		}
	}
	return e.Name(), headers, e.body
}
