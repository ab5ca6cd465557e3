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
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Host is what the module needs of the world; what is bound to it must be one.
type Host interface {
	// API runs an API command of the module's own and returns its output as FreeSWITCH gave it.
	API(ctx context.Context, line string) (string, error)
	// CheckVariable refuses a variable the script may not set.
	CheckVariable(name, value string) error
	// Console writes a script's line to the log at FreeSWITCH's level of that name.
	Console(level, text string)
	// Running tells whether there is a FreeSWITCH to talk to.
	Running(ctx context.Context) bool
	Clock() clock.Clock
}

// Module declares the global table with further functions in it.
func Module(constructors ...vm.Func) *vm.Module {
	level := vm.Param{Name: "level", Kind: vm.String, Doc: "CONSOLE, ALERT, CRIT, ERR, WARNING, NOTICE, INFO or DEBUG; anything else is DEBUG"}
	text := vm.Param{Name: "text", Kind: vm.String}
	console := vm.Func{
		Name: "consoleLog", Params: []vm.Param{level, text},
		Doc: "Writes a line to the log.",
		Go:  func(a *vm.Args) error { a.Self().(Host).Console(a.String(0), a.String(1)); return nil },
	}
	clean := vm.Func{
		Name: "consoleCleanLog", Params: []vm.Param{text},
		Doc: "Writes a line to the log at DEBUG.",
		Go:  func(a *vm.Args) error { a.Self().(Host).Console("DEBUG", a.String(0)); return nil },
	}
	origin := vm.Func{
		Name: "consoleLog2",
		Params: []vm.Param{level, {Name: "file", Kind: vm.String}, {Name: "function", Kind: vm.String},
			{Name: "line", Kind: vm.Int}, text},
		Doc: "Writes a line to the log that says where it comes from.",
		Go: func(a *vm.Args) error {
			a.Self().(Host).Console(a.String(0), fmt.Sprintf("%s:%d %s: %s", a.String(1), a.Int(3), a.String(2), a.String(4)))
			return nil
		},
	}
	return &vm.Module{
		Name: "freeswitch",
		Doc:  "FreeSWITCH as a script sees it.",
		Constants: map[string]lua.LValue{ // switch_cpp.h:session_flag_t
			"S_HUP": lua.LNumber(1), "S_FREE": lua.LNumber(2), "S_RDLOCK": lua.LNumber(4),
		},
		Funcs: append([]vm.Func{
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
				Go:  func(a *vm.Args) error { a.ReturnBool(a.Self().(Host).Running(a.Context())); return nil },
			},
		}, constructors...),
	}
}

func named(f vm.Func, name string) vm.Func {
	f.Name = name
	return f
}

func msleep(a *vm.Args) error {
	const year = 365 * 24 * 3600 * 1000
	return clock.Sleep(a.Context(), a.Self().(Host).Clock(), time.Duration(min(a.Int(0), year))*time.Millisecond)
}

func getGlobalVariable(a *vm.Args) error {
	name := a.String(0)
	if name == "" {
		a.Return(lua.LNil)
		return nil
	}
	value, err := a.Self().(Host).API(a.Context(), "global_getvar "+name)
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
	if err := a.Self().(Host).CheckVariable(name, a.String(1)); err != nil {
		return err
	}
	_, err := a.Self().(Host).API(a.Context(), "global_setvar "+name+"="+syntax.Value(a.String(1)))
	return lost(a, err)
}

// lost logs a FreeSWITCH that went away, as a script that was written for
// mod_lua does not expect an error here; any other error stays.
func lost(a *vm.Args, err error) error {
	if gone := (*esl.DisconnectError)(nil); errors.As(err, &gone) {
		a.Self().(Host).Console("ERR", err.Error())
		return nil
	}
	return err
}
