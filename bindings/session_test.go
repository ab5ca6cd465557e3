package bindings_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/switchsim"
)

func TestVariablesPassUnchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
		session:answer()
		local values = { "plain", "two  words ", " it's \\ \"quoted\" ", "a=b,c", "line\nfeed\r\n", "José 日本語", "${caller_id_name}", "\\d+", "'", "ARRAY" }
		r = 0
		for i, v in ipairs(values) do
			session:setVariable("v" .. i, v)
			local got = session:getVariable("v" .. i)
			if got == v then r = r + 1 else freeswitch.consoleLog("err", i .. " came back as [" .. tostring(got) .. "]") end
		end
		r = r == #values
		session:setVariable("v1", "")
		r2 = session:getVariable("v1")
		session:setVariable("v2", nil)
		r3 = session:getVariable("v2")
		r4 = session:getVariable("caller_id_number") .. "/" .. freeswitch.getGlobalVariable("domain") .. "/" .. session:getVariable("destination_number")
	`)
		o.want(t, "r", "true", "r2", "nil", "r3", "nil", "r4", "1000/example.org/flow")
		leg, ok := h.sw.Leg(o.uuid)
		if !ok {
			t.Fatal("no such channel")
		}
		if got := leg.Variable("v5"); got != "line\nfeed\r\n" {
			t.Errorf("the switch has %q", got)
		}
	})
}

func TestVariablesAfterTheHangupStayWithTheScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:setVariable("early", "1")
		session:answer()
		session:hangup()
		session:setVariable("late", "2")
		r = session:getVariable("early") .. session:getVariable("late") .. session:getVariable("caller_id_number")
		r2 = session:getVariable("never")
		ready = session:ready()
	`)
		o.want(t, "r", "121000", "r2", "nil", "ready", "false")
	})
}

// TestWhatIsDoneAfterTheHangup runs the applications that FreeSWITCH runs on a dead
// channel, from the script and from a hangup hook.
func TestWhatIsDoneAfterTheHangup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		h.grants = &grant.Grants{FireEvents: true, Apps: grant.Rule{Allow: []grant.Name{"system", "set_global"}}}
		events := h.events("CUSTOM", "eslua::late")
		_, o := h.runScript(`
		function gone()
			session:setVariable("who", "hook")
			session:execute("hash", "insert/late/${who}/${caller_id_number} ${expr_is_no_variable}!")
		end
		session:setVariable("before", "1")
		session:setVariable("no header ", "its name ends with a blank")
		session:setVariable("read_result", "success")
		session:answer()
		session:setHangupHook("gone")
		session:hangup("USER_BUSY")
		session:execute("hash", "insert/late/script/${hash(select/late/hook)}")
		session:execute("event", "Event-Name=CUSTOM, Event-Subclass=eslua::late,mark=${hangup_cause}")
		session:execute("system", "touch MARK")
		session:execute("set_global", "late_global=a=b")
		session:execute("set", "one=1 ${who}")
		session:execute("export", "nolocal:two=2")
		session:execute("multiset", "^^;three=3;four=4")
		session:execute("unset", "before")
		session:execute("playback", "long.wav")
		session:execute("push", "list=x")
		session:execute("push", "list=y")
		r = table.concat({session:getVariable("ONE"), session:getVariable("nolocal:two"), session:getVariable("three"), session:getVariable("four")}, " ")
		r2 = session:getVariable("before")
		session:read(1, 1, "", 100, "#")
		local e = freeswitch.Event("CUSTOM", "eslua::other")
		session:setEventData(e)
		hooked = tostring(session:getVariable("read_result")) .. e:getHeader("variable_four") .. freeswitch.Session("user/1001", session):hangupCause() .. session:answer()
		r3 = freeswitch.API():execute("hash", "select/late/hook") .. "|" .. freeswitch.API():execute("hash", "select/late/script")
		r4 = freeswitch.getGlobalVariable("late_global")
		local ok, refused = pcall(session.execute, session, "bgsystem", "touch MARK")
		ready = refused:find("grants") ~= nil
	`)
		o.want(t, "r", "1 hook 2 3 4", "r2", "nil", "r3", "1000 !|1000 !", "r4", "a=b", "ready", "true", "hooked", "nil4USER_BUSY0")
		if o.err != nil {
			t.Fatal(o.err)
		}
		if got, err := events.Next(t.Context()); err != nil || got.Get("mark") != "USER_BUSY" || got.Get("Caller-Caller-ID-Number") != "1000" || got.Get("Unique-ID") != o.uuid {
			t.Errorf("the event has mark %q, caller %q, channel %q, %v", got.Get("mark"), got.Get("Caller-Caller-ID-Number"), got.Get("Unique-ID"), err)
		}
		if !h.reached("api system touch MARK") {
			t.Error("the switch did not get the program to run")
		}
		leaving, o := h.runScript(`
		session:setVariable("last", "x")
		session:transfer("elsewhere")
		session:execute("set", "late=${caller_id_number}")
		session:execute("unset", "last")
		session:execute("playback", "long.wav")
		r = session:getVariable("late") .. tostring(session:getVariable("last"))
	`)
		o.want(t, "r", "1000nil")
		waitForApp(t, h, leaving, "park")
		if got := leaving.Variable("late"); got != "1000" {
			t.Errorf("the call that was transferred has %q", got)
		}
		for what, times := range map[string]int{"variable=who\n": 1, "variable=one\n": 1, "application=push\n": 1, "application=playback\n": 0} {
			if got := strings.Count(h.log.dump(), what); got != times {
				t.Errorf("the log says %d times %q, want %d", got, what, times)
			}
		}
	})
}

