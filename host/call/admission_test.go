package call

import (
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

func admissionConfig(all int, flow config.FlowCalls) *config.Config {
	return &config.Config{Calls: config.Calls{Rate: all}, Flows: map[string]config.Flow{"a": {Calls: flow}}}
}

func TestAFlowHasAtMostSoManyCalls(t *testing.T) {
	a := newAdmission(clock.System())
	cfg := admissionConfig(0, config.FlowCalls{Max: 2})
	first, _ := a.admit(cfg, "a", false)
	second, _ := a.admit(cfg, "a", false)
	if leave, limit := a.admit(cfg, "a", false); leave != nil || limit != "flows.a.calls.max" {
		t.Errorf("a third call was admitted: %q", limit)
	}
	if leave, limit := a.admit(cfg, "b", false); leave == nil {
		t.Errorf("a call of another flow was refused: %q", limit)
	}
	resumed, limit := a.admit(cfg, "a", true)
	if resumed == nil {
		t.Fatalf("a call that another host has begun was refused: %q", limit)
	}
	first()
	if leave, _ := a.admit(cfg, "a", false); leave != nil {
		t.Error("two are running still")
	}
	second()
	resumed()
	if leave, limit := a.admit(cfg, "a", false); leave == nil {
		t.Errorf("nobody is running: %q", limit)
	}
}

func TestCallsBeginAtMostSoOften(t *testing.T) {
	clk := clock.NewManual(time.Unix(0, 0))
	a := newAdmission(clk)
	cfg := admissionConfig(5, config.FlowCalls{Rate: 2})
	try := func(flow, want string) {
		t.Helper()
		if _, limit := a.admit(cfg, flow, false); limit != want {
			t.Errorf("a call of %s is kept out by %q, want %q", flow, limit, want)
		}
	}
	try("a", "")
	try("a", "")
	try("a", "flows.a.calls.rate")
	for range 3 {
		try("b", "")
	}
	try("b", "calls.rate")
	clk.Advance(500 * time.Millisecond)
	try("a", "")
	try("a", "flows.a.calls.rate")
	try("b", "")
	try("b", "calls.rate")
	clk.Advance(time.Hour) // what was not used is not kept
	for range 2 {
		try("a", "")
	}
	try("a", "flows.a.calls.rate")
	cfg = admissionConfig(0, config.FlowCalls{})
	for range 100 {
		try("a", "")
	}
	if len(a.pace) != 0 {
		t.Errorf("%d buckets are kept without a limit", len(a.pace))
	}
}
