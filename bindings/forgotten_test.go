package bindings_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/operate/config"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/testproc"
)

// What a run keeps for its script is memory of the script, also when that has forgotten it,
// until it is closed.
func TestWhatIsForgottenCounts(t *testing.T) {
	for _, test := range []struct {
		name         string
		with         func(h *harness)
		keeps, frees string
	}{
		{
			"messages", (*harness).withQueues,
			`for i = 1, 99 do queue.publish("orders", {("x"):rep(1000)}) queue.next("orders") end`,
			`for i = 1, 300 do queue.publish("orders", ("x"):rep(1000)) queue.next("orders"):ack() end`,
		},
		{
			"watches", func(h *harness) { h.withBuckets() },
			`for i = 1, 8 do kv.watch() end for i = 1, 2000 do local t = {("x"):rep(100)} end`,
			`for i = 1, 50 do kv.watch():close() end`,
		},
		{
			"requests", func(h *harness) {
				over := make(chan struct{})
				h.withHTTP(func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-over:
					case <-r.Context().Done():
					}
				})
				h.t.Cleanup(func() { close(over) })
			},
			`for i = 1, 6 do http.async(url, {method = "POST", body = ("x"):rep(1e5)}) end`,
			`for i = 1, 20 do http.async(url, {method = "POST", body = ("x"):rep(1e5), response_timeout = 10}):wait() end`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t, "")
			h.limits = guard.Limits{Memory: 256 << 10}
			test.with(h)
			prefix := fmt.Sprintf("local url = %q ", h.url)
			if o := h.execute(prefix+test.keeps, host.NoSwitch{}, ""); o.err == nil || !strings.Contains(o.err.Error(), "memory limit") {
				t.Errorf("%s: %v, want a limit", test.keeps, o.err)
			}
			if o := h.execute(prefix+test.frees, host.NoSwitch{}, ""); o.err != nil {
				t.Errorf("%s: %v", test.frees, o.err)
			}
		})
	}
}

// A timer that was cancelled keeps nothing alive, and makes room for another one.
func TestACancelledTimerKeepsNothing(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		_, peer, told, stop := startHooks(t, config.Default(), map[string]string{"hooks/a.lua": `on("CHANNEL_ANSWER", function()
	for i = 1, 2000 do
		local s = ("x"):rep(1e5) .. i
		assert(after(1e5, function() return s end):cancel())
	end
	tell("done")
	freeswitch.msleep(5000)
end)`}, nil)
		defer stop()
		before := heap()
		peer.send(nil, message(1))
		time.Sleep(2 * time.Second)
		held := heap() - before
		if got := strings.Join(told.take(), " "); got != "done" || held > 32<<20 {
			t.Errorf("%q, and holds %d MiB", got, held>>20)
		}
		runtime.KeepAlive(peer)
	})
}
