// Package api owns the Lua object freeswitch.API: API commands run in the
// FreeSWITCH that has the call, or in the node a script without a call stands
// on. Which one that is, is the Host's.
package api

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/script/vm"
)

// Host is what freeswitch.API needs of the world; what is bound to the
// freeswitch module must be one.
type Host interface {
	// Command runs an API command line the script wrote, if the script may, and
	// returns its output as FreeSWITCH gave it.
	Command(ctx context.Context, line string) (string, error)
	Clock() clock.Clock
	Log() *slog.Logger
}

// Constructor declares freeswitch.API for objects of class.
func Constructor(class *vm.Class) vm.Func {
	return vm.Func{
		Name:    "API",
		Params:  []vm.Param{{Name: "session", Kind: vm.Any, Optional: true, Doc: "taken and not used: no session travels over the event socket"}},
		Results: []vm.Result{{Name: "api", Kind: vm.Object}},
		Doc:     "Runs API commands.",
		Go: func(a *vm.Args) error {
			a.Return(a.State().NewObject(class, a.Self().(Host)))
			return nil
		},
	}
}

// Class declares the methods of freeswitch.API.
func Class() *vm.Class {
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
				return run(a, strings.TrimSpace(a.String(0)), strings.TrimSpace(a.String(1)))
			},
		},
		{
			Name:    "executeString",
			Params:  []vm.Param{{Name: "line", Kind: vm.String, Doc: "the command and its arguments"}},
			Results: output, Waits: true,
			Doc: "Runs an API command line and waits for its output.",
			Go: func(a *vm.Args) error {
				command, arguments, _ := strings.Cut(strings.TrimSpace(a.String(0)), " ")
				return run(a, command, strings.TrimSpace(arguments))
			},
		},
		{
			Name:    "getTime",
			Results: []vm.Result{{Name: "milliseconds", Kind: vm.String, Doc: "since 1970, as text"}},
			Doc:     "The time.",
			Go: func(a *vm.Args) error {
				a.ReturnString(strconv.FormatInt(a.Self().(Host).Clock().Now().UnixMilli(), 10))
				return nil
			},
		},
	}}
}

// noReply is what the event socket makes of no output (mod_event_socket.c:api_exec).
const noReply = "-ERR no reply\n"

// run answers as mod_lua does, never raising for what FreeSWITCH says. What it
// raises is a line that cannot be sent or is not granted, and no FreeSWITCH to
// send it to.
func run(a *vm.Args, command, arguments string) error {
	host := a.Self().(Host)
	if command == "" {
		host.Log().Error("api: no application specified")
		a.ReturnString("-ERR No application specified")
		return nil
	}
	line := command
	if arguments != "" {
		line += " " + arguments
	}
	output, err := host.Command(a.Context(), line)
	var gone *esl.DisconnectError
	var refused *esl.ReplyError
	switch {
	case errors.As(err, &gone), errors.As(err, &refused):
		host.Log().Error("api: "+command+" was not run", "error", err)
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
