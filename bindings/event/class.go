package event

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// Host is what the events of one script need of the world; what is bound to
// the freeswitch module must be one.
type Host interface {
	// SendEvent fires an event into FreeSWITCH. The error is a
	// *grant.RefusedError if the script may not.
	SendEvent(ctx context.Context, name string, headers [][2]string, body string) error
	// Log is the script's log.
	Log() *slog.Logger
}

// Object is what stands behind a Lua event.
type Object struct {
	*Event
	host Host
}

// Size is how many bytes the event holds besides its Lua object.
func (e *Object) Size() int { return e.size }

// Wrap makes the Lua object of an event FreeSWITCH sent.
func Wrap(class *vm.Class, st *vm.State, host Host, in esl.Event) lua.LValue {
	return st.NewObject(class, &Object{Event: Received(in), host: host})
}

// Constructor declares freeswitch.Event for objects of class.
func Constructor(class *vm.Class) vm.Func {
	return vm.Func{
		Name: "Event",
		Params: []vm.Param{
			{Name: "type", Kind: vm.String, Doc: "an event name such as CUSTOM or MESSAGE, or json"},
			{Name: "subclass", Kind: vm.String, Optional: true, Doc: "of a CUSTOM event; after json the JSON text"},
		},
		Results: []vm.Result{{Name: "event", Kind: vm.Object, Doc: "the new event"}},
		Doc:     "Makes an event. An unknown type becomes MESSAGE, a subclass makes it CUSTOM.",
		Go: func(a *vm.Args) error {
			host := a.Self().(Host)
			kind, subclass := a.String(0), a.String(1)
			e := New(kind, subclass)
			if strings.EqualFold(kind, "json") && subclass != "" {
				var err error
				if e, err = FromJSON(subclass); err != nil {
					host.Log().Error("freeswitch.Event: not an event in JSON", "error", err)
					e = &Event{}
				}
			} else if subclass != "" && !strings.EqualFold(kind, "CUSTOM") {
				host.Log().Warn("freeswitch.Event: a subclass makes the event CUSTOM", "type", kind, "subclass", subclass)
			}
			a.Return(a.State().NewObject(class, &Object{Event: e, host: host}))
			return nil
		},
	}
}

// Class declares the methods of an event.
func Class() *vm.Class {
	c := &vm.Class{Name: "Event", Doc: "An event: headers in order and a body."}
	name := vm.Param{Name: "name", Kind: vm.String, Doc: "of a header; case does not matter"}
	done := []vm.Result{{Name: "done", Kind: vm.Bool}}
	c.Methods = []vm.Func{
		{
			Name:    "serialize",
			Params:  []vm.Param{{Name: "format", Kind: vm.String, Optional: true, Doc: `"plain" (the default), "xml" or "json"`}},
			Results: []vm.Result{{Name: "text", Kind: vm.String}},
			Doc:     "The event as text.",
			Go:      method(serialize),
		},
		{
			Name: "getHeader", Params: []vm.Param{name},
			Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: `nil if there is none; a list comes as "ARRAY::a|:b"`}},
			Doc:     "The first header of that name.",
			Go:      method(getHeader),
		},
		{
			Name:    "getBody",
			Results: []vm.Result{{Name: "body", Kind: vm.String, Doc: "nil if there is none"}},
			Doc:     "The event's body.",
			Go: method(func(e *Object, a *vm.Args) error {
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
			Results: []vm.Result{{Name: "type", Kind: vm.String}},
			Doc:     "The event's name.",
			Go:      method(func(e *Object, a *vm.Args) error { a.ReturnString(e.Name()); return nil }),
		},
		{
			Name: "addHeader", Params: []vm.Param{name, {Name: "value", Kind: vm.String, Doc: "empty takes the header away"}},
			Results: done,
			Doc:     `Appends a header. The name "list[2]" sets a slot of a list.`,
			Go:      method(addHeader),
		},
		{
			Name: "delHeader", Params: []vm.Param{name}, Results: done,
			Doc: "Takes every header of that name away.",
			Go: method(func(e *Object, a *vm.Args) error {
				if a.String(0) == "" {
					e.host.Log().Error("event:delHeader: the header has no name")
				}
				a.ReturnBool(a.String(0) != "" && e.Delete(a.String(0)))
				return nil
			}),
		},
		{
			Name: "addBody", Params: []vm.Param{{Name: "body", Kind: vm.String}}, Results: done,
			Doc: "Sets the body.",
			Go: method(func(e *Object, a *vm.Args) error {
				charge(e, a, len(a.String(0)))
				if err := e.SetBody(a.String(0)); err != nil {
					return err
				}
				a.ReturnBool(true)
				return nil
			}),
		},
		{
			Name: "merge", Params: []vm.Param{{Name: "event", Kind: vm.Object, Class: c}}, Results: done,
			Doc: "Appends the headers of another event.",
			Go: method(func(e *Object, a *vm.Args) error {
				other, ok := a.Object(0).(*Object)
				if !ok {
					a.ReturnBool(false)
					return nil
				}
				charge(e, a, other.size)
				if err := e.Merge(other.Event); err != nil {
					return err
				}
				a.ReturnBool(true)
				return nil
			}),
		},
		{
			Name: "setPriority", Results: done,
			Doc: "Does nothing: FreeSWITCH has no priorities any more.",
			Go:  method(func(e *Object, a *vm.Args) error { a.ReturnBool(true); return nil }),
		},
		{
			Name: "fire", Results: done, Waits: true,
			Doc: "Fires a copy of the event into FreeSWITCH, without its Unique-ID, which would have it queued to that channel. An event that came from FreeSWITCH is not fired.",
			Go:  method(fire),
		},
	}
	return c
}

