package bindings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
)

// runScript runs another script on a new call.
func (h *harness) runScript(script string) (*switchsim.Call, outcome) {
	h.t.Helper()
	var err error
	if h.script, err = vm.Compile("test.lua", []byte(script)); err != nil {
		h.t.Fatal(err)
	}
	call := h.call()
	return call, h.end()
}

// reached reports whether the mark came to the switch in any way.
func (h *harness) reached(mark string) bool {
	for _, r := range h.sw.Records() {
		for _, e := range r.Entries {
			if strings.Contains(e.What, mark) {
				return true
			}
		}
	}
	return false
}

// forbidden lists ways to what a flow is not granted, each with the section of the
// grant to add.
var forbidden = []struct{ lua, section string }{
	{`freeswitch.API():execute("system", "MARK")`, "api"},
	{`freeswitch.API():execute("SYSTEM", "MARK")`, "api"},
	{`freeswitch.API():executeString("bg_system MARK")`, "api"},
	{`freeswitch.API():execute("bgapi", "system MARK")`, "api"},
	{`freeswitch.API():executeString("sched_api +1 none system MARK")`, "api"},
	{`freeswitch.API():execute("originate", "user/1001 &system(MARK)")`, "apps"},
	{`freeswitch.API():execute("uuid_setvar", session.uuid .. " api_on_answer system MARK")`, "api"},
	{`freeswitch.API():execute("uuid_transfer", session.uuid .. " system:MARK inline")`, "apps"},
	{`session:execute("system", "MARK")`, "apps"},
	{`session:execute("set", "a=${system(MARK)}")`, "api"},
	{`session:execute("log", "INFO ${bg_system MARK}")`, "api"},
	{`session:execute("set", "execute_on_answer=system MARK")`, "apps"},
	{`session:execute("bridge", "{execute_on_answer=system MARK}user/1001")`, "apps"},
	{`session:setVariable("execute_on_answer", "system MARK")`, "apps"},
	{`session:setVariable("api_hangup_hook", "system MARK")`, "api"},
	{`session:setVariable("harmless", "${system(MARK)}")`, "api"},
	{`session:streamFile("shell_stream://MARK")`, "apps"},
	{`session:sayPhrase("MARK", "${system(MARK)}")`, "api"},
	{`session:detectSpeech("grammar", "${system(MARK)}")`, "api"},
	{`session:playAndGetDigits(1, 1, 1, 1000, "#", "` + prompt + `", "", "\\d", "x", 1, "system:MARK inline")`, "apps"},
	{`session:transfer("system:MARK", "inline")`, "apps"},
	{`session:transfer("MARK", "LUA")`, "apps"},
	{`freeswitch.Session("{api_on_answer=system MARK}user/1001")`, "api"},
	{`freeswitch.Session("loopback/app=system:MARK")`, "apps"},
	{`freeswitch.Session(dial{"user/1001", vars = {execute_on_answer = "system MARK"}}, session)`, "apps"},
	{`freeswitch.Session():originate(session, "{execute_on_answer='system MARK'}user/1001", 5)`, "apps"},
	{`session:setVariable("execute_on_answer", "socket 192.0.2.1:8084/MARK async full")`, "apps"},
	{`freeswitch.setGlobalVariable("execute_on_answer", "system MARK")`, "apps"},
}

func TestWhatIsNotGrantedIsRefusedWithTheGrantToAdd(t *testing.T) {
	h := open(t, ``, bob)
	for i, f := range forbidden {
		mark := fmt.Sprintf("mark%02d", i)
		call, o := h.runScript("local before\n" + strings.ReplaceAll(f.lua, "MARK", mark))
		if o.err == nil || !strings.HasPrefix(o.err.Error(), "test.lua:2: ") || !strings.Contains(o.err.Error(), "grants: "+f.section+": allow:") {
			t.Errorf("%s: %v", f.lua, o.err)
		}
		call.Hangup("NORMAL_CLEARING")
		<-call.Done()
		if h.reached(mark) {
			t.Errorf("%s came to the switch", f.lua)
		}
	}
}

func TestWhatIsGrantedPasses(t *testing.T) {
	h := open(t, ``, bob)
	h.grants = &grant.Grants{
		API:  grant.Rule{Allow: []grant.Name{"system", "bg_system"}},
		Apps: grant.Rule{Allow: []grant.Name{"system", "lua", "socket", "shell_stream"}},
	}
	for _, f := range forbidden {
		call, o := h.runScript(f.lua)
		if o.err != nil {
			t.Errorf("%s: %v", f.lua, o.err)
		}
		call.Hangup("NORMAL_CLEARING")
		<-call.Done()
	}
	_, o := h.runScript(`r = freeswitch.API():execute("system", "ls")`)
	o.want(t, "r", "-ERR system Command not found!\n") // the switch was asked
}

