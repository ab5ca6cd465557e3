// Package freeswitch owns the global table freeswitch: the log, the clock and
// the global variables, and JSON. The classes that live in the table (Session,
// API, Event) are other packages'; their constructors come in through Module.
package freeswitch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares the functions of the table freeswitch that concern no call.
type Module struct{}

// Bind returns the environment of the run.
func (Module) Bind(env *run.Env) any { return env }

func envOf(a *vm.Args) *run.Env { return a.Instance().(*run.Env) }

// Declare declares the table.
func (Module) Declare() *vm.Module {
	level := vm.Param{Name: "level", Kind: vm.String, Doc: "CONSOLE, ALERT, CRIT, ERR, WARNING, NOTICE, INFO or DEBUG; anything else is DEBUG"}
	text := vm.Param{Name: "text", Kind: vm.String}
	console := vm.Func{
		Name: "consoleLog", Params: []vm.Param{level, text},
		Doc: "Writes a line to the log.",
		Go:  func(a *vm.Args) error { envOf(a).Console.Write(a.String(0), a.String(1)); return nil },
	}
	clean := vm.Func{
		Name: "consoleCleanLog", Params: []vm.Param{text},
		Doc: "Writes a line to the log at DEBUG.",
		Go:  func(a *vm.Args) error { envOf(a).Console.Write("DEBUG", a.String(0)); return nil },
	}
	origin := vm.Func{
		Name: "consoleLog2",
		Params: []vm.Param{level, {Name: "file", Kind: vm.String}, {Name: "function", Kind: vm.String},
			{Name: "line", Kind: vm.Int}, text},
		Doc: "Writes a line to the log that says where it comes from.",
		Go: func(a *vm.Args) error {
			envOf(a).Console.WriteFrom(a.String(0), a.String(1), a.String(2), a.Int(3), a.String(4))
			return nil
		},
	}
	return &vm.Module{
		Name: "freeswitch",
		Doc:  "FreeSWITCH as a script sees it.",
		Constants: []vm.Constant{ // switch_cpp.h:session_flag_t
			{Name: "S_HUP", Value: lua.LNumber(1)}, {Name: "S_FREE", Value: lua.LNumber(2)}, {Name: "S_RDLOCK", Value: lua.LNumber(4)},
		},
		Funcs: []vm.Func{
			console, named(console, "console_log"),
			origin, named(origin, "console_log2"),
			clean, named(clean, "console_clean_log"),
			{
				Name: "msleep", Params: []vm.Param{{Name: "milliseconds", Kind: vm.Int}}, Waits: true,
				Doc: "Lets time pass. A hangup does not end it: see session:sleep.",
				Go:  msleep,
			},
			{
				Name: "getGlobalVariable", Params: []vm.Param{{Name: "name", Kind: vm.String}}, Waits: true,
				Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: "nil if it is not set"}},
				Doc:     "A global variable of FreeSWITCH.",
				Go:      getGlobalVariable,
			},
			{
				Name: "setGlobalVariable", Waits: true,
				Params: []vm.Param{{Name: "name", Kind: vm.String}, {Name: "value", Kind: vm.String, Doc: "nil or empty takes it away"}},
				Doc:    "Sets a global variable of FreeSWITCH.",
				Go:     setGlobalVariable,
			},
			{
				Name: "running", Results: []vm.Result{{Name: "running", Kind: vm.Bool}},
				Doc: "Whether there is a FreeSWITCH to talk to.",
				Go:  func(a *vm.Args) error { a.ReturnBool(running(envOf(a), a.Context())); return nil },
			},
		},
	}
}

func named(f vm.Func, name string) vm.Func {
	f.Name = name
	return f
}

// running reports whether there is a FreeSWITCH to talk to.
func running(env *run.Env, ctx context.Context) bool {
	if env.Call == nil {
		_, err := env.Switch.API(ctx, "global_getvar core_uuid")
		return err == nil
	}
	err := env.Call.Sleep(ctx, 0)
	return !errors.As(err, new(*esl.DisconnectError))
}

func msleep(a *vm.Args) error {
	const year = 365 * 24 * 3600 * 1000
	return clock.Sleep(a.Context(), envOf(a).Clock, time.Duration(min(a.Int(0), year))*time.Millisecond)
}

func getGlobalVariable(a *vm.Args) error {
	name := a.String(0)
	if name == "" {
		a.Return(lua.LNil)
		return nil
	}
	value, err := envOf(a).Switch.API(a.Context(), "global_getvar "+name)
	if err = lost(a, err); err != nil {
		return err
	}
	if value == "" || value == "-ERR no reply\n" { // how the event socket says "nothing"
		a.Return(lua.LNil)
		return nil
	}
	a.ReturnString(value)
	return nil
}

func setGlobalVariable(a *vm.Args) error {
	name := a.String(0)
	if name == "" || strings.ContainsAny(name, "=' \\") {
		return fmt.Errorf("a global variable cannot be called %q: use letters, digits and underscores", name)
	}
	if err := envOf(a).Grants.CheckVariable(name, a.String(1)); err != nil {
		return err
	}
	_, err := envOf(a).Switch.API(a.Context(), "global_setvar "+name+"="+syntax.Value(a.String(1)))
	return lost(a, err)
}

// lost logs a FreeSWITCH that went away, as a script that was written for
// mod_lua does not expect an error here; any other error stays.
func lost(a *vm.Args, err error) error {
	if gone := (*esl.DisconnectError)(nil); errors.As(err, &gone) {
		envOf(a).Console.Write("ERR", err.Error())
		return nil
	}
	return err
}
