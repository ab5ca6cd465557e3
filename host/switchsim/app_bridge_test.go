package switchsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

func played(c *switchsim.Call) string { return strings.Join(c.Played(), " ") }

func bridgeConfig() switchsim.Config {
	return switchsim.Config{Endpoints: []switchsim.Endpoint{
		{Dial: "user/b", Script: []switchsim.Step{switchsim.After(30 * time.Second).Hangup("NORMAL_CLEARING")}},
		{Dial: "user/busy", Cause: "USER_BUSY"},
		{Dial: "user/noanswer", Cause: "NO_ANSWER"},
		{Dial: "user/stays"},
	}}
}

// What a failed bridge does to the caller depends on its variables
// (switch_channel.c:switch_channel_handle_cause).
func TestFailedBridge(t *testing.T) {
	for name, c := range map[string]struct {
		vars      map[string]string
		dial      string
		continues bool
	}{
		"busy":                          {nil, "user/busy", false},
		"no answer":                     {nil, "user/noanswer", true},
		"continue_on_fail":              {map[string]string{"continue_on_fail": "true"}, "user/busy", true},
		"continue_on_fail lists it":     {map[string]string{"continue_on_fail": "NO_ANSWER,user_busy"}, "user/busy", true},
		"by number":                     {map[string]string{"continue_on_fail": "17"}, "user/busy", true},
		"continue_on_fail lists others": {map[string]string{"continue_on_fail": "CALL_REJECTED"}, "user/noanswer", false},
		"failure_causes lists it":       {map[string]string{"failure_causes": "USER_BUSY"}, "user/busy", false},
		"failure_causes lists others":   {map[string]string{"failure_causes": "CALL_REJECTED"}, "user/busy", true},
		"nobody there":                  {nil, "user/nobody", false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := bridgeConfig()
			cfg.Dialplan = switchsim.Dialplan{"default": {{Match: "x", Actions: actions("answer", "bridge "+c.dial, "park")}}}
			sw := start(t, cfg)
			call := sw.Call(switchsim.Caller{Number: "1", Destination: "x", Variables: c.vars})
			if c.continues {
				happened(t, sw, call.UUID(), "execute", "park")
				return
			}
			<-call.Done()
			if call.Cause() != call.Variable("originate_failed_cause") {
				t.Errorf("hung up with %s, the bridge failed with %s", call.Cause(), call.Variable("originate_failed_cause"))
			}
		})
	}
}

func TestBridgeEnds(t *testing.T) {
	for name, c := range map[string]struct {
		vars  map[string]string
		dial  string
		ender func(a, b *switchsim.Call)
		cause string // of A; empty if the dialplan continues
	}{
		"B hangs up":             {nil, "user/b", nil, ""},
		"hangup_after_bridge":    {map[string]string{"hangup_after_bridge": "true"}, "user/b", nil, "NORMAL_CLEARING"},
		"A hangs up":             {nil, "user/stays", func(a, _ *switchsim.Call) { a.Hangup("") }, "NORMAL_CLEARING"},
		"B is killed with cause": {map[string]string{"hangup_after_bridge": "true"}, "user/stays", func(_, b *switchsim.Call) { b.Hangup("CALL_REJECTED") }, "CALL_REJECTED"},
	} {
		inVirtualTime(t, name, func(t *testing.T) {
			cfg := bridgeConfig()
			cfg.Listen = "-"
			cfg.Dialplan = switchsim.Dialplan{"default": {{Match: "x", Actions: actions("answer", "bridge "+c.dial, "park")}}}
			sw := start(t, cfg)
			a := sw.Call(switchsim.Caller{Number: "1", Destination: "x", Variables: c.vars})
			happened(t, sw, a.UUID(), "bridge", "bridged to")
			b, _ := sw.Leg(a.Variable("signal_bond"))
			if b.Variable("signal_bond") != a.UUID() {
				t.Error("the legs know each other")
			}
			if c.ender != nil {
				c.ender(a, b)
			}
			<-b.Done()
			happened(t, sw, a.UUID(), "unbridge", "")
			if c.cause == "" {
				happened(t, sw, a.UUID(), "execute", "park")
			} else {
				<-a.Done()
			}
			if a.Cause() != c.cause {
				t.Errorf("A ended with %q, want %q", a.Cause(), c.cause)
			}
			if b.Variable("last_bridge_to") == "" && a.Variable("last_bridge_to") != b.UUID() {
				t.Error("A does not know what it was bridged to")
			}
		})
	}
}

