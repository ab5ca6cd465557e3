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
		l.gauge("eslua_node_draining", "1 while an admin keeps new calls away from the FreeSWITCH node, else 0.", func(s Status) float64 {
			if s.Draining != nil {
				return 1
			}
			return 0
		}),
		l.gauge("eslua_node_sessions", "Sessions of the FreeSWITCH node, as its last HEARTBEAT has told.", func(s Status) float64 { return float64(s.Sessions) }),
		l.gauge("eslua_node_max_sessions", "Sessions that the FreeSWITCH node may have.", func(s Status) float64 { return float64(s.MaxSessions) }),
		l.gauge("eslua_node_idle_cpu_ratio", "Idle share of the processor time of the FreeSWITCH node's machine.", func(s Status) float64 { return s.IdleCPU / 100 }),
		l.gauge("eslua_node_round_trip_seconds", "Time that a small command to the FreeSWITCH node took at its last HEARTBEAT.", func(s Status) float64 { return s.RoundTrip.Seconds() }),
		l.gauge("eslua_node_heard_timestamp_seconds", "When anything was last received from the FreeSWITCH node.", func(s Status) float64 {
			if s.Heard.IsZero() {
				return 0
			}
			return float64(s.Heard.UnixMilli()) / 1000
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_events_waiting", Help: "Events from the FreeSWITCH node that wait in eslua's queue."}, func() float64 { return float64(l.waiting()) }),
		l.gauge("eslua_node_commands_running", "API commands of scripts that the FreeSWITCH node runs.", func(s Status) float64 { return float64(s.commands().Running) }),
		l.gauge("eslua_node_commands_limit", "API commands of scripts that the FreeSWITCH node may run at a time now; 0: any number.", func(s Status) float64 { return float64(s.commands().Limit) }),
		l.gauge("eslua_node_commands_waiting", "API commands of scripts that wait for the FreeSWITCH node.", func(s Status) float64 { return float64(s.commands().Waiting) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_node_commands_refused_total", Help: "API commands of scripts that were not run because too many waited for the FreeSWITCH node."}, func() float64 { return float64(l.Status().commands().Refused) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_events_dropped_total", Help: "Events from the FreeSWITCH node that were lost because a queue in eslua was full."}, func() float64 { return float64(l.Status().EventsLost) }),
	)
}

func (l *Link) gauge(name, help string, of func(Status) float64) prometheus.GaugeFunc {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return of(l.Status()) })
}

// waiting counts the events that wait for eslua.
func (l *Link) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return 0
	}
	return l.conn.Waiting()
}

func (s Status) commands() Commands {
	if s.Commands == nil {
		return Commands{}
	}
	return *s.Commands
}
