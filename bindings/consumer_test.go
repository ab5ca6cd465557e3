package bindings_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/switchsim"
)

// consume runs a script for a call of a switch whose events can be had.
func consume(t *testing.T, script string, steps ...switchsim.Step) (*harness, outcome) {
	t.Helper()
	h := open(t, script).withNode()
	h.call(steps...)
	o := h.end()
	if o.err != nil {
		t.Fatalf("the script failed: %v", o.err)
	}
	return h, o
}

const fire = `
	local function fire(subclass, n) local e = freeswitch.Event("CUSTOM", subclass) e:addHeader("n", n) e:addBody("body " .. n) return e:fire() end
	local function pop(c, ...) local e = c:pop(...) return e and e:getHeader("n") or "none" end
`

func TestEventConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := consume(t, fire+`
			local c = freeswitch.EventConsumer("CUSTOM", "a::b")
			r = pop(c) .. pop(c, 0) .. pop(c, "0", 5000)
			fire("a::b", 1) fire("a::c", 2) fire("a::b", 3)
			local e = c:pop(1)
			r2 = e:getHeader("n") .. e:getBody() .. e:getType() .. e:getHeader("Event-Subclass") .. pop(c, 1, 1000)
			r3 = c:bind("CUSTOM", "a::c") .. c:bind("NO_SUCH") .. c:bind("SWITCH_EVENT_HEARTBEAT")
			fire("a::c", 4)
			r3 = r3 .. pop(c, 1) .. pop(c, 1, 20)
			c:cleanup() c:cleanup()
			r4 = pop(c) .. pop(c, 1) .. c:bind("CUSTOM", "a::b")
		`)
		o.want(t, "r", "nonenonenone", "r2", "1body 1CUSTOMa::b3", "r3", "1014none", "r4", "nonenone0")
	})
}

// TRAP of the reference: the arguments of pop are numbers.
func TestPopTakesNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := consume(t, `local c = freeswitch.EventConsumer() ready, r = pcall(c.pop, c, true)`)
		o.want(t, "ready", "false", "r", "Error in EventConsumer::pop (arg 2), expected 'int' got 'boolean'; write eventconsumer:pop([block], [timeout])")
	})
}

func TestAPoppedEventCanBeFiredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := consume(t, fire+`
			local c = freeswitch.EventConsumer("CUSTOM", "a::b")
			fire("a::b", 1)
			local e = c:pop(1)
			e:addHeader("again", "yes")
			r = tostring(e:fire())
			r2 = c:pop(1):getHeader("again")
		`)
		o.want(t, "r", "true", "r2", "yes")
	})
}

// Consumers share what they ask FreeSWITCH for, the last takes it back, and each has only
// the events that it wants.
func TestConsumersAndFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := consume(t, fire+`
			local a, b, c = freeswitch.EventConsumer("CUSTOM", "a::b"), freeswitch.EventConsumer("CUSTOM", "a::b"), freeswitch.EventConsumer()
			b:filter("N", "2") c:filter("Unique-ID", session:get_uuid()) c:bind("CHANNEL_EXECUTE")
			fire("a::b", 1) fire("a::b", 2)
			r = pop(a, 1) .. pop(a, 1) .. pop(b, 1) .. pop(b)
			a:cleanup()
			fire("a::b", 2)
			r2 = pop(b, 1)
			session:execute("set", "x=1")
			local e = c:pop(1)
			r3 = e:getHeader("Application") .. tostring(e:getHeader("Unique-ID") == session.uuid)
			r4 = select(2, pcall(c.filter, c, "", "x"))
		`)
		o.want(t, "r", "122none", "r2", "2", "r3", "settrue", "r4", `test.lua:15: a filter needs the name of a header: write consumer:filter("Unique-ID", session:get_uuid())`)
	})
}

// A full queue drops what comes, and says so.
func TestAFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := consume(t, fire+`
			local c, all = freeswitch.EventConsumer("CUSTOM", "a::b", 2), freeswitch.EventConsumer("CUSTOM", "a::b")
			for i = 1, 5 do fire("a::b", i) end
			for i = 1, 5 do all:pop(1) end
			r = pop(c) .. pop(c) .. pop(c) .. c.lost .. all.lost
			c:cleanup()
			r2 = c.lost
		`)
		o.want(t, "r", "12none30", "r2", "3")
	})
}

