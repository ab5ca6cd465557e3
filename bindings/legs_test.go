package bindings_test

import (
	"cmp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/switchsim"
)

var (
	bob    = switchsim.Endpoint{Dial: "user/1001", Ring: 20 * time.Millisecond}
	busy   = switchsim.Endpoint{Dial: "user/1002", Cause: "USER_BUSY"}
	silent = switchsim.Endpoint{Dial: "user/1003", Silent: true}
)

// runWith runs a script with people that can be dialled.
func runWith(t *testing.T, script string, endpoints ...switchsim.Endpoint) (*harness, outcome) {
	t.Helper()
	h := open(t, script, endpoints...)
	h.call()
	o := h.end()
	if o.err != nil {
		t.Fatalf("the script failed: %v", o.err)
	}
	return h, o
}

func TestDialledLegIsASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		person := bob
		person.Script = []switchsim.Step{switchsim.OnPlayback(prompt).Press("42#")}
		h, o := runWith(t, `
		session:answer()
		local leg = freeswitch.Session("{greeting='it is, well, this'}user/1001", session)
		ready = leg:ready()
		r = leg:streamFile("`+prompt+`") .. leg:getDigits(4, "#", 2000) .. leg:hangupCause()
		r2 = leg:getVariable("greeting")
		r3 = leg:get_uuid() ~= session:get_uuid() and _G[leg.uuid] == leg
		r4 = leg:get_uuid()
		session:sleep(1)
	`, person)
		o.want(t, "ready", "true", "r", "142SUCCESS", "r2", "it is, well, this", "r3", "true")
		leg, ok := h.sw.Leg(o.text("r4"))
		if !ok {
			t.Fatal("no such leg")
		}
		<-leg.Done()
		if leg.Cause() != "NORMAL_CLEARING" {
			t.Errorf("the leg ended with %q", leg.Cause())
		}
		if h.legs.Pending() != 0 {
			t.Error("a leg is still waited for")
		}
	})
}

func TestLegsThatAreNotReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := runWith(t, `
		local leg = freeswitch.Session("user/1002", session)
		r = leg:hangupCause() .. tostring(leg:ready()) .. leg:answer()
		leg = freeswitch.Session("{originate_timeout=1}user/1003")
		r2 = leg:hangupCause()
		leg = freeswitch.Session()
		r3 = leg:originate(nil, "user/1002", 5) .. leg:hangupCause()
		leg = freeswitch.Session("no-such-channel")
		r4 = tostring(leg:ready()) .. leg:hangupCause()
	`, busy, silent)
		o.want(t, "r", "USER_BUSYfalse-1", "r2", "NO_ANSWER", "r3", "1USER_BUSY", "r4", "falseCHAN_NOT_IMPLEMENTED")
		if h.legs.Pending() != 0 {
			t.Error("a leg is still waited for")
		}
	})
}

func TestOriginateMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := runWith(t, `
		local leg = freeswitch.Session()
		ready = leg:ready()
		r = leg:originate(session, "user/1001", 10)
		r2 = leg:ready()
		r3 = leg:originate(nil, "", 5)
		r4 = leg:get_uuid()
	`, bob)
		o.want(t, "ready", "false", "r", "0", "r2", "true", "r3", "0")
		leg, _ := h.sw.Leg(o.text("r4"))
		<-leg.Done() // no auto-hangup: the end of its dialplan hangs up
	})
}

func TestCallersHangupCancelsTheDialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		freeswitch.consoleLog("notice", "now")
		local leg = freeswitch.Session("user/1003", session)
		r = leg:hangupCause()
		ready = session:ready()
	`, silent)
		caller := make(chan *switchsim.Call, 1)
		h.when("now", func() {
			_, _ = h.sw.WaitFor(t.Context(), func(e switchsim.Entry) bool { return strings.Contains(e.Channel, "1003") })
			(<-caller).Hangup("")
		})
		caller <- h.call()
		o := h.end()
		o.want(t, "r", "ORIGINATOR_CANCEL", "ready", "false")
		for _, record := range h.sw.Records() {
			if strings.Contains(record.Channel, "1003") {
				leg, _ := h.sw.Leg(record.UUID)
				<-leg.Done()
				if leg.Cause() != "ORIGINATOR_CANCEL" {
					t.Errorf("the leg ended with %s", leg.Cause())
				}
				return
			}
		}
		t.Error("nobody was dialled")
	})
}

// A bridge does not wait for a leg that has hung up meanwhile.
func TestALegThatLeavesAsItIsBridged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		session:answer()
		local leg = freeswitch.Session("user/1001", session)
		freeswitch.consoleLog("notice", "now")
		freeswitch.bridge(session, leg)
		r = tostring(leg:ready()) .. tostring(session:ready())
	`, bob)
		h.when("now", func() {
			_, _ = h.sw.WaitFor(t.Context(), func(e switchsim.Entry) bool { return e.Kind == "execute" && strings.HasPrefix(e.What, "bridge") })
			for _, record := range h.sw.Records() {
				if leg, ok := h.sw.Leg(record.UUID); ok && strings.Contains(record.Channel, "1001") {
					leg.Hangup("")
				}
			}
		})
		h.call()
		begun := time.Now()
		o := h.end()
		o.want(t, "r", "falsetrue")
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("the bridge took %v", took)
		}
	})
}

// bridged waits until the caller is bridged and returns the other channel.
func (h *harness) bridged(caller *switchsim.Call) *switchsim.Call {
	h.t.Helper()
	if _, err := h.sw.WaitFor(h.t.Context(), func(e switchsim.Entry) bool { return e.Kind == "bridge" }); err != nil {
		h.t.Fatal(err)
	}
	leg, ok := h.sw.Leg(caller.Variable("signal_bond"))
	if !ok {
		h.t.Fatal("the caller is bridged to nobody")
	}
	return leg
}

// A bridge ends as under mod_lua, whichever side ends it and whatever the variables
// want, and the dialplan goes on after the script.
func TestBridge(t *testing.T) {
	const farHangsUp, parked = "the far side", "CS_PARK"
	for _, x := range []struct {
		name, before string // the script's part before the bridge
		pair         string
		ends         string // who ends it; else the caller
		ready        string // whether the two are ready afterwards: "truefalse"
		app          string // what the caller's channel executes next; else it is hung up
		cause        string
		legCause     string
		legApp       string // what the leg executes, if it stays; default park
	}{
		{"the far side hangs up", ``, "session, leg", farHangsUp, "truefalse", "park", "", "USER_BUSY", ""},
		{"in the other order", ``, "leg, session", farHangsUp, "truefalse", "park", "", "USER_BUSY", ""},
		{"the caller hangs up", ``, "session, leg", "", "falsefalse", "", "NO_ANSWER", "NORMAL_CLEARING", ""},
		{"hangup_after_bridge", `session:setVariable("hangup_after_bridge", "true")`, "session, leg", farHangsUp, "falsefalse", "", "USER_BUSY", "USER_BUSY", ""},
		{"transfer_after_bridge", `session:setVariable("transfer_after_bridge", "elsewhere:XML:default")`, "session, leg", farHangsUp, "falsefalse", "park", "", "USER_BUSY", ""},
		{"park_after_bridge", `session:setVariable("park_after_bridge", "true")`, "session, leg", farHangsUp, "falsefalse", parked, "", "USER_BUSY", ""},
		{"uuid_kill of the leg", ``, "session, leg", "uuid_kill LEG USER_BUSY", "truefalse", "park", "", "USER_BUSY", ""},
		{"uuid_kill of the caller", ``, "session, leg", "uuid_kill CALLER NO_ANSWER", "falsefalse", "", "NO_ANSWER", "NORMAL_CLEARING", ""},
		{"uuid_transfer of the leg", ``, "session, leg", "uuid_transfer LEG elsewhere XML default", "truefalse", "park", "", "", ""},
		{"uuid_transfer of the caller", ``, "session, leg", "uuid_transfer CALLER elsewhere XML default", "falsefalse", "park", "", "NORMAL_CLEARING", ""},
		{"uuid_park of the leg", ``, "session, leg", "uuid_park LEG", "truefalse", "park", "", "", parked},
		{"uuid_park of the caller", ``, "session, leg", "uuid_park CALLER", "falsefalse", parked, "", "NORMAL_CLEARING", ""},
		{"its leg is transferred", `leg:setVariable("transfer_after_bridge", "elsewhere:XML:default")`, "session, leg", "", "falsefalse", "", "NO_ANSWER", "", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t, `
				session:answer()
				local leg = freeswitch.Session("user/1001", session)
				`+x.before+`
				freeswitch.bridge(`+x.pair+`)
				r = tostring(session:ready()) .. tostring(leg:ready())
				r2 = session:getVariable("bridge_hangup_cause")
				r3 = session:streamFile("`+prompt+`")
			`, bob)
				caller := h.call()
				leg := h.bridged(caller)
				switch x.ends {
				case farHangsUp:
					leg.Hangup("USER_BUSY")
				case "":
					caller.Hangup("NO_ANSWER")
				default:
					h.sw.API(strings.NewReplacer("LEG", leg.UUID(), "CALLER", caller.UUID()).Replace(x.ends))
				}
				o := h.end()
				if o.err != nil {
					t.Fatal(o.err)
				}
				o.want(t, "r", x.ready)
				if x.ends == farHangsUp {
					o.want(t, "r2", "USER_BUSY")
				}
				isAt := func(c *switchsim.Call, app string) {
					for app == parked && !strings.Contains(h.sw.API("uuid_dump "+c.UUID()), "Channel-State: "+parked) {
					}
					if app != parked {
						waitForApp(t, h, c, app)
					}
				}
				switch x.legCause {
				case "":
					isAt(leg, cmp.Or(x.legApp, "park"))
				default:
					<-leg.Done()
				}
				switch x.app {
				case "":
					<-caller.Done()
				default:
					isAt(caller, x.app)
				}
				if caller.Cause() != x.cause || leg.Cause() != x.legCause {
					t.Errorf("the caller ended with %q, the leg with %q", caller.Cause(), leg.Cause())
				}
				if x.name == "transfer_after_bridge" && caller.Variable("arrived") != "yes" {
					t.Error("the caller was not transferred")
				}
				if after := caller.Variable("after"); (after == "yes") != (x.ready == "truefalse") {
					t.Errorf("the dialplan went on: %q", after)
				}
			})
		})
	}
}

