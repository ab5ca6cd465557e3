package bindings_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/operate/config"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/switchsim"
)

// newStore returns a store of the test's own.
func newStore(t *testing.T) *durable.Store {
	t.Helper()
	store := durable.New(config.Default().NATS, t.TempDir(), durable.Network{}, slog.New(slog.DiscardHandler), clock.System())
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return store
}

// newBuckets returns buckets of flows, and two that they share.
func newBuckets(store *durable.Store) *kv.Buckets {
	return kv.New(config.Default().KV, map[string]config.Bucket{"agents": {Size: 1 << 20, Keys: 5, Value: 100}, "other": config.Default().KV}, kv.Deps{
		Store: store, NewID: uuid.NewString, Rand: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler), Clock: clock.System(),
	})
}

// withBuckets lets the scripts keep values: in buckets of their flows, and in agents, which
// they are granted.
func (h *harness) withBuckets() *kv.Buckets {
	h.t.Helper()
	h.buckets = newBuckets(newStore(h.t))
	h.grant(func(g *grant.Grants) { g.Buckets = []string{"agents", "gone"} })
	return h.buckets
}

func TestKV(t *testing.T) {
	h := open(t, "")
	h.withBuckets()
	const show = `local function show(...)
		local all = {}
		for i = 1, select("#", ...) do all[i] = tostring((select(i, ...))) end
		return table.concat(all, " ")
	end `
	for _, test := range []struct{ script, want string }{
		{`r = show(kv.get("a"))`, `nil`},
		{`kv.put("a", "text") local v, n = kv.get("a") r = show(type(v), v, type(n))`, `string text number`},
		{`kv.put("a", "42") r = type(kv.get("a"))`, `string`},
		{`kv.put("a", 0.1) r = show(kv.get("a") == 0.1, type(kv.get("a")))`, `true number`},
		{`kv.put("a", 2^53 - 1) r = show(kv.get("a") == 2^53 - 1)`, `true`},
		{`kv.put("a", false) r = show(type((kv.get("a"))), (kv.get("a")))`, `boolean false`},
		{`kv.put("a", "\0\255") r = #kv.get("a")`, `2`},
		{`kv.put("a", {state = "ready", skills = {1, 2}}) local v = kv.get("a") r = v.state .. #v.skills`, `ready2`},
		{`r = show(kv.create("a", 1))`, `nil changed`},
		{`local _, n = kv.get("a") local m = kv.cas("a", 7, n) r = show(m > n, kv.cas("a", 8, n))`, `true nil changed`},
		{`r = show(kv.cas("new", 1, 0))`, `nil changed`},
		{`local _, n = kv.get("a") r = show(kv.delete("a", n + 1)) .. " " .. show(kv.delete("a", n)) .. " " .. show(kv.get("a"))`, `nil changed true nil`},
		{`r = show(kv.create("a", 1) ~= nil, kv.increment("a"), kv.increment("a", -5), kv.get("a"))`, `true 2 -3 -3`},
		{`kv.put("a", "x") r = show(kv.increment("a"))`, `no whole number`},
		{`r = show(pcall(kv.increment, "n", 0.5))`, `whole numbers up to 2^53, not 0.5`},
		{`r = show(pcall(kv.increment, "n", 1/0))`, `whole numbers`},
		{`r = show(pcall(kv.increment, "n", 0/0))`, `whole numbers`},
		{`for _, k in ipairs{"k.1", "k.2", "k 3", "k.*"} do kv.put(k, 1) end r = table.concat(kv.keys("k."), " ")`, `k.1 k.2 k.*`},
		{`local n = 0 for k, v, rev in kv.each("k") do n = n + v kv.put(k, v + rev * 0) end r = n`, `4`},
		{`for k in kv.each() do kv.delete(k) end r = #kv.keys()`, `0`},
		{`r = show(pcall(kv.put, "", 1))`, `a key is empty`},
		{`r = show(pcall(kv.put, ("x"):rep(257), 1))`, `too long`},
		{`r = show(pcall(kv.put, "a", nil))`, `delete the key`},
		{`r = show(pcall(kv.put, "a", print))`, `function`},
		{`r = show(pcall(kv.put, "a", ("x"):rep(2^16 + 1)))`, `is too long for the bucket`},
		{`r = show(pcall(kv.put, "a", 1, {til = 5}))`, `write {ttl = SECONDS}`},
		{`r = show(pcall(kv.put, "a", 1, {ttl = -1}))`, `write a number of seconds`},
		{`kv.put("a", 1, {ttl = 0.001}) kv.put("b", 1, {ttl = 100}) r = show(kv.get("b"))`, `1 `},
		{`local w = kv.watch("w.") kv.put("v", 1) kv.put("w.1", {n = 1}) kv.delete("w.1") local k, v = w:next(0) r = show(k, v, w:next(0))`, `w.1 nil nil timeout`},
		{`local w = kv.watch() w:close() w:close() r = show(pcall(w.next, w, 1))`, `the watch is closed`},
		{`for i = 1, 8 do kv.watch() end r = show(pcall(kv.watch))`, `8 watches`},
		{`local b = kv.bucket("agents") b:put("1000", "ready") r = show(b:get("1000")) .. show(kv.get("1000"))`, `ready `},
		{`local b = kv.bucket("agents") for i = 1, 6 do r, r2 = b:put(i, i) end r = r2`, `it may have 5 keys`},
		{`r = show(pcall(kv.bucket, "other"))`, `the bucket "other" is not granted to this flow; to grant it, write grants: {buckets: [agents, gone, other]}`},
		{`r = show(pcall(kv.bucket, "gone"))`, `the configuration has no bucket "gone"; write buckets: {gone: {}} there`},
	} {
		if o := h.execute(show+test.script, host.NoSwitch{}, ""); o.err != nil || !strings.Contains(o.text("r"), test.want) {
			t.Errorf("%s\ngot  %v %s\nwant %s", test.script, o.err, o.text("r"), test.want)
		}
	}
	b, err := h.buckets.Own("another")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := b.Get(t.Context(), "b"); ok || err != nil {
		t.Error("another flow sees the keys of this one", err)
	}
}

