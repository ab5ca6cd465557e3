package switchsim_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// digitsCall runs one application for a caller, in a time that passes by itself
// when everybody waits, and hands the call over when the next one has begun.
func digitsCall(t *testing.T, app string, script []switchsim.Step, check func(t *testing.T, sw *switchsim.Switch, call *switchsim.Call)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sw := start(t, switchsim.Config{Listen: "-", Media: map[string]time.Duration{"prompt": 3 * time.Second, "bad": time.Second},
			Dialplan: switchsim.Dialplan{"default": {{Match: "x", Actions: actions("answer", app, "park")}}}})
		call := sw.Call(switchsim.Caller{Number: "1", Destination: "x", Script: script})
		if _, err := sw.WaitFor(t.Context(), func(e switchsim.Entry) bool { return e.What == "park" }); err != nil {
			t.Fatal(err)
		}
		check(t, sw, call)
	})
}

func TestPlayAndGetDigits(t *testing.T) {
	const pagd = "play_and_get_digits 1 3 2 4000 # prompt bad v ^[12]+$ 2000"
	for name, c := range map[string]struct {
		app                        string
		script                     []switchsim.Step
		v, invalid, result, ending string
		played                     string
	}{
		"good":               {pagd, []switchsim.Step{switchsim.OnPlayback("prompt").Press("12#")}, "12", "", "success", "#", "prompt"},
		"full":               {pagd, []switchsim.Step{switchsim.OnPlayback("prompt").Press("1212")}, "121", "", "success", "", "prompt"},
		"inter-digit limit":  {pagd, []switchsim.Step{switchsim.OnPlayback("prompt").Press("2")}, "2", "", "timeout", "", "prompt"},
		"too slow":           {pagd, []switchsim.Step{switchsim.OnPlayback("prompt").Press("1"), switchsim.After(3 * time.Second).Press("2#")}, "1", "", "timeout", "", "prompt"},
		"after the prompt":   {pagd, []switchsim.Step{switchsim.OnPlayback("prompt").After(5 * time.Second).Press("1#")}, "1", "", "success", "#", "prompt"},
		"wrong, then good":   {pagd, []switchsim.Step{switchsim.OnPlayback("prompt").Press("99#"), switchsim.OnPlayback("prompt").Press("1#")}, "1", "99", "success", "#", "prompt bad prompt"},
		"wrong twice":        {pagd, []switchsim.Step{switchsim.OnPlayback("prompt").Press("9#"), switchsim.OnPlayback("prompt").Press("8#")}, "", "8", "success", "#", "prompt bad prompt bad"},
		"nothing":            {pagd, nil, "", "", "failure", "", "prompt bad prompt bad"},
		"only a terminator":  {pagd, []switchsim.Step{switchsim.OnPlayback("prompt").Press("#"), switchsim.OnPlayback("prompt").Press("2#")}, "2", "", "success", "#", "prompt bad prompt"},
		"typed ahead":        {pagd, []switchsim.Step{switchsim.OnApp("answer").Press("21#")}, "21", "", "success", "#", "prompt"},
		"terminator is kept": {strings.Replace(pagd, " # ", " +# ", 1), []switchsim.Step{switchsim.OnPlayback("prompt").Press("12#")}, "", "12#", "failure", "", "prompt bad prompt bad"},
		"terminator missing": {strings.Replace(pagd, " # ", " =# ", 1), []switchsim.Step{switchsim.OnPlayback("prompt").Press("111")}, "", "", "failure", "", "prompt bad prompt bad"},
		"no pattern":         {"play_and_get_digits 1 3 1 4000 # prompt bad v", []switchsim.Step{switchsim.OnPlayback("prompt").Press("9#")}, "9", "", "success", "#", "prompt"},
		"empty is allowed":   {"play_and_get_digits 0 3 1 4000 # prompt bad v", []switchsim.Step{switchsim.OnPlayback("prompt").Press("#")}, "", "", "success", "#", "prompt"},
		"read":               {"read 2 4 prompt v 5000 #", []switchsim.Step{switchsim.OnPlayback("prompt").Press("42#")}, "42", "", "success", "#", "prompt"},
		"read too few":       {"read 2 4 prompt v 5000 #", []switchsim.Step{switchsim.OnPlayback("prompt").Press("4#")}, "4", "", "failure", "#", "prompt"},
	} {
		t.Run(name, func(t *testing.T) {
			digitsCall(t, c.app, c.script, func(t *testing.T, _ *switchsim.Switch, call *switchsim.Call) {
				for variable, want := range map[string]string{"v": c.v, "v_invalid": c.invalid, "read_result": c.result} {
					if got := call.Variable(variable); got != want {
						t.Errorf("%s is %q, want %q", variable, got, want)
					}
				}
				if c.ending != "" && call.Variable("read_terminator_used") != c.ending {
					t.Errorf("ended by %q", call.Variable("read_terminator_used"))
				}
				if played := played(call); played != c.played {
					t.Errorf("played %q, want %q", played, c.played)
				}
			})
		})
	}
}

func TestPlaybackTerminators(t *testing.T) {
	for name, c := range map[string]struct{ terminators, press, used string }{
		"default":       {"", "1*2", "*"},
		"any":           {"any", "4", "4"},
		"none":          {"none", "*#", ""},
		"given":         {"56", "4*6", "6"},
		"none of these": {"56", "4*", ""},
	} {
		t.Run(name, func(t *testing.T) {
			app := "playback prompt"
			if c.terminators != "" {
				app = "playback %[playback_terminators=" + c.terminators + "]prompt"
			}
			digitsCall(t, app, []switchsim.Step{switchsim.OnPlayback("prompt").Press(c.press)}, func(t *testing.T, _ *switchsim.Switch, call *switchsim.Call) {
				if got := call.Variable("playback_terminator_used"); got != c.used {
					t.Errorf("stopped by %q, want %q", got, c.used)
				}
				if got := call.Variable("playback_ms"); (got == "3000") == (c.used != "") {
					t.Errorf("played %s ms", got)
				}
			})
		})
	}
}

