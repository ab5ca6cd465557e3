// Package session owns the Lua object of a channel: the global session,
// freeswitch.Session(...) and freeswitch.bridge, with mod_lua's methods, their
// return values and their timing, and eslua's additions on the same object.
//
// It drives a channel through the Call interface, one application or API command
// at a time; how those travel belongs to host/call/outbound. mod_lua's methods
// raise errors only for wrong arguments, for what cannot be sent at all and for
// what the script is not granted; eslua's additions raise errors that say what to
// do.
package session

import (
	"fmt"

	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares freeswitch.Session, freeswitch.bridge and the sessions.
type Module struct {
	Legs *legs.Registry // dials legs; nil: no script can dial
}

// Declare declares the functions, the class and the globals.
func (Module) Declare() *vm.Module {
	return &vm.Module{
		CText: true,
		Name:  "freeswitch", Funcs: append(functions(), menuConstructor()), Classes: []*vm.Class{class(), menuClass()}, Records: []*vm.Class{taskDoc()},
		Variables: []vm.Variable{
			{
				Name: "session", Kind: vm.Object, Class: "Session",
				Doc: "The call that runs the script. It is nil in a script that runs without a call. The same object is in the global variable that is " +
					"named after the channel's uuid.",
				Example: `session:answer()`,
			},
			{
				Name: "__Input_Event__", Kind: vm.Object, Class: "Event",
				Doc:     "The event that the input callback was called with last, as in mod_lua.",
				Example: `if __Input_Event__ then print(__Input_Event__:getType()) end`,
			},
		},
	}
}

// Bind returns the sessions of one run; a run that serves a call has one.
func (m Module) Bind(env *run.Env) any {
	set := &Sessions{env: env, legs: m.Legs}
	if env.Call != nil {
		set.setMain()
	}
	return set
}

// class declares a session. Each method's declaration says what it answers
// without a channel: -1, "", false or nothing.
func class() *vm.Class {
	c := &vm.Class{
		Name: "Session", Native: "LUA::Session", Base: "CoreSession", Value: (*Session)(nil), Fields: fields(),
		Doc: "A session is one channel of FreeSWITCH: the call that runs the script (the global session), or a leg that the script has dialled or attached to with freeswitch.Session.\n" +
			"A hangup raises no error. The methods answer 0, false or \"\" from then on, so a script checks session:ready() in its loops. " +
			"The same holds once the call has moved on: the script has asked for a transfer, or somebody has transferred, bridged or parked it. It is not played to, hung up or touched in any other way from then on.\n" +
			"A session without a channel (its originate failed, or it was destroyed) logs \"session is not initalized\" and answers -1, false or \"\".\n" +
			"As in mod_lua, a hangup hook does not interrupt the script: methods that wait run it before and after they wait, and session:ready() runs it too.",
		Example: "session:answer()\nwhile session:ready() do\n  session:streamFile(\"ivr/ivr-welcome.wav\")\n  session:sleep(1000)\nend",
	}
	for _, methods := range [][]vm.Func{callMethods(), promptMethods(), digitMethods(), dataMethods(), callbackMethods(), additions()} {
		c.Methods = append(c.Methods, methods...)
	}
	return c
}

const (
	empty   = lua.LString("")
	missing = lua.LBool(false)
)

func str(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Doc: doc} }
func num(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.Int, Doc: doc} }

func opt(p vm.Param, otherwise string) vm.Param {
	p.Optional, p.Default = true, otherwise
	return p
}

// hangupCause declares a parameter. FreeSWITCH takes a cause that it does not know for
// NORMAL_CLEARING.
var hangupCause = vm.Param{Name: "cause", Kind: vm.String, Doc: "a hangup cause: a name in any case, or its number",
	Check: func(text string) error { _, err := syntax.ParseCause(text); return err }}

var application = vm.Param{Name: "application", Kind: vm.String, Doc: "an application of the dialplan",
	Check: func(name string) error {
		if meant := syntax.MeantApplication(name); meant != "" {
			return fmt.Errorf("FreeSWITCH has no application %q; did you mean %s?", name, meant)
		}
		return nil
	}}

var (
	done   = []vm.Result{{Name: "done", Kind: vm.Int, Doc: "1 if it was done, 0 if not, -1 without a channel"}}
	zero   = []vm.Result{{Name: "zero", Kind: vm.Int, Doc: "always 0; -1 without a channel"}}
	digits = []vm.Result{{Name: "digits", Kind: vm.String, Doc: `the keys pressed; "" if there were none`}}
)

func isTrue(doc string) []vm.Result { return []vm.Result{{Name: "is", Kind: vm.Bool, Doc: doc}} }
