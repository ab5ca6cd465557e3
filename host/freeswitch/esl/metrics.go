package esl

import "github.com/prometheus/client_golang/prometheus"

// Register registers the Budget's metrics.
func (b *Budget) Register(r prometheus.Registerer) {
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_connections_bytes", Help: "Bytes held of what FreeSWITCH has sent, by all connections together."}, func() float64 { return float64(b.held.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_connections_events_waiting", Help: "Events that wait for the scripts of their calls, or for eslua, in all connections together."}, func() float64 { return float64(b.waitingEvents()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_connections_over_budget_total", Help: "Connections that were ended because they held most when all together held too much."}, func() float64 { return float64(b.ended.Load()) }),
	)
}
