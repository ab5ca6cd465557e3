package outbound_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
)

func TestMetrics(t *testing.T) {
	s := outbound.New(outbound.Config{MaxCalls: 5}, nil, slog.New(slog.DiscardHandler), clock.NewManual(time.Unix(0, 0)))
	registry := prometheus.NewPedanticRegistry()
	s.Register(registry)
	outbound.Count(s, 3, 2)
	if got, want := s.Status(), (outbound.Status{Running: 3, Max: 5, Refused: 2}); got != want {
		t.Errorf("status %+v, want %+v", got, want)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"eslua_connections": 3, "eslua_connections_max": 5, "eslua_calls_refused_total": 2, "eslua_calls_unserved_total": 0, "eslua_connections_waiting": 0, "eslua_connections_crowded_out_total": 0}
	for _, f := range families {
		m := f.GetMetric()[0]
		if got := m.GetGauge().GetValue() + m.GetCounter().GetValue(); got != want[f.GetName()] {
			t.Errorf("%s is %v, want %v", f.GetName(), got, want[f.GetName()])
		}
	}
	if len(families) != len(want) {
		t.Errorf("%d families", len(families))
	}
}
