package session

import (
	"github.com/eslua/eslua/host/script/vm"
)

// callbackMethods declares the methods that name functions to call while others
// wait.
func callbackMethods() []vm.Func {
	function := vm.Param{Name: "function_name", Kind: vm.String, Callback: "Session", Doc: "the name of a global function, as text"}
	argument := opt(str("argument_name", "the name of a global variable whose value is passed as the last argument"), "none")
	return []vm.Func{
		live(vm.Func{
			Name: "setInputCallback", Native: "LUA::Session::setInputCallback(char *,char *)\nLUA::Session::setInputCallback(char *)", Params: []vm.Param{function, argument},
			Differs: "What the function returns takes effect after the way to FreeSWITCH and back, and while an application runs fewer kinds of events come.",
			Doc: "Has function(session, \"dtmf\" or \"event\", data, argument) called while a prompt plays or a sleep lasts. For a digit, data is {digit = \"5\", duration = SAMPLES}; for an event it is an Event. " +
				"Methods that collect digits do not call it.\n" +
				"What the function returns drives what plays: nil, true, false, \"true\" and \"undefined\" let it continue; \"pause\" and \"restart\", and with \"+N\", \"-N\" or \"N\" after a colon " +
				"\"speed\", \"volume\" and \"seek\" (milliseconds), change a file that streamFile plays; anything else, such as \"stop\" or \"break\", ends it.\n" +
				"Events are DETECTED_SPEECH at any time and, while nothing plays, records or reads, those of type MESSAGE, TEXT or COMMAND that were sent to the channel (sendevent with its Unique-ID). " +
				"mod_lua gets more of them: FreeSWITCH's applications swallow the others before they reach the event socket.",
			Example: "function heard(s, kind, data)\n  if kind == \"dtmf\" and data.digit == \"#\" then return \"stop\" end\nend\nsession:setInputCallback(\"heard\")\nsession:streamFile(\"ivr/ivr-hold_music.wav\")",
		}, nil, runs("Is remembered; nothing comes any more."), setInputCallback),
		live(vm.Func{
			Name: "unsetInputCallback", Native: "LUA::Session::unsetInputCallback()",
			Doc:     "Removes the input callback and the events that wait for it.",
			Example: `session:unsetInputCallback()`,
		}, nil, runs("Works as before."), unsetInputCallback),
		live(vm.Func{
			Name: "setHangupHook", Native: "LUA::Session::setHangupHook(char *,char *)\nLUA::Session::setHangupHook(char *)", Params: []vm.Param{function, argument},
			Doc: "Has function(session, \"hangup\" or \"transfer\", argument) called once by the next method that waits, or by session:ready(), after the call has hung up or been transferred. " +
				"If it returns \"exit\" or \"die\", the script ends with an error of that text. It does not interrupt a loop that only computes, and it does not run if the script ends first, as in mod_lua.",
			Example: "function gone(s, why)\n  freeswitch.consoleLog(\"info\", \"the call has ended: \" .. why)\n  return \"exit\"\nend\nsession:setHangupHook(\"gone\")",
		}, nil, runs("Is remembered and never runs."), setHangupHook),
	}
}

