package session

import (
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// callMethods declares the methods that change or report the state of the call.
func callMethods() []vm.Func {
	return []vm.Func{
		live(vm.Func{
			Name: "answer", Results: done,
			Doc:     "Answers the call. If it has been answered already, nothing happens and 1 is returned.",
			Example: `session:answer()`,
		}, noChannel, runs("Does nothing and returns 0. Of a channel that FreeSWITCH has dialled it returns 1."), answer),
		live(vm.Func{
			Name: "preAnswer", Results: done,
			Doc:     "Opens early media: the caller hears prompts although the call is not answered yet.",
			Example: "session:preAnswer()\nsession:streamFile(\"ivr/ivr-please_hold_while_party_contacted.wav\")",
		}, noChannel, returns(no), preAnswer),
		live(vm.Func{
			Name: "waitForAnswer", Params: []vm.Param{{Name: "other", Kind: vm.Any, Doc: "accepted for mod_lua's sake and not used: no ringback is played to another session"}},
			Differs: "No ringback is played to the other session.",
			Doc:     "Waits until the other side answers. It returns at once where the other side sends audio before it answers.",
			Example: `session:waitForAnswer(session)`,
		}, nil, returns(nil), waitForAnswer),
		blocking(vm.Func{
			Name: "hangup", Native: "CoreSession::hangup(char const *)", Params: []vm.Param{opt(hangupCause, "NORMAL_CLEARING")},
			Doc:     "Hangs up at once. The script continues; session:ready() is false from now on.",
			Example: `session:hangup("USER_BUSY")`,
		}, nil, returns(nil).unlessMoved(), hangup),
		blocking(vm.Func{
			Name:    "hangupState",
			Differs: "It does nothing: FreeSWITCH runs its state handlers by itself.",
			Doc:     "Does nothing. It exists because mod_lua has it; FreeSWITCH runs its own state handlers.",
			Example: `session:hangupState()`,
		}, nil, returns(nil), nothing),
		always(vm.Func{
			Name: "hangupCause", Results: []vm.Result{{Name: "cause", Kind: vm.String, Doc: `"SUCCESS" if it was answered, else the hangup cause; "NONE" for a session that the script has not dialled`}},
			Doc:         "Says how dialling this session ended. As in mod_lua it does not say why the call hung up later: read that with session:getVariable(\"hangup_cause\").",
			Example:     "local leg = freeswitch.Session(\"user/1000\")\nif not leg:ready() then\n  freeswitch.consoleLog(\"notice\", \"not reached: \" .. leg:hangupCause())\nend",
			AfterHangup: "Answers as before.",
		}, hangupCauseOf),
		blocking(vm.Func{
			Name:    "transfer",
			Params:  []vm.Param{str("extension", "the extension to continue with"), opt(str("dialplan", "the dialplan's type"), "XML"), opt(str("context", "the dialplan's context"), "the channel's")},
			Results: done,
			Doc: "Sends the call to another extension when the script ends, as under mod_lua. session:ready() is false from now on, and nothing is played, recorded, collected or waited for any more; " +
				"session:execute(\"transfer\", ...) does the same.",
			Example: "session:transfer(\"7001\", \"XML\", \"default\")\nreturn",
		}, noChannel, returns(yes).unlessMoved(), transfer),
		blocking(vm.Func{
			Name: "execute", Native: "CoreSession::execute(char const *,char const *)", Params: []vm.Param{application, opt(str("data", "its argument; FreeSWITCH expands ${variables} in it, as in the dialplan"), "none")},
			Differs: "After the hangup only some of the applications run that FreeSWITCH runs then.",
			Doc:     "Runs a dialplan application and waits until it has ended. An application that FreeSWITCH does not know hangs the call up, as in the dialplan.",
			Example: "session:execute(\"set\", \"hangup_after_bridge=true\")\nsession:execute(\"bridge\", dial{\"user/1000\", within = \"app\"})",
		}, nil, runs("Runs hash, db, group, event, log, set_global, system and bgsystem, as mod_lua does. What set, export, unset, multiset and multiunset do, only the script sees; "+
			"of the other applications that mod_lua would run, such as push or rename, the log says that they were not run."), execute),
		blocking(vm.Func{
			Name: "sleep", Params: []vm.Param{num("milliseconds", "how long to wait"), opt(num("sync", "accepted for mod_lua's sake and not used"), "0")},
			Results: []vm.Result{{Name: "done", Kind: vm.Int, Doc: "1 if the time has passed, 0 if a callback or the hangup ended the wait, -1 without a channel"}},
			Differs: "The argument sync is not used.",
			Doc:     "Waits. A hangup or a callback ends the wait early; digits without a callback do not.",
			Example: `session:sleep(500)`,
		}, noChannel, returns(yes), sleep),
		always(vm.Func{
			Name: "ready", Native: "LUA::Session::ready()", Results: isTrue("true if the call is up and has not moved on"),
			Differs:     "It is as new as the last event of FreeSWITCH.",
			Doc:         "Reports whether the script still has the call. Check it in every loop.",
			Example:     "while session:ready() do\n  session:streamFile(\"ivr/ivr-hold_connect_call.wav\")\n  session:sleep(500)\nend",
			AfterHangup: "Returns false. A hangup hook that has not run yet runs first.",
		}, ready),
		live(vm.Func{
			Name: "answered", Results: isTrue("true from the answer to the hangup"),
			Differs: "It is as new as the last event of FreeSWITCH.",
			Doc:     "Reports whether the call is answered.",
			Example: `if not session:answered() then session:answer() end`,
		}, missing, runs("Returns false."), answered),
		live(vm.Func{
			Name: "mediaReady", Results: isTrue("true with early media or once answered"),
			Differs: "It is as new as the last event of FreeSWITCH.",
			Doc:     "Reports whether audio flows.",
			Example: `if not session:mediaReady() then session:preAnswer() end`,
		}, missing, returns(missing), mediaReady),
		live(vm.Func{
			Name: "bridged", Results: isTrue("true while the call is connected to another channel"),
			Differs: "It is as new as the last event of FreeSWITCH.",
			Doc:     "Reports whether the call talks to another channel.",
			Example: `print(session:bridged())`,
		}, missing, returns(missing), bridged),
		always(vm.Func{
			Name: "getState", Results: []vm.Result{{Name: "state", Kind: vm.String, Doc: `such as "CS_EXECUTE"; "ERROR" without a channel`}},
			Differs:     "It is as new as the last event of FreeSWITCH.",
			Doc:         "Returns the state that the channel is in.",
			Example:     `print(session:getState())`,
			AfterHangup: "Returns the state that FreeSWITCH reported last: \"CS_HANGUP\" or \"CS_REPORTING\".",
		}, getState),
		live(vm.Func{
			Name: "setAutoHangup", Params: []vm.Param{{Name: "on", Kind: vm.Bool, Doc: "true: hang up; false: continue with the dialplan"}}, Results: zero,
			Doc: "Sets whether the call is hung up when the script ends. At first it is off for the call that runs the script, whose dialplan then continues. " +
				"A leg that the script has dialled is hung up in any case.",
			Example: `session:setAutoHangup(false)`,
		}, noChannel, runs("Has no effect any more and returns 0."), setAutoHangup),
		always(vm.Func{
			Name: "originate", Native: "LUA::Session::originate(CoreSession *,char *,int)",
			Params: []vm.Param{{Name: "a_leg", Kind: vm.Any, Doc: "a session whose caller id the new leg shows and whose hangup cancels the dialling, or nil"},
				str("dial", "a dial string such as user/1000; write it with dial{...}"), num("timeout", "seconds to wait for the answer, 1 to 3600")},
			Results: []vm.Result{{Name: "failed", Kind: vm.Int, Doc: "0 if it was answered, else 1; session:hangupCause() says why"}},
			Differs: "It raises an error if the session has a channel.",
			Doc:     "Dials for a session that was made with freeswitch.Session() and has no channel yet. Raises an error if it has one.",
			Example: "local leg = freeswitch.Session()\nif leg:originate(session, \"user/1000\", 30) == 0 then\n  freeswitch.bridge(session, leg)\nend",
			AfterHangup: "Raises an error, because the session still has its channel: call session:destroy() first. If a_leg hangs up while the new leg is dialled, " +
				"the dialling is cancelled, 1 is returned, and session:hangupCause() is \"ORIGINATOR_CANCEL\".",
		}, originate),
		always(vm.Func{
			Name: "destroy", Native: "LUA::Session::destroy(char const *)\nLUA::Session::destroy()", Params: []vm.Param{opt(str("error", "raised as an error afterwards"), "none")},
			Doc: "Takes the session off its channel, as the end of the script would: a transfer that was asked for happens, and with session:setAutoHangup(true) the channel is " +
				"hung up. The session is then \"not initialized\".",
			Example:     "local leg = freeswitch.Session(\"user/1000\")\nleg:destroy()",
			AfterHangup: "Takes the session off its channel, nothing more.",
		}, destroy),
		live(vm.Func{
			Name: "check_hangup_hook", Native: "LUA::Session::check_hangup_hook()",
			Doc:     "Does nothing. It exists because mod_lua has it; a hook is noticed without it.",
			Example: `session:check_hangup_hook()`,
		}, nil, runs("Does nothing."), nothing),
		blocking(vm.Func{
			Name: "begin_allow_threads", Native: "LUA::Session::begin_allow_threads()", Results: isTrue("always true"),
			Doc:     "Runs a hangup hook that has not run yet. It exists because mod_lua has it.",
			Example: `session:begin_allow_threads()`,
		}, lua.LTrue, runs("Returns true."), allowed),
		blocking(vm.Func{
			Name: "end_allow_threads", Native: "LUA::Session::end_allow_threads()", Results: isTrue("always true"),
			Doc:     "Runs a hangup hook that has not run yet. It exists because mod_lua has it.",
			Example: `session:end_allow_threads()`,
		}, lua.LTrue, runs("Returns true."), allowed),
	}
}

func nothing(*Session, *vm.Args) (lua.LValue, error) { return nil, nil }
func allowed(*Session, *vm.Args) (lua.LValue, error) { return lua.LTrue, nil }
