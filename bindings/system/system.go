// Package system owns os.getenv, and os.execute and io.popen, which run a program where
// mod_lua would: on FreeSWITCH's machine, with the API command system and its grant.
package system

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

const after = "Works as before: it does not concern the call."

// OS declares os.getenv and os.execute.
type OS struct{}

// IO declares io.popen.
type IO struct{}

// Bind returns the environment of the run.
func (OS) Bind(env *run.Env) any { return env }

// Bind returns the environment of the run.
func (IO) Bind(env *run.Env) any { return env }

var command = vm.Param{Name: "command", Kind: vm.String, Doc: "a command of the shell of FreeSWITCH's machine, on one line"}

// Declare declares the functions.
func (OS) Declare() *vm.Module {
	optional := command
	optional.Optional, optional.Default = true, "none"
	return &vm.Module{
		Name: "os", AfterHangup: after,
		Funcs: []vm.Func{
			{
				Name: "getenv", Outside: true, Params: []vm.Param{{Name: "name", Kind: vm.String, Doc: "the variable's name"}},
				Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: "nil if it is not set, or not granted, of which the log has a warning"}},
				Doc:     "Returns a variable of eslua's environment that the flow is granted (grants: env:).",
				Example: "print(os.getenv(\"LANG\"))",
				Go: func(a *vm.Args) error {
					env := a.Instance().(*run.Env)
					a.Return(lua.LNil)
					if err := env.Grants.CheckEnv(a.String(0)); err != nil {
						file, line := a.Where()
						env.Console.WriteFrom("WARNING", file, "os.getenv", line, err.Error())
						return nil
					}
					if value, ok := os.LookupEnv(a.String(0)); ok {
						a.ReturnString(value)
					}
					return nil
				},
			},
			{
				Name: "execute", Params: []vm.Param{optional},
				Results: []vm.Result{{Name: "done", Kind: vm.Bool, Doc: "true if the command ended well, else nil; without a command, whether one may run"},
					{Name: "how", Kind: vm.String, Doc: `"exit"`}, {Name: "code", Kind: vm.Int, Doc: "the command's exit code"}},
				Doc:     "Runs a program on FreeSWITCH's machine and waits for its end, as freeswitch.API():execute(\"system\", COMMAND) does. Raises an error that names the grant, unless the command system is granted.",
				Example: "local ok, how, code = os.execute(\"test -d /var/spool/fax\")",
				Go:      execute,
			},
		},
	}
}

// Declare declares the function.
func (IO) Declare() *vm.Module {
	return &vm.Module{
		Name: "io", AfterHangup: after,
		Funcs: []vm.Func{{
			Name: "popen", Params: []vm.Param{command, {Name: "mode", Kind: vm.String, Optional: true, Default: "r", Doc: `"r"; a program cannot be written to`}},
			Results: []vm.Result{{Name: "file", Kind: vm.Object, Class: "file", Doc: "what the program has written, to be read"}},
			Doc:     "Runs a program on FreeSWITCH's machine, waits for its end, and returns its output. Raises an error that names the grant, unless the command system is granted.",
			Example: "local file = io.popen(\"date\")\nprint(file:read(\"*l\"))\nfile:close()",
			Go: func(a *vm.Args) error {
				if mode := a.String(1); mode != "" && mode != "r" {
					return errors.New("io.popen: a program on FreeSWITCH's machine can only be read from, mode \"r\"")
				}
				output, err := system(a, a.String(0))
				if err != nil {
					return err
				}
				a.ChargeMemory(len(output))
				a.Return(a.State().NewObject("file", output))
				return nil
			},
		}},
	}
}

var errLines = errors.New("a command for FreeSWITCH's machine must be on one line")

// system runs a command on FreeSWITCH's machine and returns its output.
func system(a *vm.Args, command string) (string, error) {
	env := a.Instance().(*run.Env)
	if strings.ContainsAny(command, "\r\n\x00") {
		return "", errLines
	}
	line := "system " + command
	if err := env.Allowed(a.Context(), func() error { return env.Grants.CheckAPI(line) }); err != nil {
		return "", err
	}
	output, err := env.Switch.API(a.Context(), line)
	if output == "-ERR no reply\n" { // mod_event_socket.c:api_exec, of a command without output
		output = ""
	}
	return output, err
}

// execute returns what Lua 5.2 does, with which mod_lua is built.
func execute(a *vm.Args) error {
	env := a.Instance().(*run.Env)
	if !a.Has(0) {
		a.ReturnBool(env.Grants.CheckAPI("system true") == nil)
		return nil
	}
	if strings.ContainsAny(a.String(0), "\r\n\x00") {
		return errLines
	}
	// The shell tells the exit code, which the API command does not.
	quoted := "'" + strings.ReplaceAll(a.String(0), "'", `'\''`) + "'"
	output, err := system(a, "sh -c "+quoted+" >/dev/null 2>&1; echo $?")
	if err != nil {
		return err
	}
	code, err := strconv.Atoi(strings.TrimSpace(output))
	if err != nil {
		return errors.New("os.execute: FreeSWITCH answered " + strconv.Quote(output[:min(len(output), 80)]))
	}
	done := lua.LValue(lua.LNil)
	if code == 0 {
		done = lua.LTrue
	}
	a.Return(done, lua.LString("exit"), lua.LNumber(code))
	return nil
}
