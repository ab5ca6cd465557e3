package session

import (
	"math"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// dataMethods declares the methods that read and write the channel's data.
func dataMethods() []vm.Func {
	ev := vm.Param{Name: "event", Kind: vm.Object, Class: "Event", Doc: "an event, from freeswitch.Event"}
	level := str("level", "CONSOLE, ALERT, CRIT, ERR, WARNING, NOTICE, INFO or DEBUG, in any case; anything else is DEBUG")
	line := vm.Param{Name: "text", Kind: vm.String, Most: math.MaxInt, Doc: "the line"}
	return []vm.Func{
		live(vm.Func{
			Name: "getVariable", Params: []vm.Param{str("name", "the variable's name")},
			Results: []vm.Result{{Name: "value", Kind: vm.String, Doc: "nil if it is not set"}},
			Differs: "After the hangup it answers what FreeSWITCH reported last. A few variables need a grant.",
			Doc:     "Returns a channel variable, a field of the caller profile such as caller_id_number or destination_number, or a global variable of FreeSWITCH.",
			Example: `local caller = session:getVariable("caller_id_number") or "unknown"`,
		}, empty, runs("Returns what FreeSWITCH reported last of the channel, or what the script has set since. Global variables are nil."), getVariable),
		live(vm.Func{
			Name: "setVariable", Params: []vm.Param{str("name", "the variable's name"), str("value", `its value, which is set as it is: nothing in it is expanded; nil or "" removes the variable`)},
			Differs: "After the hangup only the script itself sees the value. A few variables need a grant.",
			Doc:     "Sets a channel variable.",
			Example: `session:setVariable("customer", "4711")`,
		}, nil, runs("FreeSWITCH takes no variables any more: the value is kept for the script's own session:getVariable (64 variables of 16 KiB at most)."), setVariable),
		always(vm.Func{
			Name: "get_uuid", Native: "CoreSession::get_uuid() const", Results: []vm.Result{{Name: "uuid", Kind: vm.String, Doc: `"uninitialized" without a channel`}},
			Doc:         "Returns the channel's uuid.",
			Example:     `local uuid = session:get_uuid()`,
			AfterHangup: "Answers as before.",
		}, getUUID),
		live(vm.Func{
			Name: "setEventData", Params: []vm.Param{ev},
			Differs: "The data are as new as the last event of FreeSWITCH.",
			Doc:     "Adds the channel's data to an event: the headers and variables that FreeSWITCH sends with the channel's own events.",
			Example: "local e = freeswitch.Event(\"CUSTOM\", \"my::event\")\nsession:setEventData(e)\ne:fire()",
		}, nil, runs("Adds what FreeSWITCH reported last."), setEventData),
		live(vm.Func{
			Name: "print", Params: []vm.Param{str("text", "the text")}, Results: done,
			Doc:     "Sends text to the phone while it is shown as it is typed (RFC 4103), on a channel with real-time text.",
			Differs: "FreeSWITCH adds a line end to the text, and does not tell that the channel has no real-time text: the result is 1 then.",
			Example: `session:print("Please hold the line.")`,
		}, noChannel, returns(no), printText),
		live(vm.Func{
			Name: "getXMLCDR", Results: []vm.Result{{Name: "cdr", Kind: vm.String, Doc: `the record as XML; "" before the hangup`}},
			Doc:     "Returns the call's record, once the call has hung up. FreeSWITCH makes it only if the variable hangup_complete_with_xml is true by then: set it before, or call this method before, which sets it.",
			Differs: "It is there after the hangup only, and only of a call for which the variable hangup_complete_with_xml was set before. Before the hangup it is \"\".",
			Example: "function gone(s) freeswitch.consoleLog(\"info\", s:getXMLCDR()) end\nsession:setVariable(\"hangup_complete_with_xml\", \"true\")\nsession:setHangupHook(\"gone\")\nsession:streamFile(\"ivr/ivr-welcome.wav\")",
		}, empty, runs("Returns the record."), getXMLCDR),
		live(vm.Func{
			Name: "sendEvent", Params: []vm.Param{ev},
			Differs: "Only the body goes to the phone, and no method that reads is interrupted.",
			Doc:     "Sends an event's body to the phone as a message: a SIP MESSAGE on a SIP channel.",
			Example: "local e = freeswitch.Event(\"MESSAGE\")\ne:addBody(\"You are the third in the queue.\")\nsession:sendEvent(e)",
		}, nil, returns(nil), sendEvent),
		always(vm.Func{
			Name: "consoleLog", Params: []vm.Param{level, line},
			Differs:     "The line goes to eslua's log.",
			Doc:         "Writes a line to the log, as freeswitch.consoleLog does.",
			Example:     `session:consoleLog("info", "the caller has chosen sales")`,
			AfterHangup: "Works as before.",
		}, func(s *Session, a *vm.Args) (lua.LValue, error) {
			s.set.env.Console.Write(a.String(0), a.String(1))
			return nil, nil
		}),
		always(vm.Func{
			Name:        "consoleLog2",
			Params:      []vm.Param{level, str("file", "the file to name"), str("function", "the function to name"), num("line", "the line to name"), line},
			Differs:     "The line goes to eslua's log.",
			Doc:         "Writes a line to the log that names a place in a script, as freeswitch.consoleLog2 does.",
			Example:     `session:consoleLog2("info", "menu.lua", "ask", 12, "no digit")`,
			AfterHangup: "Works as before.",
		}, func(s *Session, a *vm.Args) (lua.LValue, error) {
			s.set.env.Console.WriteFrom(a.String(0), a.String(1), a.String(2), a.Int(3), a.String(4))
			return nil, nil
		}),
	}
}

// fields declares the attributes that SWIG makes readable on a session object.
func fields() []vm.Field {
	text := func(name, doc string, at func(s *Session) *string) vm.Field {
		return vm.Field{
			Name: name, Kind: vm.String, Doc: doc, Native: "LUA::Session::" + name,
			Get: func(self any) lua.LValue {
				if text := *at(self.(*Session)); text != "" {
					return lua.LString(text)
				}
				return lua.LNil
			},
			Set: func(self any, v lua.LValue) error { *at(self.(*Session)) = lua.LVAsString(v); return nil },
		}
	}
	spoken := func(name, doc string, at func(s *Session) **string) vm.Field {
		return vm.Field{
			Name: name, Kind: vm.String, Doc: doc,
			Get: func(self any) lua.LValue {
				if text := *at(self.(*Session)); text != nil {
					return lua.LString(*text)
				}
				return lua.LNil
			},
			Set: func(self any, v lua.LValue) error {
				text := lua.LVAsString(v)
				if *at(self.(*Session)) = &text; v == lua.LNil {
					*at(self.(*Session)) = nil
				}
				return nil
			},
		}
	}
	return []vm.Field{
		{
			Name: "uuid", Kind: vm.String, Doc: "the channel's uuid; nil without a channel", Differs: "It cannot be set.",
			Get: func(self any) lua.LValue {
				if call := self.(*Session).call; call != nil {
					return lua.LString(call.UUID())
				}
				return lua.LNil
			},
		},
		spoken("tts_name", "the engine that session:set_tts_params has chosen", func(s *Session) **string { return &s.engine }),
		spoken("voice_name", "the voice that session:set_tts_params has chosen", func(s *Session) **string { return &s.voice }),
		text("cb_function", "the function that session:setInputCallback has named", func(s *Session) *string { return &s.input.function }),
		text("cb_arg", "the argument that session:setInputCallback has named", func(s *Session) *string { return &s.input.argument }),
		text("hangup_func_str", "the function that session:setHangupHook has named", func(s *Session) *string { return &s.hook.function }),
		text("hangup_func_arg", "the argument that session:setHangupHook has named", func(s *Session) *string { return &s.hook.argument }),
		{
			Name: "allocated", Kind: vm.Int, Doc: "1 with a channel, 0 without", Differs: "It cannot be set.",
			Get: func(self any) lua.LValue { return intBool(self.(*Session).call != nil) },
		},
		{
			Name: "flags", Kind: vm.Int, Doc: "1 (S_HUP) if session:setAutoHangup is on, else 0", Differs: "It cannot be set.",
			Get: func(self any) lua.LValue { return intBool(self.(*Session).autoHangup) }, // switch_cpp.h:session_flag_t
		},
	}
}
