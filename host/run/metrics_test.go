package run

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// TestMetrics counts two calls of a flow whose name needs escapes, one that still
// runs, one of a flow that does not exist, and shows flows without calls.
func TestMetrics(t *testing.T) {
	account, start := NewAccount(), time.Unix(1e9, 0)
	weird := "we\"ird\\flow\xff"
	ended := account.begin(&Run{Flow: weird, Version: "v", Generation: "aa"}, start)
	ended.used(500*time.Millisecond, 300<<10)
	account.AddFirstCommand(&Run{Flow: weird, Version: "v"}, 20*time.Millisecond)
	account.AddFirstCommand(&Run{Flow: "missing"}, time.Second)
	ended.end(true, errors.New("no"), start.Add(90*time.Second))
	account.begin(&Run{Flow: weird, Version: "v", Generation: "bb"}, start)
	missing := account.begin(&Run{Flow: "missing"}, start)
	missing.used(time.Second, 1)
	missing.end(true, errors.New("no"), start)

	registry := prometheus.NewPedanticRegistry()
	account.Register(registry, func() []string { return []string{"idle", weird} })
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&page, f); err != nil {
			t.Fatal(err)
		}
	}
	flow := `{flow="we\"ird\\flow` + "\uFFFD" + `"`
	for _, want := range []string{
		"eslua_calls_without_flow_total 1",
		"eslua_calls_started_total" + flow + "} 2", "eslua_calls_ended_total" + flow + "} 1", "eslua_calls_failed_total" + flow + "} 1",
		"eslua_calls_running" + flow + `,generation="bb"} 1`,
		`eslua_calls_started_total{flow="idle"} 0`,
		"eslua_call_duration_seconds_sum" + flow + "} 90", "eslua_call_duration_seconds_count" + flow + "} 1",
		"eslua_call_duration_seconds_bucket" + flow + `,le="60"} 0`, "eslua_call_duration_seconds_bucket" + flow + `,le="120"} 1`,
		"eslua_script_cpu_seconds_sum" + flow + "} 0.5", "eslua_script_memory_bytes_sum" + flow + "} 307200", "eslua_call_first_command_seconds_sum" + flow + "} 0.02",
	} {
		if !strings.Contains(page.String(), "\n"+want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	for _, no := range []string{"missing", `generation="aa"`} {
		if strings.Contains(page.String(), no) {
			t.Errorf("the metrics have %s", no)
		}
	}
	if t.Failed() {
		t.Log(page.String())
	}
}
