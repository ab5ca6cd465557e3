package rollout

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestMetrics(t *testing.T) {
	w := newWorld(t, "flows: {a: {canary: 25%}}", "a", "b", "c")
	must(t, w.do("edit c 2"))
	must(t, w.do("edit a 2"))
	must(t, w.do("pin b #0"))
	must(t, w.do("rollback c #0"))
	registry := prometheus.NewPedanticRegistry()
	w.Register(registry)
	families, err := registry.Gather()
	must(t, err)
	var got strings.Builder
	for _, f := range families {
		for _, m := range f.Metric {
			got.WriteString(f.GetName())
			for _, l := range m.Label {
				got.WriteString(" " + l.GetValue())
			}
			if f.GetName() == "eslua_canary_share_ratio" && m.Gauge.GetValue() != 0.25 || m.Counter != nil && m.Counter.GetValue() != 1 {
				t.Errorf("%s is %v", f.GetName(), m)
			}
			got.WriteString("\n")
		}
	}
	want := strings.NewReplacer("#0", w.generations[0], "#2", w.generations[2]).Replace(`eslua_canary_share_ratio a #2
eslua_flow_held b #0 pin
eslua_flow_held c #0 rollback
eslua_scripts_rollbacks_total
`)
	if got.String() != want {
		t.Errorf("metrics:\n%swant:\n%s", &got, want)
	}
}
