package main

import (
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
	"github.com/eslua/eslua/host/trace"
)

// The traces of calls hold no more memory than is configured, a hundred calls at a time,
// one of each ten of which fails. TestManyCallsAreTraced ran once with 10,000 calls and
// 32MiB.
func TestManyCallsAreTraced(t *testing.T) {
	t.Parallel()
	const size, together = 1 << 20, 100
	calls := testproc.Size(500, 200, 200)
	testproc.Bubble(t, func(t *testing.T) {
		n := memnet.New()
		cfg := config.Default()
		cfg.Trace.Size = size
		s := seamsOn(n)
		s.scripts = fstest.MapFS{"a.lua": {Data: []byte(`session:answer()
for i = 1, 20 do session:setVariable("v" .. i, ("x"):rep(300)) end
session:sleep(1000)
if session:getVariable("caller_id_number"):find("0$") then error("it ends with 0") end`)}}
		l := n.Listen()
		h, end := serving(t, l, cfg, clock.System(), nil, s)
		defer end()
		sim := simulatedOn(t, n, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
			{Match: "a", Actions: []switchsim.Action{{App: "socket", Data: l.Addr().String() + "/a async full"}}},
		}}})
		most := int64(0)
		for first := 0; first < calls; first += together {
			var all []*switchsim.Call
			for i := range together {
				all = append(all, sim.Call(switchsim.Caller{Number: fmt.Sprint(first + i), Destination: "a"}))
			}
			time.Sleep(500 * time.Millisecond)
			most = max(most, h.traces.Held())
			for _, c := range all {
				<-c.Done()
			}
		}
		time.Sleep(time.Minute)
		most = max(most, h.traces.Held())
		if most > size || most < size*9/10 {
			t.Errorf("%d bytes were held, %d are permitted", most, size)
		}
		left := h.traces.Calls(trace.Query{})
		newest, err := h.traces.Ladder(trace.Query{Failed: true})
		if err != nil || len(left) == calls || len(left) < 20 || !newest.Failed || len(newest.Steps) < 25 {
			t.Errorf("%d of %d calls are left; the last that failed has %d rungs: %v", len(left), calls, len(newest.Steps), err)
		}
		if _, err := h.traces.Ladder(trace.Query{ID: 1}); !errors.As(err, new(*trace.NoCallError)) {
			t.Error("the first call is still there")
		}
		t.Logf("%d of %d calls are left, %d bytes were held", len(left), calls, most)
	})
}
