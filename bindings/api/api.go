// Package api owns the Lua object freeswitch.API: API commands run in the
// FreeSWITCH that has the call, or in the node a script without a call stands
// on. Which one that is, is the Host's.
package api

import (
	"errors"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// Module declares freeswitch.API and its objects.
type Module struct{}

// Bind returns the environment of the run.
func (Module) Bind(env *run.Env) any { return env }

// Declare declares the constructor and the class.
func (Module) Declare() *vm.Module {
	return &vm.Module{Name: "freeswitch", Classes: []*vm.Class{class()}, Funcs: []vm.Func{{
		Name:    "API",
		Params:  []vm.Param{{Name: "session", Kind: vm.Any, Optional: true, Doc: "taken and not used: no session travels over the event socket"}},
		Results: []vm.Result{{Name: "api", Kind: vm.Object, Class: "API"}},
		Doc:     "Runs API commands.",
		Go: func(a *vm.Args) error {
			a.Return(a.State().NewObject("API", nil))
			return nil
		},
	}}}
}

func class() *vm.Class {
	output := []vm.Result{{Name: "output", Kind: vm.String, Doc: `all of it; -ERR in front when FreeSWITCH refused`}}
	return &vm.Class{Name: "API", Doc: "API commands, as on FreeSWITCH's console.", Methods: []vm.Func{
		{
			Name: "execute",
			Params: []vm.Param{
				{Name: "command", Kind: vm.String, Doc: "such as uuid_getvar"},
				{Name: "arguments", Kind: vm.String, Optional: true},
			},
			Results: output, Waits: true,
			Doc: "Runs an API command and waits for its output.",
			Go: func(a *vm.Args) error {
				return execute(a, strings.TrimSpace(a.String(0)), strings.TrimSpace(a.String(1)))
			},
		},
		{
			Name:    "executeString",
			Params:  []vm.Param{{Name: "line", Kind: vm.String, Doc: "the command and its arguments"}},
			Results: output, Waits: true,
			Doc: "Runs an API command line and waits for its output.",
			Go: func(a *vm.Args) error {
				command, arguments, _ := strings.Cut(strings.TrimSpace(a.String(0)), " ")
				return execute(a, command, strings.TrimSpace(arguments))
			},
		},
		{
			Name:    "getTime",
			Results: []vm.Result{{Name: "milliseconds", Kind: vm.String, Doc: "since 1970, as text"}},
			Doc:     "The time.",
			Go: func(a *vm.Args) error {
				a.ReturnString(strconv.FormatInt(a.Instance().(*run.Env).Clock.Now().UnixMilli(), 10))
				return nil
			},
		},
	}}
}

// noReply is what the event socket makes of no output (mod_event_socket.c:api_exec).
const noReply = "-ERR no reply\n"

// execute answers as mod_lua does, never raising for what FreeSWITCH says. What it
// raises is a line that cannot be sent or is not granted, and no FreeSWITCH to
// send it to.
func execute(a *vm.Args, command, arguments string) error {
	env := a.Instance().(*run.Env)
	if command == "" {
		env.Log.Error("api: no application specified")
		a.ReturnString("-ERR No application specified")
		return nil
	}
	line := command
	if arguments != "" {
		line += " " + arguments
	}
	if err := env.Grants.CheckAPI(line); err != nil {
		return err
	}
	output, err := env.Switch.API(a.Context(), line)
	var gone *esl.DisconnectError
	var refused *esl.ReplyError
	switch {
	case errors.As(err, &gone), errors.As(err, &refused):
		env.Log.Error("api: "+command+" was not run", "error", err)
		a.ReturnString("-ERR " + err.Error() + "\n")
	case err != nil:
		return err
	case output == noReply:
		a.ReturnString("")
	default:
		a.ReturnString(output)
	}
	return nil
}