func method(fn func(e *Object, a *vm.Args) error) func(a *vm.Args) error {
	return func(a *vm.Args) error { return fn(a.Self().(*Object), a) }
}

// charge counts what an event is about to take as the script's memory, and the
// look through its headers as its work.
func charge(e *Object, a *vm.Args, bytes int) {
	g := guard.Of(a.L)
	g.ChargeCPU(a.L, len(e.headers)+e.size/16)
	g.ChargeMemory(a.L, headerCost+bytes)
}

func serialize(e *Object, a *vm.Args) error {
	guard.Of(a.L).ChargeCPU(a.L, e.size)
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

func getHeader(e *Object, a *vm.Args) error {
	name := a.String(0)
	guard.Of(a.L).ChargeCPU(a.L, len(e.headers))
	if name == "" {
		e.host.Log().Error("event:getHeader: the header has no name")
	}
	if value, ok := e.Get(name); ok && name != "" {
		a.ReturnString(value)
	} else {
		a.Return(lua.LNil)
	}
	return nil
}

func addHeader(e *Object, a *vm.Args) error {
	if !a.Has(1) {
		a.ReturnBool(false)
		return nil
	}
	charge(e, a, len(a.String(0))+len(a.String(1)))
	if err := e.Add(a.String(0), a.String(1)); err != nil {
		return err
	}
	a.ReturnBool(true)
	return nil
}

func fire(e *Object, a *vm.Args) error {
	if e.borrowed {
		e.host.Log().Error("event:fire: the event came from FreeSWITCH and is not fired again; make one with freeswitch.Event")
		a.ReturnBool(false)
		return nil
	}
	body, _ := e.Body()
	err := e.host.SendEvent(a.Context(), e.Name(), e.fired(), body)
	if a.Context().Err() != nil {
		return a.Context().Err()
	}
	if refused := (*grant.RefusedError)(nil); errors.As(err, &refused) {
		return err
	}
	if err != nil {
		e.host.Log().Error("event:fire: not fired", "event", e.Name(), "error", err)
	}
	a.ReturnBool(err == nil)
	return nil
}

// fired are the headers sendevent takes: the name travels in the command, the
// length is the body's. A Unique-ID of a living channel would have FreeSWITCH
// queue the event to that channel instead of firing it (mod_event_socket.c:
// parse_command); setEventData brings one. Line ends cannot travel; they are written as FreeSWITCH
// itself encodes them, and as it leaves what is encoded alone
// (switch_utils.c:switch_url_encode) those who get the event as text/event-plain
// read line ends again.
func (e *Event) fired() [][2]string {
	out := make([][2]string, 0, len(e.headers))
	for _, h := range e.headers {
		switch strings.ToLower(h.name) {
		case "event-name", "content-length", "unique-id":
		default:
			out = append(out, [2]string{h.name, lineEnds.Replace(h.value)})
		}
	}
	return out
}

var lineEnds = strings.NewReplacer("\r", "%0D", "\n", "%0A")