// A wait ends with the call, and after the hangup only a time that the script gives is
// waited for.
func TestAWaitForEventsEndsWithTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, o := consume(t, `
			session:answer()
			local c = freeswitch.EventConsumer("CUSTOM", "a::b")
			r = tostring(c:pop(1)) .. tostring(session:ready()) .. tostring(c:pop(1))
			c:bind("CHANNEL_HANGUP_COMPLETE")
			c:pop(1, 10000)
			r2 = "ended"
		`, switchsim.OnAnswer().After(30*time.Second).Hangup())
		o.want(t, "r", "nilfalsenil", "r2", "ended")
		if took := time.Since(begin); took < 30*time.Second || took > 50*time.Second {
			t.Error("it took", took)
		}
	})
}

// What waits in the queue counts as the script's memory, and what a wait lasts does not
// count as its processor time.
func TestTheQueueIsTheScriptsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, fire+`
			local c, last = freeswitch.EventConsumer("CUSTOM", "a::b"), freeswitch.EventConsumer("CUSTOM", "a::c")
			c:pop(1, 30000)
			for i = 1, 60 do fire("a::b", ("x"):rep(25000)) end
			fire("a::c", "end") last:pop(1)
			c, last = nil, nil
		`).withNode()
		h.limits = guard.Limits{CPU: time.Minute}
		size := int64(0)
		h.ended = func(st *vm.State) { size = st.Census() }
		h.call()
		if o := h.end(); o.err != nil || size < 2_000_000 || size > 6_000_000 {
			t.Error(size, o.err)
		}
	})
}

func TestWhatAConsumerMayHear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
			local function try(...) local ok, err = pcall(freeswitch.EventConsumer, ...) return ok and "ok" or err:match("allow: %[(.-)%]") end
			r = try("DTMF") .. try("all") .. try("CUSTOM") .. try("CUSTOM", "sofia::register") .. try("CHANNEL_ANSWER")
			local list = {}
			for i = 1, 20 do list[i] = select(2, pcall(freeswitch.EventConsumer)) end
			r2 = list[20]
		`).withNode()
		h.call()
		o := h.end()
		o.want(t, "r", "hear dtmfhear allhear customokok", "r2", "test.lua:5: a script may have 16 consumers of events at a time: call cleanup() on one that it no longer needs")
		h.grants = &grant.Grants{Apps: grant.Rule{Allow: []grant.Name{"hear dtmf"}}}
		_, o = h.runScript(`session:answer() local c = freeswitch.EventConsumer("DTMF") freeswitch.API():execute("uuid_recv_dtmf", session.uuid .. " 5") r = c:pop(1):getHeader("DTMF-Digit")`)
		o.want(t, "r", "5")
	})
}

// A script without a call gets the events of its node.
func TestAConsumerWithoutACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		o := h.execute(fire+`local c = freeswitch.EventConsumer("CUSTOM", "a::b") fire("a::b", 7) r = pop(c, 1) .. pop(c, 1, 60000)`, h.node(), "")
		o.want(t, "r", "7none")
	})
}

// Without a control connection to the call's FreeSWITCH there are no events.
func TestAConsumerNeedsANode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `ready, r = pcall(freeswitch.EventConsumer, "CHANNEL_ANSWER")`)
		if !strings.Contains(o.text("r"), "nodes: [{address: HOST:8021, password: PASSWORD}]") {
			t.Error(o.text("r"))
		}
	})
}

// What says which events a consumer gets is the script's memory.
func TestFiltersOfConsumersAreMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
			local names = {}
			for i = 1, 16 do
				local c = freeswitch.EventConsumer("CUSTOM", "a::0")
				for k = 1, 64 do c:filter("h", "v" .. k) end
				for k = 1, 94 do c:bind("CUSTOM", "a::" .. k) end
			end`).withNode()
		h.call()
		if o := h.end(); o.err == nil || !strings.Contains(o.err.Error(), "memory limit") {
			t.Errorf("it ended with %v", o.err)
		}
	})
}