// Which application takes digits out of the queue, and whether one stops it.
func TestWhoTakesDigits(t *testing.T) {
	for app, c := range map[string]struct {
		takes bool // else park takes the digit afterwards
		lasts time.Duration
	}{
		"playback prompt":                    {true, 3 * time.Second},
		"loop_playback +2 prompt":            {false, 6 * time.Second},
		"sleep 4000":                         {false, time.Second},
		"sleep %[sleep_eat_digits=true]4000": {true, 4 * time.Second},
		"gentones %(4000,0,440)":             {true, 4 * time.Second},
		"record /tmp/x 4":                    {true, 4 * time.Second},
	} {
		t.Run(app, func(t *testing.T) {
			name := strings.Fields(app)[0]
			script := []switchsim.Step{switchsim.OnApp(name).After(time.Second).Press("7")}
			digitsCall(t, app, script, func(t *testing.T, sw *switchsim.Switch, call *switchsim.Call) {
				began, ended := happened(t, sw, call.UUID(), "execute", name), happened(t, sw, call.UUID(), "complete", name)
				if lasted := ended.At.Sub(began.At); lasted != c.lasts {
					t.Errorf("lasts %v, want %v", lasted, c.lasts)
				}
				digit := happened(t, sw, call.UUID(), "dtmf", "DTMF 7")
				r, _ := sw.Record(call.UUID())
				if took := slices.Index(r.Entries, digit) < slices.Index(r.Entries, ended); took != c.takes {
					t.Errorf("takes the digit: %v, want %v", took, c.takes)
				}
			})
		})
	}
}

func TestSensitiveDigitsAreNotShown(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call, p := subscribed(t, sw, switchsim.Caller{Variables: map[string]string{"sensitive_dtmf": "true"}})
	p.execute("read", "1 4 silence pin 60000 #", "Event-UUID: 1")
	p.until("CHANNEL_EXECUTE")
	call.Press("1234")
	for {
		pk := p.next()
		if pk.get("Event-Name") == "DTMF" {
			t.Fatal("a sensitive digit was shown")
		}
		if pk.get("Event-Name") == "CHANNEL_EXECUTE_COMPLETE" {
			break
		}
	}
	if call.Variable("pin") != "1234" {
		t.Errorf("pin is %q", call.Variable("pin"))
	}
}

func TestUnknownApplication(t *testing.T) {
	sw := start(t, switchsim.Config{})
	call, p := subscribed(t, sw, switchsim.Caller{})
	p.execute("nosuchapp", "x", "Event-UUID: 1")
	for {
		pk := p.next()
		if strings.HasPrefix(pk.get("Event-Name"), "CHANNEL_EXECUTE") {
			t.Errorf("%s for an application that does not exist", pk.title())
		}
		if pk.get("Event-Name") == "CHANNEL_HANGUP" {
			break
		}
	}
	<-call.Done()
	if call.Cause() != "DESTINATION_OUT_OF_ORDER" {
		t.Error(call.Cause())
	}
}

func TestMissingFile(t *testing.T) {
	sw := start(t, switchsim.Config{StrictMedia: true})
	_, p := subscribed(t, sw, switchsim.Caller{})
	p.execute("playback", "nosuch.wav")
	if pk := p.until("CHANNEL_EXECUTE_COMPLETE"); pk.get("Application-Response") != "FILE NOT FOUND" {
		t.Error(pk.get("Application-Response"))
	}
}

// An application that needs media pre-answers an inbound call.
func TestImplicitPreAnswer(t *testing.T) {
	sw := start(t, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {{Match: "x", Actions: actions("set a=1", "playback p", "park")}}}})
	p := inbound(t, sw)
	p.ask("event plain CHANNEL_EXECUTE CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER")
	sw.Call(switchsim.Caller{Number: "1", Destination: "x"})
	var got []string
	for len(got) < 3 {
		got = append(got, p.next().title())
	}
	same(t, got, []string{"CHANNEL_EXECUTE CS_EXECUTE set", "CHANNEL_PROGRESS_MEDIA CS_EXECUTE", "CHANNEL_EXECUTE CS_EXECUTE playback"})
}

func TestVariablesAndExpansion(t *testing.T) {
	sw := start(t, switchsim.Config{Globals: map[string]string{"domain": "example.org"}, Dialplan: switchsim.Dialplan{"default": {
		{Match: `^x(\d+)$`, Actions: actions("set a=${caller_id_number}-$1", "multiset b=1 c=2", "multiset ^^:d=3:e=f g", "push l=1", "push l=2",
			"unset b", "set up=${toupper(${a}x)}", "set dom=$${domain}", "set sub=${destination_number:1}", "execute_extension sub", "set last=1", "park")},
		{Match: "sub", Actions: actions("set in=sub")},
	}}})
	call := sw.Call(switchsim.Caller{Number: "4001", Destination: "x42"})
	happened(t, sw, call.UUID(), "execute", "park")
	for name, want := range map[string]string{"a": "4001-42", "b": "", "c": "2", "d": "3", "e": "f g", "l": "ARRAY::1|:2", "l[1]": "2",
		"up": "4001-42X", "dom": "example.org", "sub": "42", "in": "sub", "last": "1"} {
		if got := call.Variable(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
