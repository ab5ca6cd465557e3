package bindings_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/host/switchsim"
)

// outlives makes a call whose dialplan calls again when an eslua dies, and cuts the
// connection when the script logs "now".
func outlives(t *testing.T, script string) (*harness, *switchsim.Call) {
	h := open(t, script)
	var caller *switchsim.Call
	placed := make(chan struct{})
	h.when("now", func() { <-placed; h.sw.Cut(caller.UUID()) })
	caller = h.sw.Call(switchsim.Caller{Number: "1000", Destination: "outlives"})
	close(placed)
	return h, caller
}

// second waits for both runs and returns the one that says it is the second.
func (h *harness) second() outcome {
	h.t.Helper()
	one, two := h.end(), h.end()
	for _, o := range []outcome{one, two} {
		if o.err != nil {
			h.t.Error(o.err)
		}
	}
	if one.text("finished") == "second" {
		one, two = two, one
	}
	if one.text("finished") == "second" || two.text("finished") != "second" {
		h.t.Fatal("no run, or both, took itself for the second")
	}
	return two
}

func TestTheNextRunGoesOnFromTheCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, caller := outlives(t, `
		local hostile = "it's ${hostname} \"$1\" \\n, a=b;c|d {x} 'y' \r\n\0\255 Grüße"
		local kept, from = session:resumed()
		if not kept then
			session:answer()
			session:checkpoint{ stage = "early" }
			session:checkpoint{
				stage = "asked", hostile = hostile, [hostile] = 1, list = { 1, "1", { deep = false } }, [1.5] = -1e300, ["1.5"] = 1/0,
				timeout = session:schedHangup(50, "no_answer"), over = session:schedHangup(60),
			}
			freeswitch.consoleLog("notice", "now")
			session:sleep(60000)
			session:checkpoint{ stage = "the dead write nothing" }
			return
		end
		finished = "second"
		r = kept.stage == "asked" and kept.hostile == hostile and kept[hostile] == 1 and #kept.list == 3 and kept.list[1] == 1 and kept.list[2] == "1"
			and kept.list[3].deep == false and kept[1.5] == -1e300 and kept["1.5"] == 1/0
		r2 = tostring(kept.timeout:id() ~= kept.over:id()) .. tostring(kept.timeout:cancel()) .. tostring(kept.timeout:cancel())
		r3 = from.flow .. from.generation .. from.version
		kept.stage = "mine"
		r4 = session:resumed().stage
	`)
		o := h.second()
		o.want(t, "r", "true", "r2", "truetruefalse", "r3", "flowg1v1", "r4", "asked")
		waitForApp(t, h, caller, "park")
		if tasks := h.sw.API("show tasks"); strings.Count(tasks, caller.UUID()) != 1 {
			t.Errorf("one of two hangups was cancelled:\n%s", tasks)
		}
		// The second run ended by itself, so the third socket let the call pass.
		if caller.Variable("after") != "yes" || len(h.done) > 0 {
			t.Errorf("after %q; %d more runs", caller.Variable("after"), len(h.done))
		}
	})
}

// A hangup that was scheduled after the last checkpoint is removed: the next run
// schedules it again, and can cancel it.
func TestWhatWasNotKeptIsTakenBack(t *testing.T) {
	for name, first := range map[string]string{
		"before any checkpoint": ``,
		"after a checkpoint":    `session:checkpoint{ timeout = session:schedHangup(40) }`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, caller := outlives(t, `
				if not session:getVariable("been_here") then
					session:setVariable("been_here", "yes")
					`+first+`
					session:schedHangup(50)
					session:schedHangup(51)
					freeswitch.consoleLog("notice", "now")
					session:sleep(60000)
					return
				end
				finished = "second"
				local kept = session:resumed()
				r = kept and kept.timeout:id() > 0
				r2 = freeswitch.API():executeString("show tasks")
				session:schedHangup(52)
			`)
				o := h.second()
				left := 0
				if first != "" {
					left = 1
					o.want(t, "r", "true")
				} else {
					o.want(t, "r", "nil")
				}
				if n := strings.Count(o.text("r2"), caller.UUID()); n != left {
					t.Errorf("%d tasks are left, want %d:\n%s", n, left, o.text("r2"))
				}
				waitForApp(t, h, caller, "park")
				if n := strings.Count(h.sw.API("show tasks"), caller.UUID()); n != left+1 {
					t.Errorf("%d tasks at the end, want %d", n, left+1)
				}
			})
		})
	}
}

