package esl

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// own is the connection of the call that the script serves: the one over which
// FreeSWITCH handed it over. It does what session and freeswitch.API do, as they do it,
// so that the same grants hold.
type own struct {
	env       *run.Env
	described esl.Event // at the beginning
	queue     queue
	listening bool // the script has asked for events
	over      bool
	jobs      int
}

func newOwn(env *run.Env) *own {
	o := &own{env: env, described: env.Call.Snapshot()}
	env.Call.Observe(func(e esl.Event) bool {
		if o.listening && !o.over {
			o.queue.add(e, env.Log)
		}
		return false
	})
	return o
}

func (o *own) connected() bool {
	_, gone := o.env.Call.HungUp()
	return !o.over && !gone
}

func (o *own) disconnect() { o.over, o.queue = true, queue{} }

func (o *own) info() (esl.Event, bool) { return o.described, true }

func (o *own) holds() int { return o.queue.bytes + o.described.Size() }

func (o *own) send(a *vm.Args, command string) error {
	answer, ok, err := o.ask(a, command)
	if ok {
		o.queue.add(answer, o.env.Log)
	}
	return err
}

// reply makes the answer to a command.
func reply(text string) (esl.Event, bool, error) {
	return esl.NewEvent([][2]string{{"Content-Type", "command/reply"}, {"Reply-Text", text}}, ""), true, nil
}

// ask does what a command says. Those that only concern the connection are accepted and
// have no effect: eslua has sent its own.
func (o *own) ask(a *vm.Args, command string) (answer esl.Event, ok bool, err error) {
	if !o.connected() {
		return answer, false, nil
	}
	head, rest, _ := strings.Cut(strings.TrimSpace(command), "\n")
	word, arg, _ := strings.Cut(strings.TrimSpace(head), " ")
	a.ChargeCPU(len(command) / 8)
	switch strings.ToLower(word) {
	case "connect":
		return o.described, true, nil
	case "exit":
		o.disconnect()
		return reply("+OK bye")
	case "api":
		output, err := o.api(a, arg)
		return esl.NewEvent([][2]string{{"Content-Type", "api/response"}}, output), err == nil, err
	case "bgapi":
		return o.bgapi(a, arg, rest)
	case "event":
		return o.subscribe(a, arg)
	case "sendmsg":
		return o.sendmsg(a, rest)
	case "getvar":
		v, err := method(a, a.State().Global("session"), "getVariable", lua.LString(arg))
		if err != nil {
			return answer, false, err
		}
		return reply(lua.LVAsString(v))
	case "myevents":
		o.listening = true
		return reply("+OK Events Enabled")
	case "linger", "nolinger", "divert_events", "filter", "nixevent", "noevents", "resume", "log", "nolog":
		return reply("+OK")
	}
	return reply("-ERR command not found")
}

