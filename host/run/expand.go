package run

import (
	"context"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// ExpandApp returns the argument of an application as FreeSWITCH would expand it, so
// that what is checked is what runs. variable returns the channel's variables; each
// command in ${...} is checked before it runs.
func (e *Env) ExpandApp(ctx context.Context, arg string, variable func(name string) (string, error)) (string, error) {
	return syntax.Expand(arg, values{e, ctx, variable})
}

// ExpandCommand does the same as ExpandApp for the commands expand and eval in an API
// command line.
func (e *Env) ExpandCommand(ctx context.Context, line string) (string, error) {
	if e.Grants.Unlimited() {
		return line, nil
	}
	return syntax.ExpandCommand(line, func(command, uuid string) (syntax.Values, error) {
		if err := e.Grants.CheckAPI(command); err != nil || uuid == "" {
			return eventValues{values: values{env: e, ctx: ctx}}, err
		}
		dump, err := e.Switch.API(ctx, syntax.ForChannel("uuid_dump", uuid, ""))
		return eventValues{values{env: e, ctx: ctx}, esl.ReadDump(dump)}, err
	})
}

// noReply is the reply of the event socket for a command without output
// (mod_event_socket.c:api_exec).
const noReply = "-ERR no reply\n"

// values looks up what an application's argument refers to.
type values struct {
	env      *Env
	ctx      context.Context
	variable func(name string) (string, error)
}

// Variable returns a variable of the channel.
func (v values) Variable(name string, _ bool) (string, error) {
	value, err := v.variable(name)
	return syntax.Unescape(value), err // FreeSWITCH expands values again
}

// Command runs an API command.
func (v values) Command(name, arg string) (string, error) {
	line, err := v.env.ExpandCommand(v.ctx, strings.TrimSpace(name+" "+arg))
	if err != nil {
		return "", err
	}
	if err := v.env.Allowed(v.ctx, func() error { return v.env.Grants.CheckAPI(line) }); err != nil {
		return "", err
	}
	output, err := v.env.Switch.API(v.ctx, line)
	v.env.Grants.Answered(line, output)
	if err != nil || output == noReply || strings.HasSuffix(output, " Command not found!\n") {
		return "", err
	}
	return output, nil
}

// eventValues looks up what the text of expand and eval refers to: the headers of the
// channel's event, and global variables.
type eventValues struct {
	values
	event esl.Event
}

// Variable returns a header of the event or asks for a global variable.
func (v eventValues) Variable(name string, global bool) (string, error) {
	refused := v.env.Grants.CheckReading(name) // if it is a global one
	name, index, indexed := strings.Cut(name, "[")
	if value := v.event.Get(name); value != "" && !global && !indexed {
		return value, nil
	}
	if at, err := strconv.Atoi(strings.TrimSuffix(index, "]")); indexed && !global && err == nil {
		if list := v.event.Array(name); at >= 0 && at < len(list) {
			return list[at], nil
		}
	}
	if name == "" || strings.ContainsAny(name, "\r\n") {
		return "", nil
	}
	value, err := v.env.Switch.API(v.ctx, "global_getvar "+name)
	if err != nil || value == "" || value == noReply {
		return "", err
	}
	return syntax.Unescape(value), refused
}
