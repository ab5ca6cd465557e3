package bindings_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/switchsim"
)

// withNodes connects the harness's switch as the node fs1, with the tag edge, and two more:
// fs2 and fs3, with the tag media. It returns the switch of fs2.
func (h *harness) withNodes() *switchsim.Switch {
	second := h.otherSwitch("fs2")
	h.links = []*node.Link{
		h.connect(node.Node{Name: "fs1", Address: h.sw.Addr(), Tags: []string{"edge"}, Weight: 1}),
		h.connect(node.Node{Name: "fs2", Address: second.Addr(), Tags: []string{"media", "spare"}, Weight: 1}),
		h.connect(node.Node{Name: "fs3", Address: h.otherSwitch("fs3").Addr(), Tags: []string{"media"}}),
	}
	h.use()
	return second
}

func (h *harness) otherSwitch(name string) *switchsim.Switch {
	sw := switchsim.New(switchsim.Config{
		Listener: h.network.Listen(), Dial: h.network.Dial, Heartbeat: 20 * time.Second,
		Globals: map[string]string{"which": name}, Endpoints: []switchsim.Endpoint{bob}, Log: slog.New(slog.DiscardHandler),
	})
	if err := sw.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { sw.Close() })
	return sw
}

func (h *harness) connect(n node.Node) *node.Link {
	n.Password = "ClueCon"
	link := node.New(n, slog.New(h.log), clock.System(), node.Options{Dial: h.network.Dial, Rand: func() float64 { return 0.6 }})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = link.Run(ctx) }()
	h.t.Cleanup(func() { cancel(); <-done })
	if err := link.AwaitFirst(h.ctx); err != nil {
		h.t.Fatal(err)
	}
	return link
}

func granting(nodes ...string) *grant.Grants {
	g := grant.Default()
	g.Nodes = nodes
	return &g
}

const which = `
	function at(n) return n:execute("global_getvar", "which") end
	function names(list) local all = {} for _, n in ipairs(list) do all[#all+1] = n.name end return table.concat(all, " ") end
`

// TestNodesOfACall: a call's script has the node that its call is on, and those that it is
// granted.
func TestNodesOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, which+`
			r = at(api) .. "," .. at(api.node()) .. "," .. at(api.node("fs1")) .. "," .. at(api.node("fs2")) .. "," .. api:executeString("global_getvar domain")
			local own = api.nodes{tag = "edge"}[1]
			r2 = names(api.nodes()) .. "," .. names(api.nodes{tag = "media"}) .. "," .. names(api.nodes{tag = "none"}) .. tostring(own.own) .. tostring(own.up) .. tostring(own.draining) .. tostring(own.ready) .. own.weight .. own.tags[1]
			r3 = select(2, pcall(api.node, "fs3")) .. "|" .. select(2, pcall(api.node, "fs9")) .. "|" .. select(2, pcall(api.node, {tag = "none"})) .. "|" .. select(2, pcall(api.nodes, {tags = "media"}))
			r4 = at(api.node{tag = "media"})
			local before = api
			api = nil
			api = api or freeswitch.API()
			finished = at(api) .. type(before)
		`)
		h.withNodes()
		h.grants = granting("fs2")
		h.call()
		o := h.end()
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", ",,,fs2,example.org", "r2", "fs1 fs2,fs2,truetruefalsetrue1edge",
			"r3", `test.lua:8: api.node: the node "fs3" is not granted to this flow; to grant it, write grants: {nodes: [fs2, fs3]} in the configuration|test.lua:8: api.node: there is no node "fs9"; the configuration has (nodes:): fs1, fs2, fs3|`+
				`test.lua:8: api.node: no node has this tag; tags stand in the configuration (nodes: tags:)|test.lua:8: api.nodes: write {tag = "media"}: nodes are chosen by a tag, or named by a text`,
			"r4", "fs2", "finished", "table")
	})
}