// What the bridge's own dialling notes on the call does not replace what the script's
// has noted, and the leg's caller stays who dialled it.
func TestABridgeLeavesTheVariablesOfTheDialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		session:answer()
		local leg = freeswitch.Session("user/1001", session)
		session:setVariable("originated_legs", "of the script")
		r = leg:getVariable("caller_id_number") .. " " .. leg:getState()
		session:execute("log", "bridging")
		freeswitch.bridge(session, leg)
		r2 = session:getVariable("originated_legs") .. " " .. tostring(session:getVariable("originate_causes") == leg:get_uuid() .. ";NONE")
		r3 = session:getVariable("last_sent_callee_id_number")
	`, bob)
		caller := h.call()
		leg := h.bridged(caller)
		if got := leg.Variable("caller_id_number"); got != "1000" {
			t.Errorf("in the bridge the leg's caller is %q", got)
		}
		leg.Hangup("NORMAL_CLEARING")
		o := h.end()
		o.want(t, "r", "1000 CS_SOFT_EXECUTE", "r2", "of the script true", "r3", "1001")
	})
}

// A leg that is dialled for a call gets from it what a bridge would give it, and the call
// is told how the dialling went.
func TestALegOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		session:answer()
		session:execute("export", "nolocal:one=1")
		session:execute("export", "two=2 and more")
		session:setVariable("effective_caller_id_name", "Eff Name")
		session:setVariable("effective_caller_id_number", "777")
		local leg = freeswitch.Session("user/1001", session)
		r = leg:getVariable("one") .. leg:getVariable("two") .. leg:getVariable("caller_id_name") .. leg:getVariable("caller_id_number")
		r2 = session:getVariable("originate_disposition") .. session:getVariable("DIALSTATUS") .. tostring(session:getVariable("originate_causes") == leg:get_uuid() .. ";NONE")
		hooked = tostring(leg:getVariable("origination_caller_id_number")) .. tostring(leg:getVariable("signal_bond") == session:get_uuid())
		local busy = freeswitch.Session("user/1002", session)
		ready = session:getVariable("originate_causes"):gsub("%x+%-[%x-]+", "") .. session:getVariable("originated_legs"):gsub("%x+%-[%x-]+", "")
		leg:setAutoHangup(false)
		local nobody = freeswitch.Session("user/1004", session)
		r3 = session:getVariable("originate_disposition") .. session:getVariable("last_bridge_hangup_cause")
		r4 = freeswitch.Session(""):hangupCause() .. freeswitch.Session("", session):hangupCause() .. freeswitch.Session():hangupCause() .. leg:get_uuid()
	`, bob, busy)
		h.call()
		o := h.end()
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "hooked", "niltrue", "ready", "ARRAY::;NONE|:;USER_BUSYARRAY::;1001;1001|:;Outbound Call;1002")
		o.want(t, "r", "12 and moreEff Name777", "r2", "SUCCESSSUCCESStrue", "r3", "SUBSCRIBER_ABSENTUSER_BUSY")
		id, ok := strings.CutPrefix(o.text("r4"), "DESTINATION_OUT_OF_ORDERORIGINATOR_CANCELNONE")
		leg, found := h.sw.Leg(id)
		if !ok || !found {
			t.Fatalf("r4 is %q", o.text("r4"))
		}
		if _, err := h.sw.WaitFor(t.Context(), func(e switchsim.Entry) bool {
			return e.UUID == id && e.Kind == "complete" && strings.HasPrefix(e.What, "socket")
		}); err != nil {
			t.Fatal(err)
		}
		if h.sw.API("uuid_exists "+id) != "true" {
			t.Error("the leg did not outlive the script")
		}
		leg.Hangup("NORMAL_CLEARING")
	})
}