// additions declares the methods that mod_lua does not have.
func additions() []vm.Func {
	return []vm.Func{
		always(vm.Func{
			Name:        "schedHangup",
			Params:      []vm.Param{{Name: "seconds", Kind: vm.Number, Doc: "from now, at least 1; fractions are rounded up"}, opt(hangupCause, "ALLOTTED_TIMEOUT")},
			Results:     []vm.Result{{Name: "task", Kind: vm.Object, Class: "Task", Doc: "the scheduled hangup, which can be cancelled"}},
			Doc:         "Has FreeSWITCH hang the call up later, even if eslua has gone by then. mod_lua does not have it.",
			Example:     "local timeout = session:schedHangup(60)\nlocal digit = session:read(1, 1, \"ivr/ivr-to_accept_press_one.wav\", 10000, \"#\")\nif digit == \"1\" then timeout:cancel() end",
			AfterHangup: "Returns a task with the id 0, whose cancel() returns false.",
		}, schedHangup),
		live(vm.Func{
			Name:   "checkpoint",
			Params: []vm.Param{opt(vm.Param{Name: "table", Kind: vm.Table, Doc: "strings, numbers, booleans, tasks of session:schedHangup and tables of them, 4 KiB at most"}, "nil: removes the checkpoint")},
			Doc: "Stores a table in FreeSWITCH with the call. If this eslua dies, the next one runs the flow again from its beginning, and session:resumed() returns the table there. " +
				"Each checkpoint replaces the one before. Raises an error for a table that cannot be stored, and on a leg that the script has dialled. mod_lua does not have it.",
			Example: "local call = session:resumed() or {stage = \"greeting\"}\nif call.stage == \"greeting\" then\n  session:streamFile(\"ivr/ivr-welcome.wav\")\n  call.stage = \"menu\"\n  session:checkpoint(call)\nend",
		}, nil, runs("Checks the table and stores nothing."), storeCheckpoint),
		{
			Name: "resumed",
			Results: []vm.Result{{Name: "table", Kind: vm.Table, Doc: "what the last session:checkpoint() of the interrupted run stored; nil if this run continues none"},
				{Name: "from", Kind: vm.Table, Doc: "the flow, generation and version of the script that stored it"}},
			Doc:         "Returns the checkpoint of an earlier run of this call whose eslua died. mod_lua does not have it.",
			Example:     "local stored, from = session:resumed()\nif stored then freeswitch.consoleLog(\"notice\", \"continues a run of \" .. from.flow) end",
			AfterHangup: "Answers as before.",
			Go:          resumed,
		},
		always(vm.Func{
			Name:   "onDtmf",
			Params: []vm.Param{opt(vm.Param{Name: "fn", Kind: vm.Function, Doc: `fn(digit, duration) is called for each digit; if it returns "break", what plays ends`}, "nil: removes the callback")},
			Doc: "Has a function called for each digit while a method waits, except the methods that collect digits. Unlike session:setInputCallback it takes the function itself. " +
				"mod_lua does not have it.",
			Example:     "session:onDtmf(function(digit)\n  if digit == \"1\" then return \"break\" end\nend)\nsession:streamFile(\"ivr/ivr-to_accept_press_one.wav\")",
			AfterHangup: "Is remembered; no digit comes any more.",
		}, setOnDtmf),
		always(vm.Func{
			Name:   "onProgress",
			Params: []vm.Param{opt(vm.Param{Name: "fn", Kind: vm.Function, Doc: `fn(how, event) is called when a leg rings (how is "ring"), has early media ("progress") or answers ("answer"); event is the leg's`}, "nil: removes the callback")},
			Doc: "Has a function called for how far the legs have come that session:execute(\"bridge\") or freeswitch.Session(dialstring, session) dials, while these wait. " +
				"The call does not wait for the function. mod_lua does not have it.",
			Example:     "session:onProgress(function(how, event)\n  freeswitch.consoleLog(\"info\", event:getHeader(\"Caller-Destination-Number\") .. \": \" .. how)\nend)\nsession:execute(\"bridge\", dial{\"user/1000\", within = \"app\"})",
			AfterHangup: "Is remembered; nothing comes any more.",
		}, setOnProgress),
	}
}

// taskDoc describes Task for the reference.
func taskDoc() *vm.Class {
	return &vm.Class{
		Name: "Task", Value: Task{},
		Doc:         "A hangup that session:schedHangup has scheduled. A checkpoint can store it.",
		AfterHangup: "FreeSWITCH removes the task when the channel ends: cancel() returns false, id() answers as before.",
		Example:     "local task = session:schedHangup(60)\ntask:cancel()",
		Methods: []vm.Func{
			{
				Name: "cancel", Results: []vm.Result{{Name: "cancelled", Kind: vm.Bool, Doc: "true if the hangup was still to come"}},
				Doc:     "Cancels the hangup.",
				Example: "local task = session:schedHangup(60)\nif task:cancel() then print(\"cancelled\") end",
			},
			{
				Name: "id", Results: []vm.Result{{Name: "id", Kind: vm.Int, Doc: "0 if nothing is scheduled"}},
				Doc:     "Returns the number that FreeSWITCH's scheduler has given the task.",
				Example: "print(session:schedHangup(60):id())",
			},
		},
	}
}
