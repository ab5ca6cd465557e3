package outbound

import "github.com/prometheus/client_golang/prometheus"

// Status is the Server's load.
type Status struct {
	Running int    `json:"running"` // calls under way
	Max     int    `json:"max"`     // 0 is no bound
	Refused uint64 `json:"refused"` // calls beyond Max; their dialplans continued
}

// Status returns the load now.
func (s *Server) Status() Status {
	return Status{Running: s.Calls(), Max: s.cfg.MaxCalls, Refused: s.refused.Load()}
}

// Register registers the Server's metrics.
func (s *Server) Register(r prometheus.Registerer) {
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_connections", Help: "Calls that FreeSWITCH has handed over and that have not ended."}, func() float64 { return float64(s.calls.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_connections_max", Help: "Limit on eslua_connections; 0 means no limit."}, func() float64 { return float64(s.cfg.MaxCalls) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_calls_refused_total", Help: "Calls refused because eslua_connections had reached its limit. Their dialplans continued."}, func() float64 { return float64(s.refused.Load()) }),
	)
}
