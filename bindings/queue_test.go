package bindings_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/queue"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/switchsim"
)

// newQueues returns two queues.
func newQueues(store *durable.Store) *queue.Queues {
	c := config.Queue{Size: 1 << 20, Messages: 100, Message: 1 << 10, Attempts: 1, Silence: config.Duration(time.Minute)}
	return queue.New(map[string]config.Queue{"orders": c, "other": c}, queue.Deps{
		Store: store, Rand: func() float64 { return 0.5 }, NewID: uuid.NewString, Log: slog.New(slog.DiscardHandler), Clock: clock.System(),
	})
}

// withQueues lets the scripts publish to orders, and work it off.
func (h *harness) withQueues() {
	h.t.Helper()
	h.queues = newQueues(newStore(h.t))
	h.grant(func(g *grant.Grants) { g.Queues = []string{"orders", "gone"} })
}

// taken returns what becomes of the messages of orders: those that wait, and the errors
// of the dead ones by their ids.
func (h *harness) taken() (waiting int, dead map[string]string) {
	h.t.Helper()
	dead = map[string]string{}
	_, n, err := h.queues.List(h.t.Context(), durable.Query{State: durable.Waiting, Of: "orders", Most: 1})
	list, _, failed := h.queues.List(h.t.Context(), durable.Query{State: durable.Dead, Of: "orders", Most: 100})
	if err := errors.Join(err, failed); err != nil {
		h.t.Fatal(err)
	}
	for _, l := range list {
		dead[l.ID] = l.Error
	}
	return int(n), dead
}

func TestQueue(t *testing.T) {
	h := open(t, "")
	h.withQueues()
	for _, test := range []struct{ script, want string }{
		{`r = queue.publish("orders", {n = 1.5}, {id = "a"}) .. queue.publish("orders", "text", {id = "b"}) .. queue.publish("orders", 2^53 - 1, {id = "c"})`, `abc`},
		{`local m = queue.next("orders") r = m.id .. m.attempt .. m.value.n .. tostring(m:ack()) .. tostring(m:ack())`, `a11.5truenil`},
		{`r = queue.work("orders", function(m) r2 = (r2 or "") .. type(m.value) end, 100) .. r2`, `2stringnumber`},
		{`local m, err = queue.next("orders", 0) r = tostring(m) .. err`, `niltimeout`},
		{`queue.publish("orders", 1, {id = "bad"}) queue.publish("orders", 2, {id = "good"}) r = queue.work("orders", function(m) if m.value == 1 then error("no way") end end, 100)`, `2`},
		{`queue.publish("orders", 1, {id = "nacked"}) r = tostring(queue.next("orders"):nack("not now"))`, `true`},
		{`queue.publish("orders", 1, {id = "own"}) queue.work("orders", function(m) m:ack() error("too late") end, 100) r = "on"`, `on`},
		{`r = tostring(queue.message())`, `nil`},
		{`r = select(2, pcall(queue.publish, "other", 1))`, `the queue "other" is not granted to this flow; to grant it, write grants: {queues: [gone, orders, other]}`},
		{`r = select(2, pcall(queue.next, "gone"))`, `the configuration has no queue "gone"; write queues: {gone: {}} there`},
		{`r = select(2, pcall(queue.publish, "orders", 1, {id = "a b"}))`, `is no id of a message`},
		{`r = select(2, pcall(queue.publish, "orders", 1, {key = "a"}))`, `write {id = TEXT}`},
		{`r = select(2, pcall(queue.publish, "orders", ("x"):rep(1025)))`, `raise queues: orders: message:`},
		{`r = select(2, pcall(queue.publish, "orders", print))`, `function`},
	} {
		if o := h.execute(test.script, host.NoSwitch{}, ""); o.err != nil || !strings.Contains(o.text("r"), test.want) && !strings.Contains(o.text("r"), strings.Replace(test.want, "gone, orders", "orders, gone", 1)) {
			t.Errorf("%s\ngot  %v %s\nwant %s", test.script, o.err, o.text("r"), test.want)
		}
	}
	waiting, dead := h.taken()
	if waiting != 0 || len(dead) != 2 || dead["bad"] != "job.lua:1: no way" || dead["nacked"] != "not now" {
		t.Error(waiting, dead)
	}
}

// A message of a script that ends before it has acknowledged it has failed; one whose
// script reaches a limit has that as its error, and the script ends.
func TestAScriptLeavesItsMessage(t *testing.T) {
	h := open(t, "")
	h.withQueues()
	h.limits = guard.Limits{Burst: 50 * time.Millisecond}
	for script, want := range map[string]string{
		`queue.publish("orders", 1) queue.next("orders") error("oh")`:                                    "the script ended before it acknowledged",
		`queue.publish("orders", 1) queue.work("orders", function() while true do end end)`:              "burst limit",
		`queue.publish("orders", 1) queue.work("orders", function() string.rep("x", 2^40) end, 0)`:       "",
		`queue.publish("orders", 1) queue.work("orders", function(m) kept = m error({code = 7}) end, 0)`: "table",
	} {
		o := h.execute(script, host.NoSwitch{}, "")
		waiting, dead := h.taken()
		for id, why := range dead {
			if !strings.Contains(why, want) {
				t.Errorf("%s: %v, the message is dead: %s", script, o.err, why)
			}
			if _, err := h.queues.Drop(t.Context(), durable.Query{IDs: []string{id}}); err != nil {
				t.Error(err)
			}
		}
		if waiting != 0 || len(dead) != 1 {
			t.Errorf("%s: %v, %d wait, dead are %v", script, o.err, waiting, dead)
		}
	}
}

// A call that hangs up while its script waits, and one whose script has a message, take
// nothing from others.
func TestAHangupGivesAMessageBack(t *testing.T) {
	h := open(t, `freeswitch.consoleLog("info", "waiting") local m = queue.next("orders")
		r = tostring(m)
		if m then freeswitch.consoleLog("info", "has one") session:sleep(60000) end`)
	h.withQueues()
	call := h.call(switchsim.Step{})
	h.when("waiting", func() { call.Hangup("NORMAL_CLEARING") })
	if o := h.end(); o.text("r") != "nil" {
		t.Error(o.err, o.globals)
	}
	script := h.script
	h.compile(`freeswitch.consoleLog("info", "begun") while session:ready() do session:sleep(10) end local m m, r = queue.next("orders")`)
	call = h.call(switchsim.Step{})
	h.when("begun", func() { call.Hangup("NORMAL_CLEARING") })
	if o := h.end(); !strings.Contains(o.text("r"), "needs a time limit") {
		t.Error(o.err, o.globals)
	}
	h.script = script
	if _, err := h.queues.Publish(t.Context(), queue.Message{Queue: "orders", ID: "m"}); err != nil {
		t.Fatal(err)
	}
	call = h.call(switchsim.Step{})
	h.when("has one", func() { call.Hangup("NORMAL_CLEARING") })
	h.end()
	if waiting, dead := h.taken(); waiting != 0 || dead["m"] == "" {
		t.Error(waiting, dead)
	}
}
