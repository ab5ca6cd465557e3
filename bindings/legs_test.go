package bindings_test

import (
	"strings"
	"testing"
	"time"

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
}

func TestLegsThatAreNotReached(t *testing.T) {
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
}

func TestOriginateMethod(t *testing.T) {
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
}

func TestCallersHangupCancelsTheDialling(t *testing.T) {
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

func TestBridge(t *testing.T) {
	h := open(t, `
		session:answer()
		local leg = freeswitch.Session("user/1001", session)
		freeswitch.bridge(session, leg)
		r = tostring(leg:ready()) .. tostring(session:ready())
		r2 = session:streamFile("`+prompt+`")
		r3 = session:getVariable("park_after_bridge")
		finished = session:ready()
	`, bob)
	caller := h.call()
	leg := h.bridged(caller)
	leg.Hangup("NORMAL_CLEARING")
	o := h.end()
	o.want(t, "r", "falsetrue", "r2", "1", "r3", "nil", "finished", "true")
	record, _ := h.sw.Record(o.uuid)
	bridged := false
	for _, e := range record.Entries {
		bridged = bridged || e.Kind == "bridge"
	}
	if !bridged {
		t.Errorf("never bridged: %+v", record.Entries)
	}
}

// Digits that are pressed during a bridge are meant for the other side.
func TestDigitsOfABridgeAreForgotten(t *testing.T) {
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
}

func TestBridgeOfSessionsThatAreNotReady(t *testing.T) {
	h, _ := runWith(t, `freeswitch.bridge(session, freeswitch.Session())`)
	if !h.log.has("Channels not ready") {
		t.Error("the log does not say why")
	}
}

func TestAttachedSession(t *testing.T) {
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
}

func TestScriptsEndGivesUpADialling(t *testing.T) {
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
}
