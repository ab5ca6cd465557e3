package database

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what scripts have asked of databases.
type metrics struct {
	seconds *prometheus.HistogramVec // by database
	failed  *prometheus.CounterVec   // by database
}

func newMetrics() metrics {
	by := []string{"database"}
	return metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "eslua_database_command_seconds", Help: "How long scripts waited for the commands that they gave to a database.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10)}, by),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eslua_database_commands_failed_total", Help: "Commands of scripts that a database refused, or that took too long."}, by),
	}
}

func (m *metrics) ended(name string, took time.Duration, err error) {
	m.seconds.WithLabelValues(name).Observe(took.Seconds())
	if err != nil {
		m.failed.WithLabelValues(name).Inc()
	}
}

var (
	openDesc  = prometheus.NewDesc("eslua_database_connections", "Connections to the database.", []string{"database", "state"}, nil)
	waitsDesc = prometheus.NewDesc("eslua_database_waits_total", "Times that a script waited for a connection because all were in use.", []string{"database"}, nil)
)

// Register registers the metrics of the databases.
func (d *Databases) Register(r prometheus.Registerer) {
	r.MustRegister(d.metrics.seconds, d.metrics.failed, prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		for _, s := range d.Status() {
			ch <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, float64(s.InUse), s.Name, "in_use")
			ch <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, float64(s.Open-s.InUse), s.Name, "idle")
			ch <- prometheus.MustNewConstMetric(waitsDesc, prometheus.CounterValue, float64(s.Waits), s.Name)
		}
	}))
}

// Status describes the pool of a database.
type Status struct {
	Name        string `json:"name"`
	Kind        string `json:"kind"`
	Connections int    `json:"connections"` // that there may be
	Open        int    `json:"open"`        // that there are
	InUse       int    `json:"in_use"`      // that scripts hold
	Waits       int64  `json:"waits"`       // times that a script waited for one
}

// Status describes all pools, sorted by name.
func (d *Databases) Status() []Status {
	d.mu.Lock()
	pools := slices.Collect(maps.Values(d.pools))
	d.mu.Unlock()
	list := make([]Status, 0, len(pools))
	for _, p := range pools {
		st := p.db.Stats()
		list = append(list, Status{p.name, p.kind, st.MaxOpenConnections, st.OpenConnections, st.InUse, st.WaitCount})
	}
	slices.SortFunc(list, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