// A hangup ends the wait for a change, and the watch goes with the run.
func TestAHangupEndsAWatch(t *testing.T) {
	h := open(t, `local w = kv.watch("a.") freeswitch.consoleLog("info", "watching") r, r2 = w:next() r3 = kv.put("after", 1)`)
	h.withBuckets()
	call := h.call(switchsim.Step{})
	h.when("watching", func() { call.Hangup("NORMAL_CLEARING") })
	o := h.end()
	if o.err != nil || o.text("r") != "nil" || o.text("r3") == "nil" {
		t.Error(o.err, o.globals)
	}
	h.compile(`local w = kv.watch("b.") freeswitch.consoleLog("info", "begun") while session:ready() do session:sleep(10) end
		r, r2 = w:next() r3 = w:next(1) and "" or "none"`)
	call = h.call(switchsim.Step{})
	h.when("begun", func() { call.Hangup("NORMAL_CLEARING") })
	if o := h.end(); o.err != nil || o.text("r") != "nil" || !strings.Contains(o.text("r2"), "needs a time limit") || o.text("r3") != "none" {
		t.Error(o.err, o.globals)
	}
}

// What a script lists counts as its memory.
func TestWhatIsListedCounts(t *testing.T) {
	h := open(t, "")
	h.withBuckets()
	h.limits = guard.Limits{Memory: 1 << 20}
	o := h.execute(`for i = 1, 30 do kv.put(i, ("x"):rep(60000)) end
		local all = {} for k, v in kv.each() do all[k] = v end`, host.NoSwitch{}, "")
	if o.err == nil || !strings.Contains(o.err.Error(), "memory limit") {
		t.Error(o.err)
	}
}
