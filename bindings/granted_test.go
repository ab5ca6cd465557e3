package bindings_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

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
	{`session:setVariable("harmless", "${system(MARK)}")`, "apps"},
	{`session:streamFile("shell_stream://MARK")`, "apps"},
	{`session:sayPhrase("MARK", "${system(MARK)}")`, "apps"},
	{`session:detectSpeech("grammar", "${system(MARK)}")`, "apps"},
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
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``, bob)
		for i, f := range forbidden {
			mark := fmt.Sprintf("mark%02d", i)
			call, o := h.runScript("local before\n" + strings.ReplaceAll(f.lua, "MARK", mark))
			if o.err == nil || !strings.HasPrefix(o.err.Error(), "test.lua:2: ") || !strings.Contains(o.err.Error(), "grants: {"+f.section+": {allow: [") {
				t.Errorf("%s: %v", f.lua, o.err)
			}
			call.Hangup("NORMAL_CLEARING")
			<-call.Done()
			if h.reached(mark) {
				t.Errorf("%s came to the switch", f.lua)
			}
		}
	})
}

func TestWhatIsGrantedPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``, bob)
		h.grants = &grant.Grants{
			API:  grant.Rule{Allow: []grant.Name{"system", "bg_system", "global_setvar"}},
			Apps: grant.Rule{Allow: []grant.Name{"system", "dialplan lua", "socket", "file shell_stream", "text later"}},
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
		o.want(t, "r", "INVALID COMMAND!\n") // the switch was asked
	})
}

func TestARefusalCanBeCaughtAndTheCallGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
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
	})
}

func TestEventsNeedTheirGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		const fire = `local e = freeswitch.Event("CUSTOM", "a::b") r = e:getHeader("event-subclass") finished = e:fire()`
		_, o := h.runScript(fire)
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "a::b", "finished", "true")
		h.grants = &grant.Grants{}
		_, o = h.runScript(fire)
		if o.err == nil || !strings.Contains(o.err.Error(), "test.lua:1: firing events is not granted") || !strings.Contains(o.err.Error(), "grants: {fire_events: true}") {
			t.Errorf("got %v", o.err)
		}
		if _, o = h.runScript(`session:execute("event", "Event-Name=CUSTOM")`); o.err == nil || !strings.Contains(o.err.Error(), "fire_events") {
			t.Errorf("the application event: %v", o.err)
		}
	})
}

// What the bindings send for the call itself needs no grant. What concerns the whole
// switch does.
func TestOurOwnCommandsNeedNoGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``, bob)
		h.grants = &grant.Grants{API: grant.Rule{Only: []grant.Name{"status"}}, Apps: grant.Rule{Only: []grant.Name{"answer", "playback", "loop_playback"}}}
		_, o := h.runScript(`
		session:answer()
		session:setVariable("mark", "set")
		r = session:getVariable("mark") .. session:streamFile("` + prompt + `")
		r2 = tostring(session:schedHangup(60):cancel()) 
		session:flushDigits()
		local leg = freeswitch.Session("user/1001", session)
		r3 = tostring(leg:ready())
		leg:hangup()
		r4 = select(2, pcall(session.execute, session, "log", "INFO x"))
		session:hangup()`)
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "set1", "r2", "true", "r3", "true")
		if !strings.Contains(o.text("r4"), "grants: {apps: {only: [answer, playback, loop_playback, log]}}") {
			t.Errorf("r4 is %s", o.text("r4"))
		}
	})
}

func TestAScriptWithoutACallHasGrantsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		link := h.node()
		o := h.execute(`freeswitch.API():executeString("system ls")`, link, h.addr)
		if o.err == nil || !strings.HasPrefix(o.err.Error(), `job.lua:1: the API command "system" is not granted`) {
			t.Errorf("got %v", o.err)
		}
		h.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"system"}}}
		if o = h.execute(`r = freeswitch.API():executeString("system ls")`, link, h.addr); o.err != nil {
			t.Error(o.err)
		}
		o.want(t, "r", "INVALID COMMAND!\n")
	})
}

func TestAnotherChannelIsNoWayOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		h.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"uuid_broadcast", "uuid_transfer", "uuid_dump"}}, Apps: grant.Rule{Allow: []grant.Name{"system!normal_clearing"}}}
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
	})
}

// A flow may hand its call to another flow of the same eslua, not to a program
// that has no grants.
func TestTheOwnListenerIsNoWayOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		if _, o := h.runScript(`session:setVariable("execute_on_answer", "socket ` + h.addr + `/other async full")`); o.err != nil {
			t.Error(o.err)
		}
	})
}

// methods do to another channel, or to the whole switch, what a command does; the
// command is granted, or the method raises the error.
var methods = []struct{ lua, command string }{
	{`freeswitch.getGlobalVariable("domain")`, "global_getvar"},
	{`freeswitch.setGlobalVariable("mark", "set")`, "global_setvar"},
	{`freeswitch.Session(other)`, "uuid_exists"},
	{`freeswitch.Session(other):hangup()`, "uuid_kill"},
	{`freeswitch.Session(other):setVariable("mark", "set")`, "uuid_setvar"},
	{`freeswitch.Session(other):getVariable("mark")`, "uuid_getvar"},
	{`local s = freeswitch.Session(other) s:transfer("9000", "XML", "default") s:destroy() error("NOTRAISED")`, "uuid_transfer"},
	{`freeswitch.Session(other):execute("set", "mark=set")`, "uuid_broadcast"},
	{`freeswitch.Session(other):sendEvent(freeswitch.Event("MESSAGE"))`, "uuid_send_message"},
	{`freeswitch.Session(other):flushDigits()`, "uuid_flush_dtmf"},
	{`freeswitch.Session(other):schedHangup(60)`, "sched_api"},
	{`freeswitch.bridge(session, freeswitch.Session(other))`, "uuid_bridge"},
	{`freeswitch.bridge(freeswitch.Session(other), session)`, "uuid_bridge"},
	{`freeswitch.API():execute("uuid_kill", other)`, "uuid_kill"},
}

func TestAMethodNeedsTheGrantOfItsCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := []grant.Name{"uuid_exists", "uuid_dump", "uuid_kill", "uuid_setvar", "uuid_getvar", "uuid_transfer", "uuid_broadcast",
			"uuid_send_message", "uuid_flush_dtmf", "sched_api", "uuid_bridge", "uuid_break", "global_getvar", "global_setvar"}
		h := open(t, ``)
		for _, m := range methods {
			for name, rule := range map[string]grant.Rule{
				"deny all":      {Deny: []grant.Name{"*"}},
				"only nothing":  {Only: []grant.Name{}},
				"deny this":     {Allow: all, Deny: []grant.Name{grant.Name(m.command)}},
				"allow":         {Allow: all},
				"only all this": {Only: all},
			} {
				permitted := strings.HasPrefix(name, "allow") || strings.HasPrefix(name, "only all")
				if permitted && m.command == "uuid_bridge" {
					continue // it would wait for a hangup; TestBridge does that
				}
				h.grants = &grant.Grants{API: rule}
				other := h.sw.Call(switchsim.Caller{Number: "1", Destination: "elsewhere"})
				call, o := h.runScript(fmt.Sprintf("local other = %q\nlocal function try() %s end\n"+`local ok, why = pcall(try) r = tostring(why or "")`, other.UUID(), m.lua))
				if o.err != nil {
					t.Fatal(o.err)
				}
				if refused := strings.Contains(o.text("r"), "is not granted to this flow"); refused == permitted && !strings.Contains(o.text("r"), "NOTRAISED") {
					t.Errorf("%s: %s: %q", name, m.lua, o.text("r"))
				}
				if changed := other.Variable("mark") == "set" || h.sw.API("uuid_exists "+other.UUID()) != "true"; changed && !permitted {
					t.Errorf("%s: %s has been done", name, m.lua)
				}
				h.sw.API("uuid_kill " + other.UUID())
				call.Hangup("NORMAL_CLEARING")
				<-call.Done()
			}
		}
	})
}

// By default a script acts on its own call, on the legs that it dials and on what
// is connected to them, and on no other channel.
func TestByDefaultAScriptHasItsOwnChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``, bob)
		other := h.sw.Call(switchsim.Caller{Number: "1", Destination: "elsewhere"})
		_, o := h.runScript(`
		local api = freeswitch.API()
		local function may(...) local ok, why = pcall(api.execute, api, ...) return ok and "yes" or why end
		local leg = freeswitch.Session("user/1001", session)
		r = may("uuid_setvar", session.uuid .. " a b") .. " " .. may("uuid_setvar", leg:get_uuid() .. " a b")
		local uuid = api:execute("create_uuid")
		r = r .. " " .. may("uuid_kill", uuid) .. " " .. may("sched_del", (api:execute("sched_api", "+60 none status"):match("%d+")))
		r2 = may("uuid_kill", "` + other.UUID() + `")
		r3 = may("sched_api", "+1 none uuid_kill ` + other.UUID() + `")
		r4 = may("sched_del", "1234567")
		leg:hangup()`)
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "yes yes yes yes")
		for _, name := range []string{"r2", "r3", "r4"} {
			if !strings.Contains(o.text(name), "a channel that is not this script's own") {
				t.Errorf("%s is %s", name, o.text(name))
			}
		}
	})
}

// An argument of the flow is a channel of the script's own, but not if it is what was
// dialled.
func TestWhatIsDialledIsNoChannelOfOnesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		for _, dialled := range []bool{false, true} {
			other := h.sw.Call(switchsim.Caller{Number: "1", Destination: "elsewhere"})
			destination := "flow"
			if dialled {
				destination = "number-" + other.UUID()
			}
			h.args = []string{other.UUID()}
			h.script, _ = vm.Compile("test.lua", []byte(`r = pcall(freeswitch.API().execute, freeswitch.API(), "uuid_kill", "`+other.UUID()+`") and "yes" or "no"`))
			h.sw.Call(switchsim.Caller{Number: "1000", Destination: destination})
			o := h.end()
			o.want(t, "r", map[bool]string{false: "yes", true: "no"}[dialled])
		}
		// A word could be the name of a channel, but nothing looks for it in what another
		// script hands on.
		h.args = []string{"chosen"}
		h.script, _ = vm.Compile("test.lua", []byte(`r = pcall(freeswitch.API().execute, freeswitch.API(), "uuid_kill", "chosen") and "yes" or "no"`))
		h.sw.Call(switchsim.Caller{Number: "1000", Destination: "flow"})
		o := h.end()
		o.want(t, "r", "no")
	})
}
