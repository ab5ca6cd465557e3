package bindings_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

func TestDigitsDuringAPromptStayTypedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `session:answer() r = session:streamFile("`+prompt+`") r2 = session:getDigits(3, "#", 2000)`,
			switchsim.OnPlayback(prompt).Press("12#"))
		o.want(t, "r", "1", "r2", "12")
	})
}

func TestGetDigits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		session:streamFile("`+prompt+`")
		r = session:getDigits(2, "#", 3000)
		r2 = session:getDigits(5, "#*", 3000, 50)
		r3 = session:getDigits(5, "#", 30, 0, 40)
		session:flushDigits()
		r4 = session:getDigits(5, "#", 30)`,
			switchsim.OnPlayback(prompt).Press("1234*"))
		o.want(t, "r", "12", "r2", "34", "r3", "", "r4", "")
	})
}

func TestTypedAheadDigitsCountInApplications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The digits come while only park runs, which takes them off the channel.
		h := open(t, `
		session:answer()
		session:sleep(100)
		r = session:playAndGetDigits(3, 3, 1, 60000, "#", "long.wav", "bad.wav", "^12\\d$", "pin")
		r2 = session:getVariable("pin")
		r3 = session:getDigits(1, "", 20)`)
		caller := h.call(switchsim.OnAnswer().Press("12"))
		time.Sleep(time.Second) // the method waits for the third
		caller.Press("3")
		o := h.end()
		o.want(t, "r", "123", "r2", "123", "r3", "")
	})
}

func TestTheTimeBetweenDigitsBeginsWithTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `session:answer() r = session:getDigits(5, "", 60000, 30)`, switchsim.OnAnswer().Press("7"))
		o.want(t, "r", "7")
	})
}

func TestTypedAheadDigitsCountInAnExecutedApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		session:sleep(100)
		session:execute("read", "2 2 long.wav pin 5000 #")
		r = session:getVariable("pin")`,
			switchsim.OnAnswer().Press("12"))
		o.want(t, "r", "12")
	})
}

func TestRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		r = session:read(1, 4, "long.wav", 3000, "#")
		r2 = session:read(2, 2, nil, 1000, "")
		session:execute("playback", "`+prompt+`")
		r3 = session:getVariable("read_result")`,
			switchsim.OnApp("read").Press("47#"))
		o.want(t, "r", "47", "r2", "", "r3", "failure")
	})
}

func TestPlayAndGetDigitsRefusesWhatDoesNotMatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		r = session:playAndGetDigits(2, 2, 2, 2000, "#", "`+prompt+`", "bad.wav", "^9\\d", "pin")
		r2 = session:getVariable("pin_invalid")
		r3 = session:playAndGetDigits(3, 4, 1, 1000, "", "`+prompt+`", "", "", "pin", 50)
		r4 = session:playAndGetDigits(1, 1, 1, 1000, "", "", "", "", "", 0, "elsewhere XML default")
		ready = session:ready()`,
			switchsim.OnPlayback(prompt).Press("12"), switchsim.OnPlayback("bad.wav").Press("34"),
			switchsim.OnPlayback("bad.wav").After(40*time.Millisecond).Press("56"))
		o.want(t, "r", "", "r2", "34", "r3", "", "r4", "", "ready", "false")
	})
}

func TestPromptsWithBlanksAndQuotesReachTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
		session:answer()
		session:playAndGetDigits(1, 1, 1, 1000, "#", "my sounds/it's ${caller_id_name}.wav", "", "")
		session:streamFile("a ${caller_id_name} b.wav")
	`)
		record, _ := h.sw.Record(o.uuid)
		want := map[string]bool{"my sounds/it's ${caller_id_name}.wav": true, "a ${caller_id_name} b.wav": true}
		for _, path := range record.Played {
			delete(want, path)
		}
		if len(want) > 0 {
			t.Errorf("played %q", record.Played)
		}
	})
}

func TestInputCallbackStopsAPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		function key(s, kind, data, arg)
			r = kind .. data.digit .. type(data.duration) .. arg .. tostring(s == session)
			return "break"
		end
		extra = "!"
		session:answer()
		session:setInputCallback("key", "extra")
		r2 = session:streamFile("long.wav")
		session:unsetInputCallback()
		r3 = session:getDigits(1, "", 20)`,
			switchsim.OnPlayback("long.wav").Press("4"))
		o.want(t, "r", "dtmf4number!true", "r2", "0", "r3", "")
	})
}

