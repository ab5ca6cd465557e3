package bindings_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/switchsim"
)

// TestSmallNames tries what mod_lua has besides calls and events.
func TestSmallNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		h.print = func(string) {}
		for script, want := range map[string]string{
			// freeswitch.DTMF and what SWIG adds
			`local d = freeswitch.DTMF("5") r = d.digit .. d.duration`:                                                                             "52000",
			`local d = freeswitch.DTMF("#12", "1600") r = d.digit .. d.duration`:                                                                   "#1600",
			`local d = freeswitch.DTMF(7, 0) d.digit = "ab" d.duration = 5 r = d.digit .. d.duration`:                                              "a5",
			`r = select(2, pcall(freeswitch.DTMF, "5", -1))`:                                                                                       "number must not be negative",
			`local d = freeswitch.DTMF("5") r = select(2, pcall(function() d.duration = {} end))`:                                                  "test.lua:1: Error in DTMF::duration (arg 2), expected 'int' got 'table'",
			`local d = freeswitch.DTMF("5") r = select(2, pcall(function() d.length = 1 end))`:                                                     "test.lua:1: Assignment not possible. No setter/member with this name. For custom assignments implement __setitem method.",
			`r = swig_type(freeswitch.DTMF("5")) .. swig_type("x") .. swig_type(nil)`:                                                              "DTMF *stringnil",
			`local s = freeswitch.Stream() r = tostring(swig_equals(s, s)) .. tostring(swig_equals(s, session)) .. select("#", swig_equals(1, s))`: "truefalse0",

			// freeswitch.Stream
			`local s = freeswitch.Stream() s:write("one ") s:write(2) s:raw_write("three", 2) s:raw_write("x", 99) s:write(nil) r = s:get_data()`: "one 2thx",
			`local s = freeswitch.Stream() r = ("%q %s %s"):format(s:get_data(), s:read())`:                                                       `""  0`,
			`stream:write("a\nb") stream:write("c\n") r = stream:get_data()`:                                                                      "a\nbc\n",
			`local s = freeswitch.Stream() local long = ("x"):rep(2^20) s:write(long) r = select(2, pcall(s.write, s, "y"))`:                      "the stream would hold 1048577 bytes, more than 1048576",
			`local long = ("x"):rep(2^20) stream:write(long) stream:write("y") r = stream:get_data()`:                                             "y",

			`r = tostring(stream) .. tostring(stream == nil and session:ready())`:                                                        "niltrue",
			`local function f() stream:write("a") return stream:get_data() end r = f()`:                                                  "a",
			`stream = {write = function(_, text) r = "own " .. text end} stream:write("text")`:                                           "own text",
			`local stream = setmetatable({}, {__index = function(_, name) return function() return name end end}) r = stream:anything()`: "anything",
			`local function f(stream) return stream:get_data() end local s = freeswitch.Stream() s:write("b") r = f(s)`:                  "b",
			`r = tostring(pcall(function() stream.write(nil, "x") end))`:                                                                 "false",

			// attributes
			`session:setInputCallback("f", "a") session.cb_function = "g" session.cb_arg = 5 r = session.cb_function .. session.cb_arg`:                                    "g5",
			`session:setHangupHook("f", "a") session.hangup_func_str = "g" session.hangup_func_arg = nil r = session.hangup_func_str .. tostring(session.hangup_func_arg)`: "gnil",
			`session.tts_name = "flite" r = session:speak("x") .. session.tts_name .. tostring(session.voice_name)`:                                                        "1flitenil",
			`r = select(2, pcall(function() session.cb_arg = true end))`:                                                                                                   "test.lua:1: Error in LUA::Session::cb_arg (arg 2), expected 'char *' got 'boolean'",
			`r = select(2, pcall(function() session.uuid = "x" end)):match("Assignment not possible")`:                                                                     "Assignment not possible",
			`r = session.allocated .. session.flags .. select("#", session:check_hangup_hook()) .. tostring(session.uuid == session:get_uuid())`:                           "100true",
		} {
			call, o := h.runScript(strings.ReplaceAll(script, "\n", "\\n"))
			if got := o.text("r"); o.err != nil || got != want && !strings.HasSuffix(got, want) {
				t.Errorf("%s\n got %s, %v\nwant %s", script, got, o.err, want)
			}
			call.Hangup("NORMAL_CLEARING")
			<-call.Done()
		}
	})
}