// An event with the Unique-ID of a channel that is up would be queued to that channel.
func TestAnEventKeepsItsUniqueID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		events := h.events("CUSTOM", "eslua::id")
		_, o := h.runScript(`
		local function fire(id)
			local e = freeswitch.Event("CUSTOM", "eslua::id")
			e:addHeader("unique-id", id)
			assert(e:fire())
		end
		fire(freeswitch.API():execute("create_uuid"))
		fire(session:get_uuid())
		session:hangup()
		fire(session:get_uuid())
	`)
		for i, want := range []bool{true, false, true} {
			e, err := events.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if id := e.Get("Unique-ID"); (id != "") != want || i == 2 && id != o.uuid {
				t.Errorf("event %d has the Unique-ID %q", i, id)
			}
		}
	})
}

func TestScriptEndLetsTheDialplanGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `session:answer() r = session:getVariable("after")`)
		caller := h.call()
		o := h.end()
		o.want(t, "r", "nil")
		waitForApp(t, h, caller, "park")
		if caller.Variable("after") != "yes" {
			t.Error("the dialplan did not go on")
		}
	})
}

// waitForApp waits until the channel runs an application of its dialplan.
func waitForApp(t *testing.T, h *harness, c *switchsim.Call, app string) {
	t.Helper()
	if _, err := h.sw.WaitFor(t.Context(), func(e switchsim.Entry) bool {
		return e.UUID == c.UUID() && e.Kind == "execute" && (e.What == app || strings.HasPrefix(e.What, app+" "))
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAutoHangup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `session:answer() r = session:setAutoHangup(true)`)
		caller := h.call()
		o := h.end()
		o.want(t, "r", "0")
		<-caller.Done()
		if caller.Cause() != "NORMAL_CLEARING" {
			t.Errorf("hung up with %s", caller.Cause())
		}
	})
}

func TestTransferHappensAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		session:answer()
		session:setHangupHook("gone", "why")
		why = "because"
		function gone(s, what, arg) hooked = what .. "/" .. arg .. "/" .. s:get_uuid() return "ok" end
		r = session:transfer("elsewhere", "XML", "default")
		ready = session:ready()
		session:setVariable("mark", "set after the transfer")
		r2 = session:getVariable("arrived")
	`)
		caller := h.call()
		o := h.end()
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "1", "ready", "false", "r2", "nil", "hooked", "transfer/because/"+o.uuid)
		waitForApp(t, h, caller, "park")
		if caller.Variable("arrived") != "yes" || caller.Variable("mark") != "set after the transfer" || caller.Variable("after") == "yes" {
			t.Errorf("arrived %q, mark %q, after %q", caller.Variable("arrived"), caller.Variable("mark"), caller.Variable("after"))
		}
	})
}

// A call that an application has transferred is not hung up: it belongs to its
// new extension.
func TestAutoHangupSparesATransferredCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, transfer := range []string{`session:execute("transfer", "elsewhere XML default")`, `session:transfer("elsewhere", "XML", "default")`} {
			h := open(t, `session:answer() session:setAutoHangup(true) `+transfer+` ready = session:ready()`)
			caller := h.call()
			h.end().want(t, "ready", "false")
			waitForApp(t, h, caller, "park")
			if caller.Variable("arrived") != "yes" {
				t.Errorf("%s: arrived %q", transfer, caller.Variable("arrived"))
			}
			record, _ := h.sw.Record(caller.UUID())
			for _, e := range record.Entries {
				if e.Who == switchsim.WhoApp && strings.Contains(e.What, "uuid_kill") {
					t.Errorf("%s: the call was hung up: %s", transfer, e.What)
				}
			}
		}
	})
}

func TestHangupCauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for lua, want := range map[string]string{
			`session:hangup()`:            "NORMAL_CLEARING",
			`session:hangup("user_busy")`: "USER_BUSY",
			`session:hangup("17")`:        "USER_BUSY",
			`session:hangup("no such")`:   "NORMAL_CLEARING",
			`session:hangup(nil)`:         "NORMAL_CLEARING",
		} {
			h := open(t, lua+` r = session:hangupCause() ready = session:ready() r2 = session:answer() r3 = session:sleep(60000)`)
			caller := h.call()
			o := h.end()
			o.want(t, "r", "NONE", "ready", "false", "r2", "0", "r3", "1")
			<-caller.Done()
			if caller.Cause() != want {
				t.Errorf("%s: %s", lua, caller.Cause())
			}
		}
	})
}

func TestHangupHookRunsInTheNextMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		function gone(s, what) hooked = (hooked or 0) + 1 r = what end
		session:answer()
		session:setHangupHook("gone")
		r2 = session:streamFile("long.wav")
		session:ready()
		session:ready()
		finished = true
	`, switchsim.OnPlayback("long.wav").Hangup())
		o.want(t, "r", "hangup", "r2", "0", "hooked", "1", "finished", "true")
	})
}

func TestHangupHookEndsTheScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		function gone() return "EXIT" end
		session:setHangupHook("gone")
		session:hangup()
		finished = true
	`)
		h.call()
		o := h.end()
		if o.err == nil || !strings.Contains(o.err.Error(), "EXIT") {
			t.Errorf("the script ended with %v", o.err)
		}
		o.want(t, "finished", "nil")
	})
}

func TestHangupHookSetTooLateNeverRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		function gone() hooked = true end
		session:hangup()
		session:setHangupHook("gone")
		session:ready()
	`)
		o.want(t, "hooked", "nil")
	})
}

func TestDestroyedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := run(t, `
		session:destroy()
		r = session:answer() .. session:streamFile("x.wav") .. session:getDigits(1, "", 10) .. session:sleep(1)
		ready = session:ready()
		r2 = session:getState() .. session:get_uuid()
		r3 = session:getVariable("x")
		r4 = select(2, pcall(session.schedHangup, session, 10))
	`)
		o.want(t, "r", "-1-1-1", "ready", "false", "r2", "ERRORuninitialized", "r3", "")
		if !strings.Contains(o.text("r4"), "no channel") || !h.log.has("session is not initalized") {
			t.Errorf("r4 is %q", o.text("r4"))
		}
	})
}

func TestDestroyWithAText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `session:destroy("that is it")`)
		h.call()
		if o := h.end(); o.err == nil || !strings.Contains(o.err.Error(), "that is it") {
			t.Errorf("ended with %v", o.err)
		}
	})
}

func TestUnknownApplicationHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		h.grants = &grant.Grants{Apps: grant.Rule{Allow: []grant.Name{"nosuchapp"}}}
		_, o := h.runScript(`session:execute("nosuchapp", "x") ready = session:ready() finished = true`)
		o.want(t, "ready", "false", "finished", "true")
		if !h.log.has("nosuchapp") {
			t.Error("the log does not name the application")
		}
	})
}

func TestArguments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for lua, want := range map[string]string{
			`session:setVariable("x")`:              "Error in CoreSession::setVariable expected 3..3 args, got 2",
			`session:setVariable("x", true)`:        "Error in CoreSession::setVariable (arg 3), expected 'char *' got 'boolean'",
			`session:sleep("x")`:                    "Error in CoreSession::sleep (arg 2), expected 'int' got 'string'",
			`session:setAutoHangup(0)`:              "Error in CoreSession::setAutoHangup (arg 2), expected 'bool' got 'number'",
			`session:execute("playback\nx: y", "")`: "is not granted to this flow",
			`session:getVariable("a\nb: c")`:        "",
			`session:schedHangup(0)`:                "at least 1",
			`session:schedHangup(10, "BAD CAUSE")`:  "not a hangup cause",
			`session:onDtmf("name")`:                "function",
		} {
			_, o := run(t, `ok, r = pcall(function() `+lua+` end) r2 = ok`)
			if want == "" {
				o.want(t, "r2", "true") // a line feed travels as an escape
				continue
			}
			if o.text("r2") != "false" || !strings.Contains(o.text("r"), want) {
				t.Errorf("%s: %s, want %s", lua, o.text("r"), want)
			}
		}
	})
}

func TestNumbersAsText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `session:answer() r = session:sleep("10") r2 = session:playAndGetDigits("1", 1, "1", 3000, "#", "`+prompt+`", "", "")`,
			switchsim.OnPlayback(prompt).Press("5"))
		o.want(t, "r", "1", "r2", "5")
	})
}

func TestSchedHangupAndCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		session:answer()
		local other = session:schedHangup(7)
		local task = session:schedHangup(0.2, "no_answer")
		r = task:id() > 0 and task:id() ~= other:id()
		r2 = task:cancel()
		r3 = task:cancel()
		task = session:schedHangup(1, "no_answer")
		r4 = session:sleep(60000)
	`)
		caller := h.call()
		o := h.end()
		o.want(t, "r", "true", "r2", "true", "r3", "false", "r4", "0")
		<-caller.Done()
		if caller.Cause() != "NO_ANSWER" {
			t.Errorf("hung up with %s", caller.Cause())
		}
		if out := h.sw.API("show tasks"); strings.Contains(out, o.uuid) {
			t.Errorf("tasks of the channel are left:\n%s", out)
		}
	})
}

func TestState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		r = tostring(session:answered()) .. tostring(session:mediaReady()) .. tostring(session:bridged())
		r2 = session:preAnswer() .. tostring(session:answered()) .. tostring(session:mediaReady())
		r3 = session:answer() .. tostring(session:answered()) .. session:getState()
		r4 = session.uuid == session:get_uuid() and _G[session.uuid] == session and argv[0] .. argv[1]
	`)
		o.want(t, "r", "falsefalsefalse", "r2", "1falsetrue", "r3", "1trueCS_EXECUTE", "r4", "flowfirst")
	})
}

func TestSleepIsNotEndedByDigits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `session:answer() r = session:sleep(150) r2 = session:getDigits(1, "", 10000)`,
			switchsim.OnAnswer().After(30*time.Millisecond).Press("7"))
		o.want(t, "r", "1", "r2", "7")
	})
}

// A command of the script's own that hangs the call up has done so when it returns.
func TestUUIDKillIsKnownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		session:answer()
		freeswitch.API():execute("uuid_kill", session:get_uuid() .. " CALL_REJECTED")
		ready = session:ready()
		r = session:getVariable("hangup_cause")
	`)
		o.want(t, "ready", "false", "r", "CALL_REJECTED")
	})
}
