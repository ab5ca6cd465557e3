package switchsim_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

func actions(list ...string) []switchsim.Action {
	var out []switchsim.Action
	for _, item := range list {
		app, data, _ := strings.Cut(item, " ")
		out = append(out, switchsim.Action{App: app, Data: data})
	}
	return out
}

func TestScriptedCaller(t *testing.T) {
	synctest.Test(t, testScriptedCaller)
}

func testScriptedCaller(t *testing.T) {
	sw := start(t, switchsim.Config{
		Listen:   "-",
		Media:    map[string]time.Duration{"menu.wav": 8 * time.Second, "again.wav": 5 * time.Second},
		Dialplan: switchsim.Dialplan{"default": {{Match: "ivr", Actions: actions("answer", "read 1 2 menu.wav first 5000 #", "read 1 1 again.wav second 5000 #", "park")}}},
	})
	call := sw.Call(switchsim.Caller{
		Number: "4001", Name: `Zoë "Q"`, Destination: "ivr", Variables: map[string]string{"lang": "de"},
		Script: []switchsim.Step{
			switchsim.OnPlayback("menu").After(2 * time.Second).Press("4w2"),
			switchsim.OnPlayback("again").After(time.Second).Press("7"),
			switchsim.OnApp("park").After(3 * time.Second).Hangup("USER_BUSY"),
		},
	})
	<-call.Done()
	if call.Cause() != "USER_BUSY" || call.Variable("first") != "42" || call.Variable("second") != "7" || call.Variable("lang") != "de" {
		t.Errorf("cause %s, digits %q and %q", call.Cause(), call.Variable("first"), call.Variable("second"))
	}
	if call.Variable("sip_hangup_disposition") != "recv_bye" {
		t.Error("the person hung up, so the switch received the BYE")
	}
	r, ok := sw.Record(call.UUID())
	if !ok || r.Cause != "USER_BUSY" || !r.Answered || r.Number != "4001" || len(r.Played) != 2 {
		t.Errorf("%+v", r)
	}
}

func TestEndpoints(t *testing.T) {
	for args, c := range map[string]struct {
		after time.Duration
		want  string // cause, or the channel's name if it is answered
	}{
		"user/busy &park":                         {2 * time.Second, "USER_BUSY"},
		"{originate_timeout=30}user/silent &park": {30 * time.Second, "NO_ANSWER"},
		"user/slow,user/fast &park":               {time.Second, "sofia/internal/fast@127.0.0.1:5060"},
		"user/nobody|user/fast &park":             {time.Second, "sofia/internal/fast@127.0.0.1:5060"},
		"user/nobody &park":                       {0, "SUBSCRIBER_ABSENT"},
		"sofia/gateway/other/1 &park":             {0, "INVALID_GATEWAY"},
		"sofia/gateway/gw/0123 &park":             {time.Second, "sofia/internal/0123@127.0.0.1:5060"},
		"error/CALL_REJECTED &park":               {0, "CALL_REJECTED"},
		"nosuch/1 &park":                          {0, "CHAN_NOT_IMPLEMENTED"},
		"loopback/nowhere &park":                  {0, "NO_ROUTE_DESTINATION"},
		"user/early &park":                        {0, "sofia/internal/early@127.0.0.1:5060"},
		"{ignore_early_media=true,originate_timeout=5}user/early &park": {5 * time.Second, "NO_ANSWER"},
		"{a=1": {0, "-USAGE"},
	} {
		inVirtualTime(t, args, func(t *testing.T) {
			sw := start(t, switchsim.Config{
				Listen: "-",
				Endpoints: []switchsim.Endpoint{
					{Dial: "user/busy", Cause: "USER_BUSY", Ring: 2 * time.Second},
					{Dial: "user/silent", Silent: true},
					{Dial: "user/slow", Ring: 20 * time.Second},
					{Dial: "user/fast", Ring: time.Second},
					{Dial: "user/early", EarlyMedia: true, Silent: true},
					{Dial: "sofia/gateway/gw/*", Ring: time.Second},
				},
			})
			began := time.Now()
			uuid, err := sw.Originate(args)
			r, _ := sw.Record(uuid)
			got := r.Channel
			if err != nil {
				got = err.Error()
			}
			if after := time.Since(began); !strings.HasPrefix(got, c.want) || after != c.after {
				t.Errorf("%s after %v, want %s after %v", got, after, c.want, c.after)
			}
		})
	}
}

// Without quotes originate loses all after the first blank.
func TestOriginateQuoting(t *testing.T) {
	sw := start(t, switchsim.Config{Endpoints: []switchsim.Endpoint{{Dial: "user/1"}}})
	a := listen(t)
	if _, err := sw.Originate("user/1 &socket(" + a.addr() + "/x async full)"); err != nil {
		t.Fatal(err)
	}
	data := a.accept().ask("connect")
	if data.get("Socket-Mode") != "static" || data.get("Control") != "single-channel" {
		t.Errorf("unquoted: %s %s", data.get("Socket-Mode"), data.get("Control"))
	}
	if _, err := sw.Originate("user/1 '&socket(" + a.addr() + "/x async full)'"); err != nil {
		t.Fatal(err)
	}
	data = a.accept().ask("connect")
	if data.get("Socket-Mode") != "async" || data.get("Control") != "full" {
		t.Errorf("quoted: %s %s", data.get("Socket-Mode"), data.get("Control"))
	}
	uuid, err := sw.Originate("{foo='a b',bar=2}user/1 'set:x=${foo},park' inline")
	if err != nil {
		t.Fatal(err)
	}
	happened(t, sw, uuid, "execute", "park")
	leg, _ := sw.Leg(uuid)
	if leg.Variable("x") != "a b" || leg.Variable("bar") != "2" {
		t.Errorf("x=%q bar=%q", leg.Variable("x"), leg.Variable("bar"))
	}
}

func TestPadding(t *testing.T) {
	for _, pad := range []int{0, 6000, 12000} {
		sw := start(t, switchsim.Config{PadTo: pad, Dialplan: switchsim.Dialplan{"default": {{Match: "x", Actions: actions("park")}}}})
		call := sw.Call(switchsim.Caller{Number: "1", Destination: "x"})
		happened(t, sw, call.UUID(), "execute", "park")
		size := len(sw.API("uuid_dump " + call.UUID()))
		if pad > 0 && (size < pad*9/10 || size > pad*11/10) || pad == 0 && size > 8000 {
			t.Errorf("padded to %d, an event has %d bytes", pad, size)
		}
	}
}