func TestAKeyEndsAPromptOnlyIfTheCallbackSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		function key(s, kind, data) r = (r or "") .. data.digit if data.digit == "5" then return "stop" end end
		session:answer()
		session:setInputCallback("key")
		r2 = session:streamFile("long.wav")
		r3 = session:recordFile("/tmp/x.wav", 60)`,
			switchsim.OnPlayback("long.wav").Press("*#"), switchsim.After(50*time.Millisecond).Press("5"),
			switchsim.OnPlayback(recording).Press("*"), switchsim.After(50*time.Millisecond).Press("5"))
		o.want(t, "r", "*#5*5", "r2", "0", "r3", "0")
	})
}

func TestInputCallbackResults(t *testing.T) {
	for _, c := range []struct{ returns, file, sleep string }{
		{`nil`, "1", "1"}, {`""`, "1", "1"}, {`true`, "1", "1"}, {`false`, "1", "1"}, {`"true"`, "1", "1"}, {`"undefined"`, "1", "1"},
		{`"speed:+1"`, "1", "0"}, {`"volume:-1"`, "1", "0"}, {`"restart"`, "1", "0"}, {`"seek:+0"`, "1", "0"},
		{`"stop"`, "0", "0"}, {`"break"`, "0", "0"}, {`"false"`, "0", "0"}, {`1`, "0", "0"}, {`"speed"`, "0", "0"}, {`"truncate"`, "0", "0"},
		{`error("oops")`, "0", "0"},
	} {
		t.Run(c.returns, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, o := run(t, `
				function key() r = (r or 0) + 1 if true then return `+c.returns+` end end
				session:answer()
				session:setInputCallback("key")
				r2 = session:streamFile("p1.wav")
				r3 = session:sleep(60)`,
					switchsim.OnPlayback("p1.wav").Press("1"))
				o.want(t, "r", "1", "r2", c.file, "r3", "1")
				_, o = run(t, `
				function key() r = (r or 0) + 1 if true then return `+c.returns+` end end
				session:answer()
				session:setInputCallback("key")
				repeat r3 = session:sleep(20) until r`,
					switchsim.OnAnswer().After(20*time.Millisecond).Press("1"))
				o.want(t, "r", "1", "r3", c.sleep)
			})
		})
	}
}

func TestDigitsTypedAheadGoToTheCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		function key(s, kind, data) r = (r or "") .. data.digit if data.digit == "3" then return "stop" end end
		session:answer()
		session:streamFile("`+prompt+`")
		session:setInputCallback("key")
		r2 = session:streamFile("long.wav")
		r3 = session:getDigits(9, "", 20)`,
			switchsim.OnPlayback(prompt).Press("1234"))
		o.want(t, "r", "123", "r2", "0", "r3", "4")
	})
}

func TestOnDtmf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		session:onDtmf(function(digit, duration)
			r = (r or "") .. digit .. type(duration)
			if digit == "2" then return "break" end
		end)
		r2 = session:streamFile("long.wav")
		session:onDtmf(nil)
		r3 = session:streamFile("`+prompt+`")
		r4 = session:getDigits(1, "", 30)`,
			switchsim.OnPlayback("long.wav").Press("1").After(10*time.Millisecond), switchsim.After(10*time.Millisecond).Press("2"),
			switchsim.OnPlayback(prompt).Press("3"))
		o.want(t, "r", "1number2number", "r2", "0", "r3", "1", "r4", "3")
	})
}

func TestOnDtmfBreaksAnExecutedApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		session:onDtmf(function(digit) return "break" end)
		session:execute("playback", "long.wav")
		finished = session:ready()`,
			switchsim.OnPlayback("long.wav").Press("1"))
		o.want(t, "finished", "true")
	})
}

func TestCallbackMayPlayAPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
		function key(s, kind, data)
			s:unsetInputCallback()
			r2 = s:streamFile("`+prompt+`")
			return "stop"
		end
		session:answer()
		session:setInputCallback("key")
		r = session:streamFile("long.wav")`,
			switchsim.OnPlayback("long.wav").Press("1"))
		o.want(t, "r", "0", "r2", "1")
		record, _ := h.sw.Record(o.uuid)
		if n := len(record.Played); n == 0 || record.Played[n-1] != prompt {
			t.Errorf("played %q", record.Played)
		}
	})
}

func TestAPromptInsideACallbackLeavesTheOuterOneGoingOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
		function key(s, kind, data)
			r = (r or "") .. data.digit .. s:streamFile("inner.wav")
		end
		session:answer()
		session:setInputCallback("key")
		r2 = session:streamFile("outer.wav") .. session:recordFile("/tmp/x.wav", 1)`,
			switchsim.OnPlayback("outer.wav").Press("1"), switchsim.OnPlayback(recording).Press("2"))
		o.want(t, "r", "1121", "r2", "11")
		record, _ := h.sw.Record(o.uuid)
		if want := []string{"outer.wav", "inner.wav", recording, "inner.wav", recording}; !slices.Equal(record.Played, want) {
			t.Errorf("played %q", record.Played)
		}
	})
}

// What cannot be done to a recording does not end it.
func TestARecordingGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, verdict := range []string{"pause", "restart", "speed:+1", "volume:-1", "seek:+100"} {
			h, o := run(t, `
			function key() return "`+verdict+`" end
			session:answer()
			session:setInputCallback("key")
			r = session:recordFile("/tmp/x.wav", 1)`,
				switchsim.OnPlayback(recording).Press("1"))
			o.want(t, "r", "1")
			if !h.log.has("WARN a recording continues unchanged") {
				t.Errorf("%s: the log does not say that it was not done", verdict)
			}
		}
	})
}

func TestWhatCutAPromptOrARecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		session:answer()
		r = session:streamFile("long.wav")
		r2 = session:recordFile("/tmp/x.wav")
		r3 = session:recordFile("/tmp/x.wav", 1)
		r4 = session:streamFile("`+prompt+`")`)
		caller := h.call()
		for _, app := range []string{"loop_playback", "playback"} {
			if _, err := h.sw.WaitFor(t.Context(), func(e switchsim.Entry) bool { return e.Kind == "execute" && strings.HasPrefix(e.What, app) }); err != nil {
				t.Fatal(err)
			}
			h.sw.API("uuid_break " + caller.UUID())
		}
		h.end().want(t, "r", "0", "r2", "0", "r3", "1", "r4", "1")
	})
}

func TestCollectDigits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		r = session:collectDigits(60000)
		function key(s, kind, data) r2 = (r2 or "") .. data.digit if data.digit == "#" then return "stop" end end
		session:setInputCallback("key")
		r3 = session:collectDigits(60000)
		r4 = session:collectDigits(20, 60000)
		session:execute("playback", "`+prompt+`")`,
			switchsim.OnAnswer().After(30*time.Millisecond).Press("12#"))
		o.want(t, "r", "0", "r2", "12#", "r3", "0", "r4", "0")
	})
}

// Digits that are pressed faster than park reads them, one every 20 ms, come in their
// order although park has read some of them when the application begins.
func TestDigitsPressedTogetherKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keys = "1234567890"
		h := open(t, `
		session:answer()
		session:getDigits(1, "", 60000)
		r = session:read(9, 9, "long.wav", 60000, "#")`)
		for range 40 {
			caller := h.call(switchsim.OnAnswer().Press(keys))
			o := h.end()
			o.want(t, "r", keys[1:])
			caller.Hangup("NORMAL_CLEARING")
		}
	})
}

// What one application leaves in the channel's queue is there for the next one, in the
// order in which it was pressed, although park takes some of it between the two.
func TestDigitsTypedAheadKeepTheirOrderFromApplicationToApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		session:streamFile("`+prompt+`")
		r = session:read(2, 2, "long.wav", 5000, "#")
		r2 = session:playAndGetDigits(1, 1, 1, 5000, "#", "long.wav", "", "\\d")
		r3 = session:read(1, 1, "long.wav", 5000, "#")
		session:execute("read", "1 1 long.wav x 5000 #")
		r4 = session:getVariable("x")
		ready = session:getDigits(4, "", 100)`,
			switchsim.OnPlayback(prompt).Press("123456789"))
		o.want(t, "r", "12", "r2", "3", "r3", "4", "r4", "5", "ready", "6789")
	})
}

// Applications that a script executes take digits out of the channel's queue as in
// FreeSWITCH's dialplan; session's own methods leave them.
func TestExecutedApplicationsTakeDigits(t *testing.T) {
	for name, c := range map[string]struct {
		script, want string
		press        []switchsim.Step
	}{
		"swallowed by playback":          {`session:execute("playback", "` + prompt + `")`, "", []switchsim.Step{switchsim.OnPlayback(prompt).Press("12")}},
		"one ends playback":              {`session:execute("playback", "long.wav")`, "", []switchsim.Step{switchsim.OnPlayback("long.wav").Press("1*")}},
		"typed ahead, one ends it":       {`session:sleep(300) session:execute("playback", "long.wav")`, "34", []switchsim.Step{switchsim.OnAnswer().Press("12*34")}},
		"typed ahead, ends sleep":        {`session:sleep(300) session:execute("sleep", "60000")`, "12", []switchsim.Step{switchsim.OnAnswer().Press("12")}},
		"ends sleep":                     {`session:execute("sleep", "60000")`, "1", []switchsim.Step{switchsim.OnApp("sleep").Press("1")}},
		"flushed by flush_dtmf":          {`session:sleep(300) session:execute("flush_dtmf")`, "", []switchsim.Step{switchsim.OnAnswer().Press("12")}},
		"flushed at the end of a record": {`session:recordFile("/tmp/x.wav", 2)`, "", []switchsim.Step{switchsim.OnApp("playback").Press("12")}},
		"kept by streamFile":             {`session:streamFile("` + prompt + `")`, "12", []switchsim.Step{switchsim.OnPlayback(prompt).Press("12")}},
		"kept by say":                    {`session:say("1", "en", "number", "pronounced")`, "12", []switchsim.Step{switchsim.OnApp("say").Press("12")}},
		"kept by set":                    {`session:sleep(300) session:execute("set", "a=b")`, "12", []switchsim.Step{switchsim.OnAnswer().Press("12")}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, o := run(t, "session:answer() "+c.script+` r = session:getDigits(9, "", 300)`, c.press...)
				o.want(t, "r", c.want)
			})
		})
	}
}
