package node

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/clock"
)

// TestMetrics registers two nodes, of which none is connected now.
func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, name := range []string{"fs1", "fs2"} {
		l := New(Node{Name: name, Address: "127.0.0.1:1"}, slog.New(slog.DiscardHandler), clock.NewManual(time.Unix(0, 0)), Options{})
		l.status.Connects, l.status.Restarts, l.lost = 3, 2, 7
		l.status.Health, l.status.Draining = Health{RoundTrip: 250 * time.Millisecond, Sessions: 5, MaxSessions: 1000, IdleCPU: 50}, &Draining{}
		l.hear(time.UnixMilli(7500))
		l.Register(registry)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			got[strings.TrimPrefix(f.GetName(), "eslua_")+" "+m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{"node_up": 0, "node_commands_running": 0, "node_commands_limit": 0, "node_commands_waiting": 0, "node_commands_refused_total": 0, "node_draining": 1, "node_sessions": 5, "node_max_sessions": 1000, "node_idle_cpu_ratio": 0.5, "node_round_trip_seconds": 0.25, "node_heard_timestamp_seconds": 7.5, "node_connects_total": 3, "node_restarts_total": 2, "events_dropped_total": 7, "events_waiting": 0} {
		for _, node := range []string{"fs1", "fs2"} {
			if v, ok := got[name+" "+node]; !ok || v != want {
				t.Errorf("%s of %s is %v (there: %v), want %v", name, node, v, ok, want)
			}
		}
	}
	if len(got) != 30 {
		t.Errorf("the metrics are %v", got)
	}
}