// TestNodesOfAJob: a script without a call has a node that is chosen for it and keeps it;
// what it dials is spread.
func TestNodesOfAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, "")
		h.withNodes()
		nodes := node.Nodes(h.links)
		const dial = which + `
			local function try(where) local d = originate{to = "user/1001", on_answer = {"park"}, node = where} return d.outcome .. " " .. tostring(d.node) .. " " .. tostring(d.error) end
			r = at(api)
			r2 = try()
			ready, r3 = pcall(try, "fs1")
			r4 = at(api.node("fs2"))
		`
		o := h.execute(dial, nodes.Any(false), "")
		o.want(t, "r", "fs2", "r2", "answered fs2 nil", "r3", `job.lua:5: originate: the node "fs1" is not granted to this flow; to grant it, write grants: {nodes: [fs1]} in the configuration`, "r4", "fs2")

		drains := node.NewDrains(nodes, "", slog.New(h.log), clock.System())
		if err := drains.Drain(h.ctx, "fs2", false); err != nil {
			t.Fatal(err)
		}
		h.grants = granting("*")
		h.execute(which+`
			r = at(api) .. "."
			local d = originate{to = "error/USER_BUSY", on_answer = {"park"}}
			r2 = d.outcome .. " " .. d.node
			d = originate{to = "user/1001", on_answer = {"park"}, node = "fs2"}
			r3 = d.outcome .. " " .. d.error
			d = originate{to = "user/1001", on_answer = {"park"}, node = {tag = "media"}}
			r4 = d.outcome .. " " .. d.node
			local n = api.nodes{tag = "spare"}[1]
			finished = tostring(n.draining) .. tostring(n.ready) .. n.reason
		`, nodes.Any(false), "").want(t, "r", ".", "r2", "busy fs1", "r3", "failed node fs2 is being drained (eslua node resume fs2 ends that)", "r4", "answered fs3",
			"finished", "truefalsenode fs2 is being drained (eslua node resume fs2 ends that)")
	})
}

// TestACommandElsewhereEndsWithTheCall: the other node answers late.
func TestACommandElsewhereEndsWithTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `ready = pcall(function() r = api.node("fs2"):execute("msleep", "600000") end)`)
		h.withNodes()
		h.grants = granting("fs2")
		h.grants.API.Allow = append(h.grants.API.Allow, "msleep")
		begun := time.Now()
		h.call(switchsim.After(5 * time.Second).Hangup())
		o := h.end()
		if took := time.Since(begun); took < 5*time.Second || took > 10*time.Second {
			t.Errorf("it took %v: %v", took, o.globals)
		}
	})
}

// TestASlowSwitchIsAskedLess: of forty calls that ask at once, few do so at a time when
// FreeSWITCH answers slowly; a hangup ends the wait, and kills wait for nobody.
func TestASlowSwitchIsAskedLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, `
			if session:getVariable("caller_id_number") == "killer" then
				r = api:execute("uuid_kill", session:get_uuid())
				return
			end
			r = api:execute("global_getvar", "which") r2 = api:execute("global_getvar", "which")
		`)
		h.gates = node.NewGates(20, 30, clock.System())
		var mu sync.Mutex
		now, peak, asked := 0, 0, 0
		h.reply = func(line string) (string, bool) {
			if line != "global_getvar which" {
				return "", false
			}
			mu.Lock()
			now, asked = now+1, asked+1
			peak = max(peak, now)
			mu.Unlock()
			time.Sleep(2 * time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return "slow", true
		}
		core := h.sw.API("global_getvar core_uuid")
		begun := time.Now()
		for i := range 55 { // nine tenths of 20 ask, of 30 wait, 10 are refused
			steps := []switchsim.Step{}
			if i == 40 {
				steps = append(steps, switchsim.After(time.Second).Hangup())
			}
			h.call(steps...)
			synctest.Wait()
		}
		if s := h.gates.Of(core).Status(); s.Running != 18 || s.Waiting != 27 || s.Refused < 10 {
			t.Errorf("%+v", s)
		}
		killer := h.sw.Call(switchsim.Caller{Number: "killer", Destination: "flow"})
		<-killer.Done()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the kill took %v", took)
		}
		for range 56 {
			h.end()
		}
		if s := h.gates.Of(core).Status(); s.Running != 0 || s.Waiting != 0 || s.Limit > 2 {
			t.Errorf("%+v", s)
		}
		if peak != 18 || asked < 72 {
			t.Errorf("%d at a time, %d in all", peak, asked)
		}
	})
}
