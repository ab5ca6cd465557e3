package main

import "testing"

// trapCalls has a call for each way in which mod_lua surprises those who write for it:
// what its name promises, it does not do.
func trapCalls() []*besideCall {
	const tone = `"tone_stream://%(700,0,440)"`
	return []*besideCall{
		// arguments
		{name: "textIsNoBoolean", far: "park", code: `note(fails(session.setVariable, session, "x", true), fails(session.setVariable, session, "x", {}), fails(session.setVariable, session, "x", 5), session:getVariable("x"))
			session:setVariable("x", nil) note(session:getVariable("x"))`},
		{name: "booleanIsNoNumber", far: "park", code: `note(fails(session.setAutoHangup, session, 0), fails(session.setAutoHangup, session, "true"), fails(session.setAutoHangup, session))`},
		{name: "aFunctionIsNoCallback", far: "park", code: `note(fails(session.setInputCallback, session, function() end), fails(session.setHangupHook, session, print))`},
		{name: "membersThatAreNotThere", far: "park", code: `note(session.nonsense, fails(function() session.nonsense = 1 end):match("Assignment not possible"), fails(function() session:nonsense() end):match("nonsense"))`},

		// sessions
		{name: "aStaleUUIDIsDialled", far: "park", code: `local s = freeswitch.Session("12345678-1234-1234-1234-123456789012") note(s:ready(), s:hangupCause(), s:get_uuid(), s:answer(), s:getState())`},
		{name: "originateReturnsZero", far: "park", code: `session:answer()
			local s = freeswitch.Session() note(s:originate(session, "loopback/m:^:sleep:100^answer^park/default/inline", 5), s:ready(), _G[s:get_uuid()] == nil, s:hangupCause()) s:hangup() s:destroy() note(s:ready(), s:get_uuid())
			local bad = freeswitch.Session() note(bad:originate(session, "error/USER_BUSY", 5), bad:ready(), bad:hangupCause())
			local none = freeswitch.Session() note(none:originate(session, "", 5), none:ready())`},
		{name: "theCallGoesOnAfterTheScript", far: "park", code: `session:answer() note(session:setAutoHangup(false))`},
		{name: "autoHangup", far: "park", code: `session:answer() note(session:setAutoHangup(true))`},
		{name: "hangupCauseSaysNothing", differs: "USER_BUSY; script NONE false USER_BUSY", because: "eslua waits for the cause, which FreeSWITCH sets a little later", far: "park", code: `session:answer() session:hangup("user_busy") note(session:hangupCause(), session:ready(), session:getVariable("hangup_cause"))`},
		{name: "anUnknownCause", far: "park", code: `session:answer() session:hangup("NONSENSE") note(session:ready())`},
		{name: "anUnknownApplication", far: "park", code: `session:answer() session:execute("nosuch_application", "x") note(session:ready()) session:execute("set", "mark=late")`,
			differs: "DESTINATION_OUT_OF_ORDER; script false", because: "no application runs after the hangup"},
		{name: "destroyRaises", far: "park", code: `session:answer() note(fails(session.destroy, session, "over")) note(session:ready(), session:answer(), session:getVariable("uuid"), session:get_uuid())`},
		{name: "nothingAfterTheHangup", far: "park", code: `session:answer() session:hangup() note(session:sleep(5000), session:streamFile(` + tone + `), session:getDigits(1, "", 5000) == "", session:read(1, 1, ` + tone + `, 5000, "#") == "", session:answer(), session:transfer("x", "XML", "default"))`},
		{name: "transferWaitsForTheEnd", differs: "transfer(set:mark=moved,sleep:300,hangup:USER_NOT_REGISTERED inline) set(mark=moved) hangup(USER_NOT_REGISTERED) USER_NOT_REGISTERED; script 1 false CS_ROUTING", because: "the application transfer does it", far: "park", code: `session:answer() note(session:transfer("set:mark=moved,sleep:300,hangup:USER_NOT_REGISTERED", "inline"), session:ready()) freeswitch.msleep(300) note(session:getState())`},

		// variables
		{name: "textsOfVariables", far: "park", code: `for _, text in ipairs{"a'b'c", "a\\b", "\\n", "one\ntwo", " edge ", "${uuid}", "a,b=c", "\\'", "'", "%41", "\tx"} do session:setVariable("x", text) note(session:getVariable("x") == text) end`},
		{name: "setExpandsTwice", differs: "set(c=${a}) set(mark=dialplan) hangup(NORMAL_UNSPECIFIED) NORMAL_UNSPECIFIED; script deep ${a}", because: "what is in a value is left to the application, which expands it", far: "park", code: `session:setVariable("a", "deep") session:setVariable("b", "${a}") session:execute("set", "c=${b}") note(session:getVariable("c"), session:getVariable("b"))`},
		{name: "arrays", far: "park", code: `session:setVariable("l", "ARRAY::a|:b") note(session:getVariable("l")) session:setVariable("l", "") note(session:getVariable("l"))`},
		{name: "profileAndGlobals", far: "park", code: `freeswitch.setGlobalVariable("eslua_trap", "here") note(session:getVariable("eslua_trap"), freeswitch.getGlobalVariable("eslua_trap"), session:getVariable("eslua_none")) freeswitch.setGlobalVariable("eslua_trap", "") note(freeswitch.getGlobalVariable("eslua_trap"), session:getVariable("context") ~= nil)`},

		// digits and sounds
		{name: "aSoundLeavesTheDigits", far: "sleep:500^send_dtmf:12", code: `session:answer() note(session:streamFile(` + tone + `), session:getDigits(5, "", 300))`},
		{name: "aMissingSoundForgetsThem", far: "sleep:300^send_dtmf:12", code: `session:answer() session:sleep(800) note(session:streamFile("/nowhere/nothing.wav"), session:getDigits(5, "", 300) == "")`},
		{name: "playbackStopsAtTheStar", far: "sleep:500^send_dtmf:1*2", code: `session:answer() session:execute("playback", "tone_stream://%(5000,0,440)") note(session:getDigits(5, "", 300), session:getVariable("playback_terminator_used"))`},
		{name: "sleepLeavesTheDigits", far: "sleep:300^send_dtmf:12", code: `session:answer() note(session:sleep(800), session:getDigits(5, "", 300))`},
		{name: "digitsWithoutTime", far: "sleep:400^send_dtmf:12#3", code: `session:answer() note(session:getDigits(5, "#", 0), session:getDigits(1, "", 500), session:getDigits(0, "", 300) == "")`},
		{name: "readClamps", far: "sleep:400^send_dtmf:1", code: `session:answer() note(session:read(0, 0, "", 3000, ""), session:getVariable("read_result"), session:read(1, 1, nil, 1, "#") == "", session:getVariable("read_result"))`},
		{name: "readReturnsWhatIsTooFew", far: "sleep:400^send_dtmf:12", code: `session:answer() note(session:read(3, 3, "silence", 900, "#"), session:getVariable("read_result"))`},
		{name: "playAndGetDigitsReturnsNothing", far: "sleep:400^send_dtmf:12", code: `session:answer() note(session:playAndGetDigits(3, 3, 1, 900, "#", "", "", "\\d+", "x") == "", session:getVariable("x"), session:getVariable("x_invalid"))`},
		{name: "whatDoesNotMatch", far: "sleep:400^send_dtmf:12", code: `session:answer() note(session:playAndGetDigits(2, 2, 1, 900, "#", "", "", "^9", "x") == "", session:getVariable("x"), session:getVariable("x_invalid"))`},
		{name: "speakWithoutAnEngine", far: "park", code: `session:answer() note(session:speak("hello"), session:ready())`},
		{name: "aRecordingThatFails", differs: "set(mark=dialplan) hangup(NORMAL_UNSPECIFIED) NORMAL_UNSPECIFIED; script 0 true", because: "the call is not hung up", far: "park", code: `session:answer() note(session:recordFile("/proc/nowhere/y.wav", 1), session:ready())`},

		// callbacks
		{name: "booleansContinue", far: "sleep:500^send_dtmf:1^sleep:300^send_dtmf:2", code: `function pressed(s, kind, data) note(kind, data.digit) return data.digit == "1" end session:answer() session:setInputCallback("pressed") note(session:streamFile("tone_stream://%(1500,0,440)"))`},
		{name: "anyOtherTextStops", far: "sleep:500^send_dtmf:1", code: `function pressed(s, kind, data) return "nonsense" end session:answer() session:setInputCallback("pressed") note(session:streamFile("tone_stream://%(3000,0,440)"), session:getDigits(1, "", 300) == "")`},
		{name: "theTextTrueContinues", far: "sleep:500^send_dtmf:1^sleep:300^send_dtmf:2", code: `function pressed(s, kind, data) return "true" end session:answer() session:setInputCallback("pressed") note(session:streamFile("tone_stream://%(1500,0,440)"))`},
		{name: "aCallbackIsAGlobal", far: "sleep:500^send_dtmf:1", code: `local function pressed() end session:answer() session:setInputCallback("pressed") note(session:streamFile("tone_stream://%(1500,0,440)"))`},
		{name: "theSessionOfAnOriginatedCallback", differs: "set(mark=dialplan) hangup(NORMAL_UNSPECIFIED) NORMAL_UNSPECIFIED; script userdata 7 0", because: "the callback gets its session, and not nil",
			far: "park", code: `function pressed(s, kind, data) note(type(s), data.digit) return "stop" end session:answer()
			local leg = freeswitch.Session() leg:originate(session, "loopback/m:^:sleep:100^answer^sleep:600^send_dtmf:7^park/default/inline", 5) leg:setInputCallback("pressed") note(leg:streamFile("tone_stream://%(2000,0,440)")) leg:hangup()`},
		{name: "theSessionOfADialledCallback", far: "park", code: `session:answer() local leg = freeswitch.Session("loopback/m:^:sleep:100^answer^sleep:600^send_dtmf:7^park/default/inline")
			function pressed(s, kind, data) note(s == leg, data.digit) return "stop" end leg:setInputCallback("pressed") note(leg:streamFile("tone_stream://%(2000,0,440)")) leg:hangup()`},
		{name: "anEventWithTheChannelsUUID", far: "park", code: `function got(s, kind) note(kind) end session:answer() session:setInputCallback("got") local e = freeswitch.Event("CUSTOM", "eslua::other") e:addHeader("Unique-ID", session:get_uuid()) note(e:fire()) note(session:sleep(300))`},
		{name: "aDigitEndsABridge", differs: "set(mark=dialplan) hangup(NORMAL_UNSPECIFIED) NORMAL_UNSPECIFIED; script true false", because: "no callback is called while the two are connected", far: "park", code: `function pressed(s, kind, data) note(kind, data.digit) return "true" end session:answer() session:setInputCallback("pressed")
			local leg = freeswitch.Session("loopback/m:^:sleep:100^answer^sleep:1200^send_dtmf:5^sleep:3000^hangup/default/inline", session)
			local api = freeswitch.API() local began = api:getTime() freeswitch.bridge(session, leg) note(session:ready(), api:getTime() - began < 2500)`},
		{name: "sensitiveDigits", far: "sleep:500^send_dtmf:12", code: `session:answer() session:setVariable("sensitive_dtmf", "true") note(session:getDigits(2, "", 1500) == "", session:read(2, 2, "", 500, "#") == "")`,
			differs: "set(mark=dialplan) hangup(NORMAL_UNSPECIFIED) NORMAL_UNSPECIFIED; script true true", because: "FreeSWITCH tells nobody these digits"},
		{name: "speechWithoutAnEngine", far: "park", code: `session:answer() session:detectSpeech("nosuch", "a", "b", "c") note(session:ready()) session:detectSpeech("pause") session:detectSpeech("stop") note(session:playAndDetectSpeech("tone_stream://%(100,0,440)", "nosuch", "x") == "", session:ready()) session:hangup() note(session:playAndDetectSpeech("x", "nosuch", "x"))`},
		{name: "sayWithoutAModule", far: "park", code: `session:answer() session:say("1", "nosuch", "number", "pronounced") note(session:ready()) session:sayPhrase("nosuch", "x") note(session:ready()) note(fails(session.say, session, "1", "en", "number"))`},
		{name: "waitsWithoutTime", far: "sleep:300^send_dtmf:12", code: `session:answer() note(session:sleep(0), session:sleep(-1) ~= nil, session:getDigits(2, "", 1000, 0, 0), session:collectDigits(0, 100), session:flushDigits(), session:flushEvents())`},
		{name: "nilTexts", far: "park", code: `session:answer() note(session:getVariable(nil), session:getVariable(""), session:streamFile(nil), session:streamFile(""), session:ready()) session:execute(nil, nil) session:execute("", "") note(session:ready())`},
		{name: "noCallbackInGetDigits", far: "sleep:500^send_dtmf:1", code: `function pressed() note("called") end session:answer() session:setInputCallback("pressed") note(session:getDigits(1, "", 2000))`},
		{name: "collectWithoutACallback", far: "park", code: `session:answer() note(session:collectDigits(5000))`},

		// hooks
		{name: "aHookRunsInTheHangup", far: "park", code: `function gone(s, what, arg) note(what, arg, s == session) end extra = "more" session:answer() session:setHangupHook("gone", "extra") note("before") session:hangup() note("after")`},
		{name: "aHookAfterTheHangupNeverRuns", far: "park", code: `function gone() note("hook") end session:answer() session:hangup() session:setHangupHook("gone") session:sleep(10) session:ready() note("end")`},
		{name: "aHookWaitsForAMethod", far: "sleep:600^hangup:CALL_REJECTED", code: `function gone() note("hook") end session:answer() session:setHangupHook("gone") freeswitch.msleep(1500) note("still") session:ready() note("end")`},
		{name: "aHookRunsOnce", far: "park", code: `function gone() note("hook") end session:answer() session:setHangupHook("gone") session:hangup() session:sleep(10) session:hangup() session:ready() note("end")`},
		{name: "aHookThatEndsTheScript", far: "park", code: `function gone() return "exit" end session:answer() session:setHangupHook("gone") note(fails(session.hangup, session)) note(session:getVariable("lua_hangup_hook_return_val"))`},
		{name: "aHookSeesATransfer", differs: "transfer(set:mark=moved,hangup:USER_NOT_REGISTERED inline) set(mark=moved) hangup(USER_NOT_REGISTERED) USER_NOT_REGISTERED; script transfer end", because: "the application transfer does it", far: "park", code: `function gone(s, what) note(what) end session:answer() session:setHangupHook("gone") session:transfer("set:mark=moved,hangup:USER_NOT_REGISTERED", "inline") note("end") session:ready()`},

		// events, commands, JSON
		{name: "commands", far: "park", code: `local api = freeswitch.API() note(api:execute("nosuch", "x"), api:execute("regex", "m:~a~b~c~n") == "", api:execute(" regex ", " m:~a~a "), api:execute(""), api:executeString("regex m:~a~a"), api:executeString("nosuch"), type(api:getTime()))`},
		{name: "headersOfEvents", far: "park", code: `local e = freeswitch.Event("nonsense") note(e:getType()) e = freeswitch.Event("CUSTOM", "a::b")
			note(e:addHeader("a", "1"), e:addHeader("a", "2"), e:getHeader("A"), e:addHeader("a", ""), e:getHeader("a"), e:addHeader("b", nil), e:getHeader("b"))
			note(e:addHeader("l[1]", "x"), e:getHeader("l"), e:addHeader("_body", "text"), e:getBody(), e:getHeader("_body"), e:delHeader("none"), e:delHeader("l"), e:addBody("other"), e:getBody())`},
		{name: "serializedEvents", far: "park", code: `local e = freeswitch.Event("CUSTOM", "a::b") e:addHeader("x", "a b%") note(e:serialize():match("x: [^\n]*"), e:serialize("json"):match('"x":%s*"[^"]*"'), e:serialize("xml"):match("<x>[^<]*</x>"), e:serialize() == e:serialize())`},
		{name: "json", far: "park", code: `local j = freeswitch.JSON() j:return_unformatted_json(true) local t = j:decode('{"a": null, "b": [[1], 2], "c": {}}') note(t.a, #t.b, type(t.c), select("#", j:decode("{x")), j:encode({}), j:encode({1, 2}))
			j:encode_empty_table_as_object(false) note(j:encode({}))`},
	}
}

// TestTraps compares the traps with mod_lua.
func TestTraps(t *testing.T)                { t.Parallel(); besideInBubbles(t, "traps", trapCalls()) }
func TestLiveTraps(t *testing.T)            { besideLive(t, "traps", trapCalls()) }
func TestLiveTrapsUnderModLua(t *testing.T) { underModLua(t, "traps", trapCalls()) }
