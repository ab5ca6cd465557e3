package node

import "github.com/prometheus/client_golang/prometheus"

// Register registers the Link's metrics, labelled with the node's name. No two
// nodes of one Registerer may have the same name.
func (l *Link) Register(r prometheus.Registerer) {
	r = prometheus.WrapRegistererWith(prometheus.Labels{"node": l.node.Name}, r)
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_node_up", Help: "1 while eslua is connected to the FreeSWITCH node, else 0."}, func() float64 {
			if l.Up() {
				return 1
			}
			return 0
		}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_node_connects_total", Help: "Successful connections to the FreeSWITCH node."}, func() float64 { return float64(l.Status().Connects) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_node_restarts_total", Help: "Restarts of the FreeSWITCH node that eslua noticed when it reconnected."}, func() float64 { return float64(l.Status().Restarts) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_events_dropped_total", Help: "Events from the FreeSWITCH node that were lost because a queue in eslua was full."}, func() float64 { return float64(l.Status().EventsLost) }),
	)
}