// Without socket_resume no call comes back, and the same flow twice in an
// extension is intended.
func TestAFlowThatEndsStartsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		r = tostring(session:resumed())
		session:checkpoint{ a = 1 }
		session:schedHangup(50)
	`)
		caller := h.sw.Call(switchsim.Caller{Number: "1000", Destination: "twice"})
		for range 2 {
			h.end().want(t, "r", "nil")
		}
		waitForApp(t, h, caller, "park")
		if n := strings.Count(h.sw.API("show tasks"), caller.UUID()); n != 2 {
			t.Errorf("%d hangups are to come, want both", n)
		}
	})
}

// A transfer leaves the checkpoint behind: no run removes it.
func TestATransferLeavesTheCheckpointBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
		r = tostring(session:resumed())
		if not session:getVariable("been_here") then
			session:setVariable("been_here", "yes")
			session:checkpoint{ a = 1 }
			session:transfer("flow", "XML", "default")
		end
	`)
		h.call()
		for range 2 {
			h.end().want(t, "r", "nil")
		}
	})
}

func TestACheckpointTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := outlives(t, `
		if session:getVariable("been_here") then
			finished, r = "second", tostring(session:resumed())
			return
		end
		session:setVariable("been_here", "yes")
		session:checkpoint{ a = 1 }
		session:checkpoint()
		freeswitch.consoleLog("notice", "now")
		session:sleep(60000)
	`)
		h.second().want(t, "r", "nil")
	})
}

func TestACheckpointThatCannotBeUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const place = "1.MQ.Zmxvdy9maXJzdA.Zmxvdw.ZzE.djE.running." // profile 1, flow/first, flow
		for value, want := range map[string]string{
			"hello":                          "its format is",
			"2.MQ.Zmxvdw":                    "its format is",
			"1.MQ.Zmxvdw":                    "damaged",
			"1.!.Zmxvdw.Zmxvdw.a.b.running.": "damaged in word 2",
			place + "bm90aGluZw":             "its table is damaged", // nothing
			place + "e3Mx":                   "its table is damaged", // {s1
			place + "e3MxOmFuMTt9eA":         "its table is damaged", // {s1:an1;}x
			place + "e25OYU47dH0":            "its table is damaged", // {nNaN;t}
			place + "czE6YQ":                 "its table is damaged", // s1:a
		} {
			h := open(t, `r = tostring(session:resumed()) session:checkpoint{ a = 1 } r2 = session:answer()`)
			h.sw.Call(switchsim.Caller{Number: "1000", Destination: "flow", Variables: map[string]string{"eslua_checkpoint": value}})
			o := h.end()
			o.want(t, "r", "nil", "r2", "1")
			if o.err != nil || !h.log.has("cannot be used") || !h.log.has(want) {
				t.Errorf("%s: %v; the log does not say %q:\n%s", value, o.err, want, h.log.dump())
			}
		}
		h := open(t, `r = session:resumed().a`)
		h.sw.Call(switchsim.Caller{Number: "1000", Destination: "flow", Variables: map[string]string{"eslua_checkpoint": place + "e3MxOmFuMTt9"}})
		h.end().want(t, "r", "1") // else the cases above prove nothing
	})
}

func TestWhatCannotBeKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		r = ""
		local function try(what) local ok, err = pcall(session.checkpoint, session, what) r = r .. tostring(ok) .. " " .. tostring(err) .. "\n" end
		local loop = {} loop.again = loop
		try{ person = { call = function() end } }
		try{ { session } }
		try{ [true] = 1 }
		try{ list = { [{}] = 1 } }
		try(loop)
		try{ list = { ("x"):rep(5000) } }
		try{ ("x"):rep(3200) }
		local many = {} for i = 1, 100000 do many[i] = i end
		try(many)
		try("text")
		try{ ("x"):rep(2800) }
	`)
		got := strings.Split(o.text("r"), "\n")
		for i, want := range []string{
			"person.call is a function; a checkpoint can store", "1.1 is a userdata", "a key of the table is a boolean", "a key of list is a table",
			"does a table contain itself?", "list.1 takes more than the 4096 bytes", "at most 4096 can be saved", "the table takes more than", "table", "true nil",
		} {
			if !strings.Contains(got[i], want) || strings.HasPrefix(got[i], "true") != (want == "true nil") {
				t.Errorf("%d: %s, want %s", i, got[i], want)
			}
		}
	})
}