func TestARefusalCanBeCaughtAndTheCallGoesOn(t *testing.T) {
	_, o := run(t, `
		ready, r = pcall(session.execute, session, "system", "ls")
		session:onDtmf(function() session:execute("system", "ls") end)
		session:answer()
		r2 = select(2, pcall(session.streamFile, session, "long.wav"))
		r3 = session:getVariable("destination_number")`,
		switchsim.OnPlayback("long.wav").Press("1"))
	o.want(t, "ready", "false", "r3", "flow")
	for _, name := range []string{"r", "r2"} {
		if !strings.Contains(o.text(name), `application "system" is not granted`) {
			t.Errorf("%s is %s", name, o.text(name))
		}
	}
}

func TestEventsNeedTheirGrant(t *testing.T) {
	h := open(t, ``)
	const fire = `local e = freeswitch.Event("CUSTOM", "a::b") r = e:getHeader("event-subclass") finished = e:fire()`
	_, o := h.runScript(fire)
	if o.err != nil {
		t.Fatal(o.err)
	}
	o.want(t, "r", "a::b", "finished", "true")
	h.grants = &grant.Grants{}
	_, o = h.runScript(fire)
	if o.err == nil || !strings.Contains(o.err.Error(), "test.lua:1: firing events is not granted") || !strings.Contains(o.err.Error(), "grants: fire_events: true") {
		t.Errorf("got %v", o.err)
	}
	if _, o = h.runScript(`session:execute("event", "Event-Name=CUSTOM")`); o.err == nil || !strings.Contains(o.err.Error(), "fire_events") {
		t.Errorf("the application event: %v", o.err)
	}
}

// Commands that the bindings send for their own purposes need no grant.
func TestOurOwnCommandsNeedNoGrant(t *testing.T) {
	h := open(t, ``, bob)
	h.grants = &grant.Grants{API: grant.Rule{Only: []grant.Name{"status"}}, Apps: grant.Rule{Only: []grant.Name{"answer", "playback", "loop_playback"}}}
	_, o := h.runScript(`
		session:answer()
		session:setVariable("mark", "set")
		r = session:getVariable("mark") .. session:streamFile("` + prompt + `")
		r2 = tostring(session:schedHangup(60):cancel()) .. freeswitch.getGlobalVariable("domain")
		freeswitch.setGlobalVariable("mark", "set")
		session:flushDigits()
		local leg = freeswitch.Session("user/1001", session)
		r3 = tostring(leg:ready())
		leg:hangup()
		r4 = select(2, pcall(session.execute, session, "log", "INFO x"))
		session:hangup()`)
	if o.err != nil {
		t.Fatal(o.err)
	}
	o.want(t, "r", "set1", "r2", "trueexample.org", "r3", "true")
	if !strings.Contains(o.text("r4"), "grants: apps: only:") {
		t.Errorf("r4 is %s", o.text("r4"))
	}
}

func TestAScriptWithoutACallHasGrantsToo(t *testing.T) {
	h := open(t, ``)
	link, _ := h.node()
	o := h.execute(`freeswitch.API():executeString("system ls")`, link, h.addr)
	if o.err == nil || !strings.HasPrefix(o.err.Error(), `job.lua:1: the API command "system" is not granted`) {
		t.Errorf("got %v", o.err)
	}
	h.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"system"}}}
	if o = h.execute(`r = freeswitch.API():executeString("system ls")`, link, h.addr); o.err != nil {
		t.Error(o.err)
	}
	o.want(t, "r", "-ERR system Command not found!\n")
}

func TestAnotherChannelIsNoWayOut(t *testing.T) {
	h := open(t, ``)
	other := h.sw.Call(switchsim.Caller{Number: "1", Destination: "elsewhere"})
	_, o := h.runScript(`
		local other = freeswitch.Session("` + other.UUID() + `")
		ready = tostring(other:ready())
		local function why(...) return select(2, pcall(other.execute, other, ...)) end
		r = why("system", "mark1")
		r2 = why("system!normal_clearing", "mark2")
		r3 = why("system::mark3", "")
		r4 = select(2, pcall(other.transfer, other, "system:mark4", "inline"))
		finished = pcall(other.execute, other, "set", "seen=yes")`)
	if o.err != nil {
		t.Fatal(o.err)
	}
	o.want(t, "ready", "true", "finished", "true", "r2", `test.lua:4: "system!normal_clearing" is no application`)
	for _, name := range []string{"r", "r3", "r4"} {
		if !strings.Contains(o.text(name), `"system" is not granted`) {
			t.Errorf("%s is %s", name, o.text(name))
		}
	}
	if h.reached("mark") {
		t.Error("a refused application came to the switch")
	}
}

// A flow may hand its call to another flow of the same eslua, not to a program
// that has no grants.
func TestTheOwnListenerIsNoWayOut(t *testing.T) {
	h := open(t, ``)
	if _, o := h.runScript(`session:setVariable("execute_on_answer", "socket ` + h.addr + `/other async full")`); o.err != nil {
		t.Error(o.err)
	}
}
