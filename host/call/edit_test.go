package call_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// TestCallKeepsItsGeneration edits flow and module while a call is between them: a
// module required late belongs to the call's own generation, also when that is an
// older one, and whatever the admin decides meanwhile.
func TestCallKeepsItsGeneration(t *testing.T) {
	const ( // their hashes are 2 and 66
		share = "5ac3c5e2-0000-11f0-9d0a-000000000004"
		rest  = "5ac3c5e2-0000-11f0-9d0a-000000000001"
	)
	versions := []string{"USER_BUSY", "CALL_REJECTED", "NO_USER_RESPONSE"}
	for name, c := range map[string]struct {
		config        string
		before, while func(h *host)
		uuid          string
		want, next    string // hangup causes, which are the versions
	}{
		"edited":  {want: versions[0], next: versions[2]},
		"removed": {want: versions[0], next: "NO_ANSWER", while: func(h *host) { h.put("a.lua", "error('no more')") }},
		"pinned": {want: versions[0], next: versions[0], before: func(h *host) {
			_, _, err := h.rollout.Pin("a", h.tree.Current().Name())
			must(h, err)
			h.version(versions[1])
		}},
		"pinned, and unpinned meanwhile": {want: versions[0], next: versions[2], before: func(h *host) {
			_, _, err := h.rollout.Pin("a", h.tree.Current().Name())
			must(h, err)
			h.version(versions[1])
		}, while: func(h *host) {
			_, _, err := h.rollout.Unpin("a")
			must(h, err)
		}},
		"rolled back": {want: versions[0], next: versions[2], before: func(h *host) {
			h.version(versions[1])
			_, _, err := h.rollout.Rollback("a", "")
			must(h, err)
		}},
		"rolled back meanwhile": {want: versions[1], next: versions[1], before: func(h *host) {
			h.version(versions[1])
		}, while: func(h *host) {
			_, _, err := h.rollout.Rollback("a", "") // to before the edit
			must(h, err)
		}},
		"on trial": {config: "flows: {a: {canary: 50%}}", uuid: share, want: versions[1], next: versions[2],
			before: func(h *host) { h.version(versions[1]) }},
		"beside what is on trial": {config: "flows: {a: {canary: 50%}}", uuid: rest, want: versions[0], next: versions[0],
			before: func(h *host) { h.version(versions[1]) }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, nil, c.config)
			h.version(versions[0])
			if h.rollout.Stable("a") != h.tree.Current() {
				h.Fatal("the first version does not serve")
			}
			if c.before != nil {
				c.before(h)
			}
			edited := false
			h.traced = func(_ *outbound.Call, tr vm.Trace) {
				if tr.Name != "Session:answer" || edited {
					return
				}
				edited = true
				h.version(versions[2])
				if c.while != nil {
					c.while(h)
					h.reload()
				}
			}
			if got := h.call("a", c.uuid); got != c.want || !edited {
				t.Errorf("the call ended with %s, want %s; edited: %v; log:\n%s", got, c.want, edited, h.log)
			}
			if got := h.call("a", c.uuid); got != c.next {
				t.Errorf("the next call ended with %s, want %s; log:\n%s", got, c.next, h.log)
			}
		})
	}
}

// version saves a new version of flow and module: a call that mixes two of them fails.
func (h *host) version(cause string) {
	h.Helper()
	h.put("a.lua", fmt.Sprintf(`
session:answer()
local late = require "lib.late"
if late ~= %q then error("two generations in one call") end
session:hangup(late)`, cause))
	h.put("lib/late.lua", fmt.Sprintf("return %q", cause))
	h.reload()
}

// TestCanaryOfCalls: a version whose calls fail is rolled back.
func TestCanaryOfCalls(t *testing.T) {
	h := newHost(t, map[string]string{"a.lua": "session:hangup('USER_BUSY')"}, "flows: {a: {canary: 50%}}")
	h.put("a.lua", "error('x')")
	h.reload()
	for i := 0; len(h.rollout.Status().Overrides) == 0; i++ {
		if i == 50 {
			t.Fatalf("never rolled back: %+v", h.rollout.Status())
		}
		h.call("a", fmt.Sprintf("5ac3c5e2-0000-11f0-9d0a-%012d", i))
	}
	if why := h.rollout.Status().Overrides[0].Why; !strings.Contains(why, "failed in 3 of 3 calls") {
		t.Error(why)
	}
}

