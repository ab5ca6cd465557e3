// Package api owns freeswitch.API: API commands that run in the FreeSWITCH of
// the call or, in a script without a call, on a node.
package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
)

// isCommand returns an error if the first word is a misspelt command.
func isCommand(line string) error {
	name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if meant := grant.MeantCommand(name); meant != "" {
		return fmt.Errorf("FreeSWITCH has no API command %q; did you mean %s?", name, meant)
	}
	return nil
}

// A client is an object of freeswitch.API.
type client struct {
	vm.Nothing
	node *node.Link // nil: that of the call or of the job
}

// Module declares freeswitch.API and its objects.
type Module struct{}

// Bind returns the environment of the run.
func (Module) Bind(env *run.Env) any { return env }

// Declare declares the constructor and the class.
func (Module) Declare() *vm.Module {
	return &vm.Module{
		CText: true,
		Name:  "freeswitch", AfterHangup: "Works as before: it does not concern the call.", Classes: []*vm.Class{class()},
		Funcs: []vm.Func{{
			Name: "API", Native: "API::API(CoreSession *)",
			Params:  []vm.Param{{Name: "session", Kind: vm.Object, Class: "Session", Optional: true, Default: "none", Doc: "accepted for mod_lua's sake and not used: no session travels over the event socket"}},
			Results: []vm.Result{{Name: "api", Kind: vm.Object, Class: "API", Doc: "the object whose methods run API commands"}},
			Differs: "The session is not used: no command of the event socket gets one.",
			Doc:     "Makes an object that runs API commands.",
			Example: "local api = freeswitch.API()\nprint(api:execute(\"status\"))",
			Go: func(a *vm.Args) error {
				a.Return(a.State().NewObject("API", client{}))
				return nil
			},
		}},
	}
}

func class() *vm.Class {
	output := []vm.Result{{Name: "output", Kind: vm.String, Doc: "all that the command printed; it begins with -ERR if FreeSWITCH refused"}}
	return &vm.Class{
		Name: "API", Value: client{},
		Doc: "API commands, as on FreeSWITCH's console. They run in the FreeSWITCH of the call or, in a script without a call, on one of the nodes. " +
			"A flow may run the commands that it is granted; another one raises an error that names the grant to add.",
		Example: "local api = freeswitch.API()\nlocal exists = api:execute(\"user_exists\", \"id 1000 example.org\")",
		Methods: []vm.Func{
			{
				Name: "execute", Native: "API::execute(char const *,char const *)",
				Params: []vm.Param{
					{Name: "command", Kind: vm.String, Doc: "the command's name, such as uuid_getvar", Check: isCommand},
					{Name: "arguments", Kind: vm.String, Optional: true, Default: "none", Doc: "its arguments, as one text"},
				},
				Results: output,
				Differs: "A command that fails answers INVALID COMMAND!, without what it printed.",
				Doc:     "Runs an API command and waits for its output.",
				Example: `local presence = freeswitch.API():execute("sofia_contact", "1000@example.org")`,
				Go: func(a *vm.Args) error {
					return execute(a, there(a), a.String(0), a.String(1))
				},
			},
			{
				Name: "executeString", Native: "API::executeString(char const *)",
				Params:  []vm.Param{{Name: "line", Kind: vm.String, Doc: "the command and its arguments", Check: isCommand}},
				Results: output,
				Differs: "As api:execute.",
				Doc:     "Runs an API command line and waits for its output.",
				Example: `local channels = freeswitch.API():executeString("show channels count")`,
				Go: func(a *vm.Args) error {
					return executeLine(a, there(a), a.String(0))
				},
			},
			{
				Name:    "getTime",
				Results: []vm.Result{{Name: "milliseconds", Kind: vm.String, Doc: "milliseconds since 1970, as text"}},
				Differs: "It is the time of eslua's machine.",
				Doc:     "Returns the time of eslua's machine.",
				Example: `local milliseconds = tonumber(freeswitch.API():getTime())`,
				Go:      func(a *vm.Args) error { return getTime(a, a.Instance().(*run.Env)) },
			},
		},
	}
}

// noReply is the reply of the event socket for a command without output
// (mod_event_socket.c:api_exec).
const noReply = "-ERR no reply\n"

// waiting returns a context for a command: a hangup of the script's own call ends one that
// another node than the call's runs.
func waiting(a *vm.Args, env *run.Env) (_ context.Context, stop func()) {
	if own, ok := a.Instance().(*run.Env); ok && env != own {
		return own.Aside(a.Context())
	}
	return a.Context(), func() {}
}

// unknown answers, as mod_lua does, a command that FreeSWITCH does not have
// (switch_cpp.cpp:API::execute).
const unknown = "INVALID COMMAND!\n"

// there returns the environment for the commands of an object.
func there(a *vm.Args) *run.Env {
	env, self := a.Instance().(*run.Env), a.Self().(client)
	if self.node == nil {
		return env
	}
	return env.On(self.node)
}

func getTime(a *vm.Args, env *run.Env) error {
	a.ReturnString(strconv.FormatInt(env.Clock.Now().UnixMilli(), 10))
	return nil
}

func executeLine(a *vm.Args, env *run.Env, line string) error {
	command, arguments, _ := strings.Cut(line, " ")
	if command == "" && line != "" { // it begins with a blank
		command = " "
	}
	return execute(a, env, command, arguments)
}

// execute answers as mod_lua does: what FreeSWITCH replies is never raised as an
// error. A line that is too long or is not granted is, and so is a run without a
// FreeSWITCH.
func execute(a *vm.Args, env *run.Env, command, arguments string) error {
	if command == "" {
		env.Log.Error("api: no application specified")
		a.ReturnString("-ERR No application specified")
		return nil
	}
	command, arguments = strings.TrimSpace(command), strings.TrimSpace(arguments) // switch_loadable_module.c:switch_api_execute
	if strings.ContainsAny(command, "\r\n") {
		a.ReturnString(unknown)
		return nil
	}
	if command == "" || strings.Contains(command, " ") {
		a.ReturnString(unknown)
		return nil
	}
	ctx, stop := waiting(a, env)
	defer stop()
	output, err := env.Command(ctx, strings.TrimSpace(command+" "+arguments))
	var gone *esl.DisconnectError
	var refused *esl.ReplyError
	var busy *node.BusyError
	switch {
	case errors.As(err, &gone), errors.As(err, &refused), errors.As(err, &busy):
		env.Log.Error("api: the command was not run", "command", command, "error", err)
		a.ReturnString("-ERR " + err.Error() + "\n")
	case err != nil:
		return err
	case output == noReply:
		a.ReturnString("")
	case output == "-ERR "+command+" Command not found!\n":
		a.ReturnString(unknown)
	default:
		a.ReturnString(output)
	}
	return nil
}
