package bindings_test

import (
	"cmp"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/host/switchsim"
)

// waiting lists the session methods that wait for FreeSWITCH: a call of each, the
// application that it runs, if any, and its result when the call ends meanwhile.
var waiting = []struct {
	name, lua, app string
	want, cut      string // cut: when only the connection ends, if not the same
	command        int    // without an application: which command of the connection it sends, from 1
}{
	{name: "answer", lua: `session:answer()`, app: "answer", want: "0"},
	{name: "preAnswer", lua: `session:preAnswer()`, app: "pre_answer", want: "0"},
	{name: "waitForAnswer", lua: `session:waitForAnswer(nil)`, app: "wait_for_answer", want: "nil"},
	{name: "execute", lua: `session:execute("playback", "long.wav")`, app: "playback", want: "nil"},
	{name: "streamFile", lua: `session:streamFile("long.wav")`, app: "loop_playback", want: "0"},
	{name: "streamFile with start", lua: `session:streamFile("long.wav", 8000)`, app: "playback", want: "0"},
	{name: "recordFile", lua: `session:recordFile("/tmp/x.wav", 60)`, app: "playback", want: "1", cut: "0"},
	{name: "say", lua: `session:say("12", "en", "number", "pronounced")`, app: "say", want: "nil"},
	{name: "sayPhrase", lua: `session:sayPhrase("welcome", "x", "en")`, app: "phrase", want: "nil"},
	{name: "speak", lua: `(function() session:set_tts_params("flite", "slt") return session:speak("hello") end)()`, app: "speak", want: "0"},
	{name: "detectSpeech", lua: `session:detectSpeech("pause")`, app: "detect_speech", want: "nil"},
	{name: "playAndDetectSpeech", lua: `session:playAndDetectSpeech("long.wav", "pocketsphinx", "yesno")`, app: "play_and_detect_speech", want: ""},
	{name: "read", lua: `session:read(1, 4, "long.wav", 5000, "#")`, app: "read", want: ""},
	{name: "playAndGetDigits", lua: `session:playAndGetDigits(1, 4, 3, 5000, "#", "long.wav", "bad.wav", "\\d+")`, app: "play_and_get_digits", want: ""},

	{name: "sleep", lua: `session:sleep(60000)`, want: "0"},
	{name: "getDigits", lua: `session:getDigits(4, "#", 60000)`, want: ""},
	{name: "collectDigits", lua: `session:collectDigits(60000)`, want: "0"},

	{name: "getVariable", lua: `session:getVariable("never_set")`, command: 4, want: "nil"},
	{name: "setVariable", lua: `session:setVariable("a", "b")`, command: 4, want: "nil"},
	{name: "hangup", lua: `session:hangup("USER_BUSY")`, command: 4, want: "nil"},
	{name: "flushDigits", lua: `session:flushDigits()`, command: 4, want: "0"},
	{name: "schedHangup", lua: `session:schedHangup(60):id()`, command: 4, want: "0"},
	{name: "sendEvent", lua: `session:sendEvent(freeswitch.Event("MESSAGE"))`, command: 4, want: "nil"},
}

// script calls the method and shows that the script continues after it. A callback
// gets a digit inside the methods that run no application, so that the test knows
// that they have begun.
func script(call, app string) string {
	callback := ""
	if app == "" {
		callback = `session:onDtmf(function() freeswitch.consoleLog("notice", "inside") end)`
	}
	return callback + `
		freeswitch.consoleLog("notice", "now")
		r = ` + call + `
		ready = session:ready()
		finished = true`
}

func TestHangupInTheMiddleOfEachMethod(t *testing.T) {
	for _, m := range waiting {
		if m.command != 0 {
			continue // an API command has no middle
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := open(t, script(m.lua, m.app))
				var caller *switchsim.Call
				begun := make(chan struct{})
				if m.app != "" {
					h.sw.SetFault(switchsim.Fault{HangupInApp: m.app})
				} else {
					h.when("now", func() { <-begun; caller.Press("1") })
					inside := "inside"
					if m.name == "getDigits" { // its digits go to no callback
						inside = "now"
					}
					if inside == "inside" {
						h.when(inside, func() { caller.Hangup("") })
					} else {
						h.when(inside, func() { <-begun; caller.Hangup("") })
					}
				}
				caller = h.call()
				close(begun)
				o := h.end()
				if o.err != nil {
					t.Fatal(o.err)
				}
				o.want(t, "r", m.want, "ready", "false", "finished", "true")
			})
		})
	}
}

func TestSocketCutInTheMiddleOfEachMethod(t *testing.T) {
	for _, m := range waiting {
		if m.app == "detect_speech" {
			continue // the simulated switch does not have it, and hangs up
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := open(t, script(m.lua, m.app))
				var caller *switchsim.Call
				begun := make(chan struct{})
				switch {
				case m.app != "":
					h.sw.SetFault(switchsim.Fault{CutInApp: m.app})
				case m.command != 0:
					h.sw.SetFault(switchsim.Fault{CutAtCommand: m.command})
				default:
					h.when("now", func() { <-begun; h.sw.Cut(caller.UUID()) })
				}
				caller = h.call()
				close(begun)
				o := h.end()
				if o.err != nil {
					t.Fatal(o.err)
				}
				o.want(t, "r", cmp.Or(m.cut, m.want), "ready", "false", "finished", "true")
				if !h.log.has("connection for this call is gone") {
					t.Error("nothing in the log says that the connection is gone")
				}
			})
		})
	}
}
