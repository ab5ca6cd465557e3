package admin

import (
	"runtime"
	"runtime/metrics"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Register registers the metrics of the process and of what the Service knows
// itself.
func (s *Service) Register(r prometheus.Registerer) {
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_build_info", Help: "Always 1. The label is the version of eslua.", ConstLabels: prometheus.Labels{"version": s.version}}, func() float64 { return 1 }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_start_time_seconds", Help: "Unix time at which eslua started."}, func() float64 { return float64(s.started.UnixMilli()) / 1000 }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_taking_calls", Help: "1 while eslua takes new calls, 0 while it drains."}, func() float64 { return s.gauge(func() bool { return s.draining == nil }) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_config_problem", Help: "1 while the configuration file has an error and is not in force, else 0."}, func() float64 { return s.gauge(func() bool { return s.config.Problem != "" }) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_goroutines", Help: "Goroutines of the process."}, func() float64 { return float64(runtime.NumGoroutine()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_heap_bytes", Help: "Memory of objects that are in use or not yet collected."}, func() float64 { return runtimeBytes("/memory/classes/heap/objects:bytes") }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eslua_memory_bytes", Help: "Memory that the Go runtime holds from the operating system."}, func() float64 {
			return runtimeBytes("/memory/classes/total:bytes") - runtimeBytes("/memory/classes/heap/released:bytes")
		}),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
}

// gauge returns 1 if is holds, asked under the lock.
func (s *Service) gauge(is func() bool) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if is() {
		return 1
	}
	return 0
}

func runtimeBytes(name string) float64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}