// Digits that are pressed during a bridge are meant for the other side.
func TestDigitsOfABridgeAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		session:answer()
		local leg = freeswitch.Session("user/1001", session)
		freeswitch.bridge(session, leg)
		r = session:getDigits(1, "", 50)
	`, bob)
		caller := h.call()
		leg := h.bridged(caller)
		caller.Press("5")
		if _, err := h.sw.WaitFor(t.Context(), func(e switchsim.Entry) bool { return e.UUID == leg.UUID() && e.Kind == "dtmf" }); err != nil {
			t.Fatal(err)
		}
		leg.Hangup("NORMAL_CLEARING")
		o := h.end()
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "")
	})
}

func TestBridgeOfSessionsThatAreNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := runWith(t, `freeswitch.bridge(session, freeswitch.Session())`)
		if !h.log.has("Channels not ready") {
			t.Error("the log does not say why")
		}
	})
}

func TestAttachedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		local other = freeswitch.Session(argv_uuid or session:getVariable("other"))
		ready = other:ready()
		r = other:getVariable("caller_id_number") .. other:getState()
		other:setVariable("mark", "it's here")
		r2 = other:getVariable("mark")
		r3 = freeswitch.Session(session:get_uuid()) == session
		other:hangup("USER_BUSY")
		r4 = tostring(other:ready()) .. other:streamFile("x.wav")
	`)
		h.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"uuid_setvar", "uuid_kill", "uuid_broadcast"}}}
		other := h.sw.Call(switchsim.Caller{Number: "2000", Destination: "elsewhere"})
		waitForApp(t, h, other, "park")
		h.sw.Call(switchsim.Caller{Number: "1000", Destination: "flow", Variables: map[string]string{"other": other.UUID()}})
		o := h.end()
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "ready", "true", "r", "2000CS_EXECUTE", "r2", "it's here", "r3", "true", "r4", "false0")
		<-other.Done()
		if other.Cause() != "USER_BUSY" {
			t.Errorf("ended with %s", other.Cause())
		}
	})
}

func TestScriptsEndGivesUpADialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `freeswitch.Session("user/1003")`, silent)
		caller := h.call()
		if _, err := h.sw.WaitFor(t.Context(), func(e switchsim.Entry) bool { return strings.Contains(e.Channel, "1003") }); err != nil {
			t.Fatal(err)
		}
		h.sw.Cut(caller.UUID())
		h.end()
		if h.legs.Pending() != 0 {
			t.Error("a leg is still waited for")
		}
	})
}
