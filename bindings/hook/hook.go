// Package hook owns the functions with which a script under hooks/ says what it is called
// for: on, after, every and cron. host/job calls it.
package hook

import (
	"errors"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/spell"
	lua "github.com/yuin/gopher-lua"
)

// A registry holds the functions that one script has named.
type registry struct {
	env       *run.Env
	functions []lua.LValue // for events
	timers    []*timer
}

// Holds visits the functions.
func (r *registry) Holds(visit func(lua.LValue)) (bytes int) {
	for _, fn := range r.functions {
		visit(fn)
	}
	running := r.timers[:0]
	for _, t := range r.timers {
		if !t.timer.Ended {
			visit(t.fn)
			running = append(running, t)
		}
	}
	clear(r.timers[len(running):])
	r.timers = running
	return (len(r.functions) + len(running)) * entrySize
}

// entrySize is the memory that a named function takes, with its conditions.
const entrySize = 1 << 10

var errNoHook = errors.New("only a script under hooks/ of the script directory is called for events and times; this one runs once, and ends")

// hook returns what takes the functions of the script.
func (r *registry) hook() (*run.Hook, error) {
	if r.env.Hook == nil {
		return nil, errNoHook
	}
	return r.env.Hook, nil
}

// on names a function for events.
func on(a *vm.Args) error {
	r := a.Instance().(*registry)
	h, err := r.hook()
	if err != nil {
		return err
	}
	event, subclass, err := eventOf(a.String(0))
	if err != nil {
		return err
	}
	var where []run.Condition
	fn := a.Value(1)
	switch filter := a.Value(1).(type) {
	case *lua.LTable:
		if where, err = conditions(a, filter); err != nil {
			return err
		}
		fn = a.Value(2)
	case lua.LString: // as in freeswitch.EventConsumer("CUSTOM", "sofia::register")
		if subclass != "" {
			return fmt.Errorf("the subclass is named twice: write on(%q, fn)", a.String(0))
		}
		subclass, fn = string(filter), a.Value(2)
	}
	if _, ok := fn.(*lua.LFunction); !ok {
		return errNoFunction
	}
	if where, subclass, err = withSubclass(event, subclass, where); err != nil {
		return err
	}
	if !strings.HasPrefix(event, run.OwnEvents) {
		if err := r.env.Grants.CheckHearing(event, subclass); err != nil {
			return err
		}
	}
	state := a.State()
	a.ChargeMemory(entrySize)
	err = h.Handle(run.Handler{Event: event, Subclass: subclass, Where: where, Handle: func(e esl.Event, node string) error {
		_, err := state.Call(fn, state.NewObject("Event", e), lua.LString(node))
		return err
	}})
	if err == nil {
		r.functions = append(r.functions, fn)
	}
	return err
}

// ownEvents names those that eslua fires.
var ownEvents = []string{run.OwnEvents + "node_connected", run.OwnEvents + "node_lost", run.OwnEvents + "node_restarted", run.OwnEvents + "node_drained", run.OwnEvents + "node_resumed"}

// eventOf reads "CHANNEL_ANSWER", "CUSTOM sofia::register" or "eslua::node_lost".
func eventOf(text string) (event, subclass string, err error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, run.OwnEvents) {
		for _, own := range ownEvents {
			if own == text {
				return own, "", nil
			}
		}
		if near := spell.Nearest(text, ownEvents); near != "" {
			return "", "", fmt.Errorf("eslua has no event %q; did you mean %s?", text, near)
		}
		return "", "", fmt.Errorf("eslua has no event %q; it has %s", text, strings.Join(ownEvents, ", "))
	}
	name, rest, _ := strings.Cut(text, " ")
	if event, err = syntax.CheckEventName(name); err != nil {
		return "", "", err
	}
	subclass = strings.TrimSpace(rest)
	switch {
	case subclass == "":
	case event != "CUSTOM":
		return "", "", fmt.Errorf("%q: only CUSTOM events have a subclass; call on() once for each event", text)
	case strings.ContainsAny(subclass, " \t\r\n"):
		return "", "", fmt.Errorf("%q: a subclass is one word; call on() once for each", text)
	}
	return event, subclass, nil
}

// withSubclass takes the subclass of a CUSTOM event from the filter, where it may stand too.
func withSubclass(event, subclass string, where []run.Condition) ([]run.Condition, string, error) {
	if event != "CUSTOM" {
		if subclass != "" {
			return nil, "", errTextFilter(event)
		}
		return where, "", nil
	}
	for i, c := range where {
		if subclass == "" && strings.EqualFold(c.Header, "Event-Subclass") && len(c.Values) == 1 {
			return append(where[:i:i], where[i+1:]...), c.Values[0], nil
		}
	}
	for _, c := range where {
		if subclass == "" && strings.EqualFold(c.Header, "Event-Subclass") {
			return where, "", nil
		}
	}
	if subclass == "" {
		return nil, "", errNoSubclass
	}
	return where, subclass, nil
}

var (
	errNoFunction = errors.New("on() wants a function: write on(\"CHANNEL_ANSWER\", function(event) ... end)")
	errNoHeader   = errors.New("the filter has a value without the name of its header: write {[\"Hangup-Cause\"] = \"USER_BUSY\"}")
)

func errTextFilter(event string) error {
	return fmt.Errorf("only CUSTOM events have a subclass, and %s has none: write its filter as a table", event)
}

var errNoSubclass = errors.New(`CUSTOM needs a subclass: write on("CUSTOM sofia::register", fn), or on("ALL", fn) for every event`)

const (
	mostConditions = 16
	mostValues     = 64
	mostText       = 1 << 10
)

// conditions reads a filter: {["Hangup-Cause"] = "USER_BUSY", ["Call-Direction"] = {"inbound", "outbound"}}.
func conditions(a *vm.Args, filter *lua.LTable) (where []run.Condition, err error) {
	for k, v := filter.Next(lua.LNil); k != lua.LNil; k, v = filter.Next(k) {
		if k.Type() == lua.LTNumber {
			return nil, errNoHeader
		}
		header, ok := k.(lua.LString)
		if !ok || header == "" {
			return nil, fmt.Errorf("the filter has the key %s: write {[\"Hangup-Cause\"] = \"USER_BUSY\"}", k.String())
		}
		c := run.Condition{Header: string(header)}
		if list, ok := v.(*lua.LTable); ok {
			for i := 1; i <= min(list.Len(), mostValues+1); i++ {
				c.Values = append(c.Values, lua.LVAsString(list.RawGetInt(i)))
			}
		} else if lua.LVCanConvToString(v) {
			c.Values = []string{lua.LVAsString(v)}
		} else if b, ok := v.(lua.LBool); ok {
			c.Values = []string{b.String()}
		}
		size := len(header)
		for _, value := range c.Values {
			size += len(value)
		}
		a.ChargeCPU(size + len(c.Values))
		switch {
		case len(c.Values) == 0:
			return nil, fmt.Errorf("the filter of %q is %s: write a text, or a list of texts", c.Header, v.Type())
		case len(c.Values) > mostValues || size > mostText || len(where) == mostConditions:
			return nil, fmt.Errorf("a filter may name %d headers, and %d values of %d bytes together for each", mostConditions, mostValues, mostText)
		}
		a.ChargeMemory(size + 64*(1+len(c.Values)))
		where = append(where, c)
	}
	sortConditions(where)
	return where, nil
}