// Digits pressed in a bridge are seen on the leg that pressed them.
func TestBridgeDigitsAndUUIDBridge(t *testing.T) {
	sw := start(t, switchsim.Config{})
	p := inbound(t, sw)
	a, b := parkedCall(t, sw), parkedCall(t, sw)
	p.ask("event plain DTMF CHANNEL_STATE")
	if out := sw.API("uuid_bridge " + a.UUID() + " " + b.UUID()); out != "+OK "+b.UUID()+"\n" {
		t.Fatal(out)
	}
	happened(t, sw, a.UUID(), "bridge", "")
	for { // park would take the digit as well
		if pk := p.until("CHANNEL_STATE"); pk.get("Unique-ID") == b.UUID() && pk.get("Channel-State") == "CS_EXCHANGE_MEDIA" {
			break
		}
	}
	b.Press("5")
	if pk := p.until("DTMF"); pk.get("Unique-ID") != b.UUID() || pk.get("DTMF-Digit") != "5" {
		t.Errorf("%+v", pk.headers)
	}
	happened(t, sw, a.UUID(), "dtmf", "sent 5")
	a.Hangup("")
	<-b.Done()
	if sw.API("uuid_bridge x y") != "-ERR Invalid uuid\n" {
		t.Error("unknown legs")
	}
}

func TestTransferOutOfABridge(t *testing.T) {
	cfg := bridgeConfig()
	cfg.Dialplan = switchsim.Dialplan{"default": {
		{Match: "x", Actions: actions("answer", "bridge user/stays", "set after=1", "park")},
		{Match: "y", Actions: actions("set in=y", "park")},
	}}
	sw := start(t, cfg)
	a := sw.Call(switchsim.Caller{Number: "1", Destination: "x"})
	happened(t, sw, a.UUID(), "bridge", "bridged")
	b, _ := sw.Leg(a.Variable("signal_bond"))
	if out := sw.API("uuid_transfer " + a.UUID() + " -bleg y"); out != "+OK\n" {
		t.Fatal(out)
	}
	happened(t, sw, b.UUID(), "execute", "park")
	happened(t, sw, a.UUID(), "execute", "park")
	if b.Variable("in") != "y" || a.Variable("after") != "1" {
		t.Errorf("B in %q, A after %q", b.Variable("in"), a.Variable("after"))
	}
}

func TestConference(t *testing.T) {
	sw := start(t, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {{Match: "x", Actions: actions("answer", "conference room@video+1234", "set after=1", "park")}}}})
	p := inbound(t, sw)
	p.ask("event plain CUSTOM conference::maintenance")
	a := sw.Call(switchsim.Caller{Number: "1", Destination: "x"})
	happened(t, sw, a.UUID(), "conference", "joined")
	b := sw.Call(switchsim.Caller{Number: "2", Destination: "x"})
	happened(t, sw, b.UUID(), "conference", "joined")
	if members := sw.Conference("room"); len(members) != 2 || members[0] != a.UUID() {
		t.Errorf("%v", members)
	}
	if out := sw.API("conference room list count"); out != "2" {
		t.Error(out)
	}
	if out := sw.API("conference room list"); !strings.Contains(out, ";"+a.UUID()+";") || !strings.Contains(out, "hear|speak|floor") {
		t.Error(out)
	}
	for line, want := range map[string]string{
		"conference other list":   "-ERR Conference other not found\n",
		"conference room kick 99": "-ERR Non-Existant ID 99\n",
		"conference room nosuch":  "-ERR Conference command 'nosuch' not found.\n",
		"conference room mute 1":  "+OK mute 1\n",
	} {
		if out := sw.API(line); out != want {
			t.Errorf("%s: %q", line, out)
		}
	}
	sw.API("conference room kick 1")
	happened(t, sw, a.UUID(), "execute", "park")
	if a.Variable("after") != "1" || a.Variable("conference_name") != "room" {
		t.Error("a kicked member goes on in its dialplan")
	}
	b.Hangup("")
	<-b.Done()
	var got []string
	for len(got) < 8 {
		pk := p.next()
		got = append(got, pk.get("Action")+" "+pk.get("Conference-Size"))
	}
	same(t, got, []string{"conference-create 0", "add-member 1", "floor-change 1", "add-member 2", "kick-member 2", "del-member 1", "del-member 0", "conference-destroy 0"})
	if sw.API("conference list") != "+OK No active conferences.\n" {
		t.Error(sw.API("conference list"))
	}
}
