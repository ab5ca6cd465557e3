package rollout

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers the Rollout's metrics.
func (r *Rollout) Register(reg prometheus.Registerer) {
	reg.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_scripts_rollbacks_total", Help: "Rollbacks, by admins and by canaries."}, func() float64 { return float64(r.Status().Rollbacks) }),
		prometheus.CollectorFunc(r.collect),
	)
}

var (
	heldDesc  = prometheus.NewDesc("eslua_flow_held", `1 for each flow that is pinned or rolled back to an earlier generation; the flow "" means all flows.`, []string{"flow", "kind", "generation"}, nil)
	shareDesc = prometheus.NewDesc("eslua_canary_share_ratio", "Share of a flow's calls, from 0 to 1, that run a new version on trial.", []string{"flow", "generation"}, nil)
)

func (r *Rollout) collect(ch chan<- prometheus.Metric) {
	s := r.Status()
	for _, o := range s.Overrides {
		kind := "rollback"
		if o.Pinned() {
			kind = "pin"
		}
		ch <- prometheus.MustNewConstMetric(heldDesc, prometheus.GaugeValue, 1, strings.ToValidUTF8(o.Flow, "\uFFFD"), kind, o.Generation)
	}
	for _, c := range s.Canaries {
		ch <- prometheus.MustNewConstMetric(shareDesc, prometheus.GaugeValue, float64(c.Share)/100, strings.ToValidUTF8(c.Flow, "\uFFFD"), c.New.Generation)
	}
}
