package outbound

import "github.com/prometheus/client_golang/prometheus"

// A Status tells the Server's load.
type Status struct {
	Running  int    `json:"running"`  // calls under way
	Waiting  int    `json:"waiting"`  // connections that have not answered connect
	Max      int    `json:"max"`      // 0 is no bound
	Refused  uint64 `json:"refused"`  // calls beyond Max; their dialplans continued
	Unserved uint64 `json:"unserved"` // calls handed over without async or full; their dialplans continued
	Crowded  uint64 `json:"crowded"`  // connections that did not answer connect and made room for others
}

// Status returns the load now.
func (s *Server) Status() Status {
	waiting, crowded := s.lobby.count()
	return Status{Running: s.Calls(), Waiting: waiting, Max: s.cfg.MaxCalls, Refused: s.refused.Load(), Unserved: s.unserved.Load(), Crowded: crowded}
}

// Register registers the Server's metrics.
func (s *Server) Register(r prometheus.Registerer) {
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_connections", Help: "Calls that FreeSWITCH has handed over and that have not ended."}, func() float64 { return float64(s.calls.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_connections_max", Help: "Limit on eslua_connections; 0 means no limit."}, func() float64 { return float64(s.cfg.MaxCalls) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_calls_refused_total", Help: "Calls refused because eslua_connections had reached its limit. Their dialplans continued."}, func() float64 { return float64(s.refused.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_calls_unserved_total", Help: "Calls that were handed over without async or full. Their dialplans continued."}, func() float64 { return float64(s.unserved.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_connections_waiting", Help: "Connections that have not answered connect yet. They are no calls."}, func() float64 { return float64(s.Status().Waiting) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_connections_crowded_out_total", Help: "Connections that did not answer connect and were closed to make room for others."}, func() float64 { return float64(s.Status().Crowded) }),
	)
}