// subscribe asks for events that FreeSWITCH does not send for the call by itself.
func (o *own) subscribe(a *vm.Args, arg string) (esl.Event, bool, error) {
	_, list, _ := strings.Cut(strings.TrimSpace(arg), " ")
	var names []string
	for _, name := range strings.Fields(list) {
		if !strings.EqualFold(name, "all") {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		if err := o.env.Call.Subscribe(a.Context(), names...); err != nil {
			return o.refused(a, err)
		}
	}
	o.listening = true
	return reply("+OK event listener enabled plain")
}

// refused answers what FreeSWITCH did not take; a mistake in the script is raised.
func (o *own) refused(a *vm.Args, err error) (esl.Event, bool, error) {
	var wrong *esl.FieldError
	switch {
	case a.Context().Err() != nil || errors.As(err, &wrong):
		return esl.Event{}, false, err
	case !o.connected():
		return esl.Event{}, false, nil
	}
	return reply("-ERR " + err.Error())
}

// api runs a command as freeswitch.API does.
func (o *own) api(a *vm.Args, line string) (string, error) {
	freeswitch, ok := a.State().Global("freeswitch").(*lua.LTable)
	if !ok {
		return "", errors.New("the script has replaced freeswitch, which ESLconnection uses")
	}
	object, err := call(a, a.L.GetField(freeswitch, "API"))
	if err != nil {
		return "", err
	}
	output, err := method(a, object, "executeString", lua.LString(line))
	return lua.LVAsString(output), err
}

// bgapi runs a command, and its output comes as an event: FreeSWITCH says no more of a
// job on the connection of a call (mod_event_socket.c, LFLAG_MYEVENTS).
func (o *own) bgapi(a *vm.Args, line, headers string) (esl.Event, bool, error) {
	output, err := o.api(a, line)
	if err != nil {
		return esl.Event{}, false, err
	}
	o.jobs++
	job := fmt.Sprintf("%s-%d", o.env.Call.UUID(), o.jobs)
	if _, given, ok := strings.Cut(headers, "Job-UUID:"); ok {
		job, _, _ = strings.Cut(strings.TrimSpace(given), "\n")
	}
	command, arg, _ := strings.Cut(line, " ")
	o.queue.add(esl.NewEvent([][2]string{{"Event-Name", "BACKGROUND_JOB"}, {"Job-UUID", job}, {"Job-Command", command}, {"Job-Command-Arg", arg}}, output), o.env.Log)
	return esl.NewEvent([][2]string{{"Content-Type", "command/reply"}, {"Reply-Text", "+OK Job-UUID: " + job}, {"Job-UUID", job}}, ""), true, nil
}

// sendmsg does what the headers of a message say.
func (o *own) sendmsg(a *vm.Args, headers string) (esl.Event, bool, error) {
	x := execution{}
	var kind, cause string
	for line := range strings.Lines(headers) {
		a.ChargeCPU(8)
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch value = strings.TrimSpace(value); strings.ToLower(name) {
		case "call-command":
			kind = value
		case "execute-app-name":
			x.app = value
		case "execute-app-arg":
			x.arg = value
		case "async":
			x.async = strings.EqualFold(value, "true")
		case "hangup-cause":
			cause = value
		}
	}
	switch strings.ToLower(kind) {
	case "execute":
		return o.execute(a, x)
	case "hangup":
		if _, err := method(a, a.State().Global("session"), "hangup", lua.LString(cause)); err != nil {
			return esl.Event{}, false, err
		}
		return reply("+OK")
	}
	return reply("-ERR invalid call-command")
}

// execute runs an application: it waits for its end, as on a connection that is not
// async, unless the script says otherwise.
func (o *own) execute(a *vm.Args, x execution) (answer esl.Event, ok bool, err error) {
	session := a.State().Global("session")
	switch {
	case !o.connected():
		return answer, false, nil
	case x.uuid != "" && x.uuid != o.env.Call.UUID():
		return reply("-ERR invalid session id [" + x.uuid + "]")
	case !x.async:
		if _, err := method(a, session, "execute", lua.LString(x.app), lua.LString(x.arg)); err != nil {
			return answer, false, err
		}
		return reply("+OK")
	}
	ctx := a.Context()
	text, err := o.env.ExpandApp(ctx, x.arg, func(name string) (string, error) {
		v, err := method(a, session, "getVariable", lua.LString(name))
		return lua.LVAsString(v), err
	})
	if err == nil {
		err = o.env.Allowed(ctx, func() error { return o.env.Grants.CheckApp(x.app, text) })
	}
	if err != nil {
		return answer, false, err
	}
	if err := o.env.Call.Start(x.app, syntax.Unexpanded(text)); err != nil {
		return o.refused(a, err)
	}
	return reply("+OK")
}

func (o *own) receive(a *vm.Args, limit time.Duration) (e esl.Event, ok bool, err error) {
	for !o.over {
		if e, ok := o.queue.take(); ok {
			return e, true, nil
		}
		_, err := o.env.Call.WaitEvent(a.Context(), limit, func(esl.Event) bool { return len(o.queue.events) > 0 })
		switch {
		case a.Context().Err() != nil:
			return e, false, err
		case len(o.queue.events) > 0 || errors.Is(err, outbound.ErrStopped): // by a callback
		case err == nil: // the time is over
			return e, false, nil
		default:
			o.over = true
		}
	}
	return e, false, nil
}

// method calls a method of a Lua object.
func method(a *vm.Args, object lua.LValue, name string, args ...lua.LValue) (lua.LValue, error) {
	if _, ok := object.(*lua.LUserData); !ok {
		return lua.LNil, fmt.Errorf("the script has replaced the object whose %s ESLconnection calls", name)
	}
	return call(a, a.L.GetField(object, name), append([]lua.LValue{object}, args...)...)
}

// call calls a Lua function and returns its first result.
func call(a *vm.Args, fn lua.LValue, args ...lua.LValue) (lua.LValue, error) {
	results, err := a.State().Call(fn, args...)
	if err != nil || len(results) == 0 {
		return lua.LNil, err
	}
	return results[0], nil
}
