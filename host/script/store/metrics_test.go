package store

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
)

// TestMetrics opens a tree, edits it well and then wrongly.
func TestMetrics(t *testing.T) {
	dir, clk := t.TempDir(), clock.NewManual(time.Unix(1e9, 0))
	put(t, dir, "a.lua", "", "b.lua", "")
	s, err := Open(t.Context(), dir, Config{}, vm.Compile, slog.New(slog.DiscardHandler), clk)
	must(t, err)
	registry := prometheus.NewPedanticRegistry()
	s.Register(registry)
	check := func(want map[string]float64) {
		t.Helper()
		families, err := registry.Gather()
		must(t, err)
		got := map[string]float64{}
		for _, f := range families {
			m := f.GetMetric()[0]
			got[f.GetName()] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			if f.GetName() == "eslua_scripts_info" && m.GetLabel()[0].GetValue() != s.Current().Name() {
				t.Errorf("the generation is %v", m)
			}
		}
		for name, v := range want {
			if got["eslua_"+name] != v {
				t.Errorf("eslua_%s is %v, want %v", name, got["eslua_"+name], v)
			}
		}
		if len(got) != 8 {
			t.Errorf("the metrics are %v", got)
		}
	}
	check(map[string]float64{
		"scripts_info": 1, "scripts": 2, "scripts_loaded_timestamp_seconds": 1e9, "scripts_swaps_total": 1,
		"scripts_problem": 0, "scripts_problem_since_timestamp_seconds": 0, "scripts_refusals_total": 0, "scripts_load_duration_seconds": 1,
	})
	clk.Advance(1500 * time.Millisecond)
	must(t, os.Remove(filepath.Join(dir, "b.lua")))
	must(t, s.Reload(context.Background()))
	put(t, dir, "a.lua", "if")
	if err := s.Reload(context.Background()); err == nil {
		t.Fatal("a broken script is served")
	}
	check(map[string]float64{
		"scripts_info": 1, "scripts": 1, "scripts_loaded_timestamp_seconds": 1e9 + 1.5, "scripts_swaps_total": 2,
		"scripts_problem": 1, "scripts_problem_since_timestamp_seconds": 1e9 + 1.5, "scripts_refusals_total": 1, "scripts_load_duration_seconds": 3,
	})
}