// TestStreamGoesToTheLog writes to mod_lua's stream in a call.
func TestStreamGoesToTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var printed []string
		h := open(t, `stream:write("one\ntwo") stream:write(" and a half\nthree")`)
		h.print = func(line string) { printed = append(printed, line) }
		h.call()
		if o := h.end(); o.err != nil || strings.Join(printed, "|") != "one|two and a half|three" {
			t.Error(printed, o.err)
		}
	})
}

func TestChatSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		h.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"chat", "chat event"}}}
		message := `local e = freeswitch.Event("MESSAGE") e:addHeader("from", "a|b 'c'") e:addHeader("to", "1001") e:addBody("one | two\\n") `
		_, o := h.runScript(message + `r = e:chat_send("event") e:addHeader("dest_proto", "nosuch") r2 = e:chat_send()`)
		o.want(t, "r", "0", "r2", "1")
		if !h.log.has("Error! Message Not Sent") {
			t.Error(h.log.dump())
		}
		h.grants = nil
		_, o = h.runScript(message + `ready, r = pcall(e.chat_send, e, "nosuch")`)
		if !strings.Contains(o.text("r"), "allow: [chat nosuch]") {
			t.Error(o.text("r"))
		}
	})
}

func TestJSONExecute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		h.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"json nosuch"}}}
		for script, want := range map[string]string{
			`r = j:execute('{"command":"fsapi","data":{"cmd":"echo","arg":"hi"}}').message`:                                               "hi",
			`r = j:execute({command = "fsapi", data = {cmd = "echo", arg = "a\nb"}}).message`:                                             "a\nb",
			`r = j:execute('{"response":5,"status":"error","command":"fsapi",\n"data":{"cmd":"echo","arg":"hi"}} and more').message`:      "hi",
			`r = j:execute2({command = "fsapi", data = {cmd = "echo", arg = "hi"}})`:                                                      `{"message":"hi"}`,
			`j:return_unformatted_json(false) r = j:execute2({command = "fsapi", data = {cmd = "echo", arg = "a\"{,}"}})`:                 "{\n\t\"message\":\t\"a\\\"{,}\"\n}",
			`r = select("#", j:execute('{"command":"nosuch","data":{}}')) .. select("#", j:execute("{x")) .. select("#", j:execute(nil))`: "000",
			`r = j:execute2('{"command":"nosuch","data":{}}') .. j:execute2("{x")`:                                                        "null",
			`r = select(2, pcall(j.execute, j, true))`:                                                                                    "the request is JSON text or a table; write json:execute({command = NAME, data = {}})",
		} {
			call, o := h.runScript(`local j = freeswitch.JSON() ` + strings.ReplaceAll(script, "\n", "\\n"))
			if got := o.text("r"); o.err != nil || !strings.HasSuffix(got, want) {
				t.Errorf("%s\n got %q, %v\nwant %q", script, got, o.err, want)
			}
			call.Hangup("NORMAL_CLEARING")
			<-call.Done()
		}
	})
}

func TestPrintToThePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `session:answer() r = session:print("one\r\ntwo") .. session:print("") session:hangup() session:sleep(1) r2 = session:print("three")`)
		o.want(t, "r", "11", "r2", "0")
		if !h.reached("two") || h.reached("three") {
			t.Error("the texts")
		}
	})
}

func TestXMLCDR(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := `function gone(s) r2 = s:getXMLCDR():match("<digits>(.-)</digits>") end session:setHangupHook("gone") session:setVariable("digits", "4 2") `
		_, o := run(t, hook+`session:answer() r = session:getXMLCDR() session:streamFile("long.wav") session:ready()`, switchsim.OnPlayback("long.wav").Hangup())
		o.want(t, "r", "", "r2", "4%202")
		h, o := run(t, hook+`session:answer() session:streamFile("long.wav") session:ready()`, switchsim.OnPlayback("long.wav").Hangup())
		o.want(t, "r2", "nil")
		if !h.log.has("the variable hangup_complete_with_xml must be true when the call hangs up") {
			t.Error(h.log.dump())
		}
	})
}
