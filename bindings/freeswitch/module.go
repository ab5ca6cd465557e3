// Package freeswitch owns the functions of the table freeswitch that concern no
// call: the log, the clock and the global variables. Other packages add their
// constructors to the table (Session, API, Event, JSON).
package freeswitch

import (
	"context"
	"errors"
	"fmt"
	"math"
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
	level := vm.Param{Name: "level", Kind: vm.String, Doc: "CONSOLE, ALERT, CRIT, ERR, WARNING, NOTICE, INFO or DEBUG, in any case; anything else is DEBUG"}
	text := vm.Param{Name: "text", Kind: vm.String, Most: math.MaxInt, Doc: "the line"}
	console := vm.Func{
		Name: "consoleLog", Params: []vm.Param{level, text},
		Differs: "The line goes to eslua's log, in which a script may write so many lines a second.",
		Doc: "Writes a line to the log. A script may write 20 lines at once and one a second in any case, and more as far as the setting log.rate allows it to all scripts together. " +
			"What exceeds that is left out, and the log says how many lines. A line is cut at 8 KiB, and counts as several if it is longer than 1 KiB.",
		Example: `freeswitch.consoleLog("info", "the caller has chosen sales")`,
		Go:      func(a *vm.Args) error { envOf(a).Console.Write(a.String(0), a.String(1)); return nil },
	}
	clean := vm.Func{
		Name: "consoleCleanLog", Params: []vm.Param{text},
		Differs: "The line goes to eslua's log, with the time and the level.",
		Doc:     "Writes a line to the log at the level DEBUG.",
		Example: `freeswitch.consoleCleanLog("raw text")`,
		Go:      func(a *vm.Args) error { envOf(a).Console.Write("DEBUG", a.String(0)); return nil },
	}
	place := vm.Func{
		Name: "consoleLog2",
		Params: []vm.Param{level, {Name: "file", Kind: vm.String, Doc: "the file to name"}, {Name: "function", Kind: vm.String, Doc: "the function to name"},
			{Name: "line", Kind: vm.Int, Doc: "the line to name"}, text},
		Differs: "The line goes to eslua's log.",
		Doc:     "Writes a line to the log that names a place in a script.",
		Example: `freeswitch.consoleLog2("info", "menu.lua", "ask", 12, "no digit")`,
		Go: func(a *vm.Args) error {
			envOf(a).Console.WriteFrom(a.String(0), a.String(1), a.String(2), a.Int(3), a.String(4))
			return nil
		},
	}
	return &vm.Module{
		CText:       true,
		Name:        "freeswitch",
		Doc:         "FreeSWITCH as a script sees it: the log, global variables, and the constructors of its objects.",
		AfterHangup: "Works as before: it does not concern the call.",
		Constants: []vm.Constant{ // switch_cpp.h:session_flag_t
			{Name: "S_HUP", Value: lua.LNumber(1), Doc: "the bit of session.flags that is set while session:setAutoHangup is on"},
			{Name: "S_FREE", Value: lua.LNumber(2), Doc: "as in mod_lua; eslua never sets it"},
			{Name: "S_RDLOCK", Value: lua.LNumber(4), Doc: "as in mod_lua; eslua never sets it"},
		},
		Classes: []*vm.Class{dtmfClass()},
		Funcs: []vm.Func{
			dtmfConstructor(),
			console, oldName(console, "console_log"),
			place, oldName(place, "console_log2"),
			clean, oldName(clean, "console_clean_log"),
			{
				Name: "msleep", Native: "switch_msleep(unsigned int)", Params: []vm.Param{{Name: "milliseconds", Kind: vm.Int, Doc: "how long to wait"}},
				Doc:         "Waits, whatever happens to the call. To wait with a caller on the line, use session:sleep, which ends with the hangup.",
				Example:     `freeswitch.msleep(200)`,
				AfterHangup: "Waits all the same.",
				Go:          msleep,
			},
			{
				Name: "getGlobalVariable", Params: []vm.Param{{Name: "name", Kind: vm.String, Doc: "the variable's name"}},
				Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: "nil if it is not set"}},
				Doc:     "Returns a global variable of FreeSWITCH.",
				Example: `local domain = freeswitch.getGlobalVariable("domain")`,
				Go:      getGlobalVariable,
			},
			{
				Name: "setGlobalVariable",
				Params: []vm.Param{{Name: "name", Kind: vm.String, Doc: "the variable's name, without =, blanks, quotes and backslashes"},
					{Name: "value", Kind: vm.String, Doc: `its value; nil or "" removes the variable`}},
				Differs: "A name with =, a blank, a quote or a backslash raises an error.",
				Doc:     "Sets a global variable of FreeSWITCH, for all calls. It is the command global_setvar and needs its grant.",
				Example: `freeswitch.setGlobalVariable("night_mode", "true")`,
				Go:      setGlobalVariable,
			},
			{
				Name: "cause", Params: []vm.Param{{Name: "cause", Kind: vm.String, Doc: "a name in any case, or a number"}},
				Results: []vm.Result{{Name: "name", Kind: vm.String, Doc: "its name, such as USER_BUSY; nil if FreeSWITCH has no such cause"}, {Name: "number", Kind: vm.Int, Doc: "its number, such as 17"}, {Name: "sip", Kind: vm.Int, Doc: "the status of SIP with which FreeSWITCH refuses a call for it, such as 486"}},
				Doc:     "Looks up a hangup cause. mod_lua does not have it.",
				Example: "local name, number, sip = freeswitch.cause(\"17\") -- USER_BUSY, 17, 486",
				Go: func(a *vm.Args) error {
					c, ok := syntax.LookupCause(a.String(0))
					if !ok {
						a.Return(lua.LNil)
						return nil
					}
					a.Return(lua.LString(c.Name), lua.LNumber(c.Number), lua.LNumber(c.SIP))
					return nil
				},
			},
			{
				Name: "running", Results: []vm.Result{{Name: "running", Kind: vm.Bool, Doc: "true if it answers"}},
				Differs: "It says whether the FreeSWITCH of the call, or the node of the job, answers.",
				Doc:     "Reports whether there is a FreeSWITCH to talk to.",
				Example: `print(freeswitch.running())`,
				Go:      func(a *vm.Args) error { a.ReturnBool(running(envOf(a), a.Context())); return nil },
			},
		},
	}
}

// oldName declares f under the name that older mod_lua scripts use.
func oldName(f vm.Func, name string) vm.Func {
	f.Doc = "Is the old name of freeswitch." + f.Name + "."
	f.Example = strings.ReplaceAll(f.Example, f.Name, name)
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
	line := "global_getvar " + name
	if err := envOf(a).Grants.CheckAPI(line); err != nil {
		return err
	}
	value, err := envOf(a).Switch.API(a.Context(), line)
	if err = logLost(a, err); err != nil {
		return err
	}
	if value == "" || value == "-ERR no reply\n" { // the reply of the event socket for no output
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
	line := "global_setvar " + name + "=" + syntax.Value(a.String(1))
	if err := envOf(a).Grants.CheckAPI(line); err != nil {
		return err
	}
	_, err := envOf(a).Switch.API(a.Context(), line)
	return logLost(a, err)
}

// logLost logs a lost connection, because a script that was written for mod_lua
// expects no error here, and returns any other error.
func logLost(a *vm.Args, err error) error {
	if gone := (*esl.DisconnectError)(nil); errors.As(err, &gone) {
		envOf(a).Log.Error("FreeSWITCH's connection is gone; the script continues without it", "error", err)
		return nil
	}
	return err
}
