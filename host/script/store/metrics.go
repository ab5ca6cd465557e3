package store

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers the Store's metrics.
func (s *Store) Register(r prometheus.Registerer) {
	r.MustRegister(
		s.loadTime,
		prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
			ch <- prometheus.MustNewConstMetric(infoDesc, prometheus.GaugeValue, 1, s.Status().Generation)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_scripts_loaded_timestamp_seconds", Help: "Unix time at which that generation began to serve."}, func() float64 { return unixSeconds(s.Status().Loaded) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_scripts", Help: "Scripts in that generation."}, func() float64 { return float64(s.Status().Scripts) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_scripts_problem", Help: "1 while something in the script directory is wrong, else 0."}, func() float64 {
			if s.Status().Since.IsZero() {
				return 0
			}
			return 1
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_scripts_problem_since_timestamp_seconds", Help: "Unix time since which something in the script directory has been wrong; 0 if nothing is."}, func() float64 { return unixSeconds(s.Status().Since) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_scripts_swaps_total", Help: "Times a new generation began to serve, the first included."}, func() float64 { return float64(s.Status().Swaps) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "eslua_scripts_refusals_total", Help: "Changes in the script directory that were not served because they were wrong."}, func() float64 { return float64(s.Status().Refusals) }),
	)
}

var infoDesc = prometheus.NewDesc("eslua_scripts_info", "Always 1. The label is the generation loaded from the script directory.", []string{"generation"}, nil)

func newLoadTime() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: "eslua_scripts_load_duration_seconds", Help: "Time to check and compile a changed script directory.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)})
}

// unixSeconds returns t as a Prometheus timestamp, 0 for the zero time.
func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