// TestAccount: an admin sees the calls that run, and counts of those that have run.
func TestAccount(t *testing.T) {
	h := newHost(t, map[string]string{"a.lua": "session:answer()\nif argv[1] then error('x\\27[2J' .. argv[1]) end"}, "")
	const uuid = "5ac3c5e2-0000-11f0-9d0a-000000000001"
	g := h.tree.Current()
	h.traced = func(*outbound.Call, vm.Trace) {
		running := h.account.Running()
		if len(running) != 1 || running[0].Since.IsZero() {
			t.Fatalf("running %+v", running)
		}
		want := run.Running{UUID: uuid, Flow: "a", Generation: g.Name(), Version: g.Version("a"), Since: running[0].Since}
		if running[0] != want || want.Version == "" {
			t.Errorf("running %+v, want %+v", running[0], want)
		}
		if n := h.account.Counts(); len(n) == 0 || n[len(n)-1].Started != n[len(n)-1].Ended+1 {
			t.Errorf("counted %+v while one runs", n)
		}
	}
	h.call("a", uuid)
	h.call("a/fail", uuid)
	h.traced = nil
	h.call("missing", "")
	h.put("a.lua", "")
	h.reload()
	h.call("a", "")
	counts := h.account.Counts()
	var last []string
	for i := range counts {
		if counts[i].Last == nil || counts[i].Last.At.IsZero() {
			t.Fatalf("no failure is kept of %+v", counts[i])
		}
		last, counts[i].Last = append(last, counts[i].Last.Error), nil
		counts[i].CPU = 0 // which differs
	}
	if !strings.HasPrefix(last[0], `"missing" is not among the scripts`) || last[1] != "a.lua:2: x [2Jfail" { // nothing for the terminal
		t.Errorf("the last failures are %q", last)
	}
	got := fmt.Sprintf("%+v %+v", counts, h.account.Running())
	now := h.tree.Current()
	want := fmt.Sprintf("%+v []", []run.Counts{
		{Flow: "", Tally: run.Tally{Started: 1, Ended: 1, Failed: 1}, Versions: []run.VersionCounts{
			{Generation: g.Name(), Tally: run.Tally{Started: 1, Ended: 1, Failed: 1}}}},
		{Flow: "a", Tally: run.Tally{Started: 3, Ended: 3, Failed: 1}, Versions: []run.VersionCounts{
			{Version: now.Version("a"), Generation: now.Name(), Tally: run.Tally{Started: 1, Ended: 1}},
			{Version: g.Version("a"), Generation: g.Name(), Tally: run.Tally{Started: 2, Ended: 2, Failed: 1}}}},
	})
	if got != want {
		t.Errorf("counted\n%s, want\n%s", got, want)
	}
}

// TestAScriptOfARefusedSave: a call names a script that cannot serve, because what was
// saved with it has errors.
func TestAScriptOfARefusedSave(t *testing.T) {
	h := newHost(t, map[string]string{"a.lua": ""}, "")
	h.put("new.lua", "session:answer(")
	_ = h.tree.Reload(context.Background())
	h.call("new", "")
	const want = "the flows are a; what was saved last does not serve: new.lua:1: syntax error"
	if last := h.account.Counts()[0].Last.Error; !strings.Contains(last, want) {
		t.Errorf("%q, want %q", last, want)
	}
	h.put("new.lua", "session:answer()")
	h.reload()
	h.call("other", "")
	if last := h.account.Counts()[0].Last.Error; strings.Contains(last, "saved last") {
		t.Errorf("%q, although everything serves", last)
	}
}

// TestVersionsAreForgotten: only the last few versions are listed; the flow's counts
// include all.
func TestVersionsAreForgotten(t *testing.T) {
	h := newHost(t, map[string]string{"a.lua": ""}, "")
	for i := range 20 {
		h.put("a.lua", fmt.Sprint("return ", i))
		h.reload()
		h.call("a", "")
	}
	n := h.account.Counts()
	if len(n) != 1 || n[0].Ended != 20 || len(n[0].Versions) != 8 || n[0].Versions[0].Version != h.tree.Current().Version("a") {
		t.Errorf("counted %+v", n)
	}
}

// TestConfigure: a call that runs keeps the configuration with which it began.
func TestConfigure(t *testing.T) {
	h := newHost(t, map[string]string{
		"a.lua": "session:answer()\nif settings.x ~= 1 then session:hangup('CALL_REJECTED') end\nerror('x')",
		"b.lua": "session:hangup('NO_USER_RESPONSE')",
	}, "default_flow: a\nfallback: hangup USER_BUSY\nflows: {a: {settings: {x: 1}}}")
	h.traced = func(_ *outbound.Call, tr vm.Trace) {
		if tr.Name == "Session:answer" {
			h.source.Configure(parse(t, "default_flow: b"))
		}
	}
	if got := h.call("", ""); got != "USER_BUSY" {
		t.Errorf("the running call ended with %s; log:\n%s", got, h.log)
	}
	if got := h.call("", ""); got != "NO_USER_RESPONSE" {
		t.Errorf("the next call ended with %s; log:\n%s", got, h.log)
	}
}

// TestStoppedWithTheHost: a script that is stopped with the host has not failed.
func TestStoppedWithTheHost(t *testing.T) {
	h := newHost(t, map[string]string{"a.lua": "session:answer()\nsession:sleep(60000)"}, "")
	h.serve = func(ctx context.Context, c *outbound.Call) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		h.traced = func(*outbound.Call, vm.Trace) { stop() }
		h.source.Serve(ctx, c)
	}
	h.call("a", "")
	if n := h.account.Counts(); len(n) != 1 || n[0].Ended != 1 || n[0].Failed != 0 {
		t.Errorf("counted %+v; log:\n%s", n, h.log)
	}
}

// TestSecondSocket: a dialplan's further socket passes a call whose flow has ended
// at the first one. It starts no run, and is no good call of the version either: else a
// canary that fails on every call would fail on one of four at most, as eslua dialplan
// writes four sockets.
func TestSecondSocket(t *testing.T) {
	h := newHost(t, map[string]string{"a.lua": ""}, "")
	h.sockets = 2
	if got := h.call("a", ""); got != "NO_ANSWER" {
		t.Errorf("the call ended with %s; log:\n%s", got, h.log)
	}
	if n := h.account.Counts(); len(n) != 1 || n[0].Started != 1 || n[0].Failed != 0 {
		t.Errorf("counted %+v", n)
	}
	if !slices.Equal(h.failed, []bool{false}) {
		t.Errorf("the rollout was told failed: %v", h.failed)
	}
}
