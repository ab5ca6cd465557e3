package run

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers the count of the runs that were ended for the host's memory, and of
// what was refused because a run had FreeSWITCH start and keep too much.
func (r *Runner) Register(reg prometheus.Registerer) {
	reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "eslua_calls_ended_for_memory_total",
		Help: "Runs of scripts that were ended because the host's memory was full.",
	}, func() float64 { return float64(r.runs.sacrificed.Load()) }), prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "eslua_switch_limit_reached_total",
		Help: "Uses of FreeSWITCH that were refused because their script had reached limits.switch.",
	}, func() float64 { return float64(r.full.Load()) }))
}

// Register registers the metrics of the runs. flows returns the names of flows that
// are exported although they have had no call yet.
func (a *Account) Register(reg prometheus.Registerer, flows func() []string) {
	reg.MustRegister(a.durations, a.cpu, prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		ch <- prometheus.MustNewConstMetric(unnamedDesc, prometheus.CounterValue, float64(a.Unnamed()))
		idle := map[string]bool{"": true}
		for _, name := range flows() {
			idle[name] = true
		}
		for _, c := range a.Counts() {
			delete(idle, c.Flow)
			c.collect(ch)
		}
		for name := range idle {
			Counts{Flow: name}.collect(ch)
		}
	}))
}

var (
	noFlowDesc  = prometheus.NewDesc("eslua_calls_without_flow_total", "Calls that named a flow that does not exist.", nil, nil)
	unnamedDesc = prometheus.NewDesc("eslua_calls_unnamed_total", "Calls for which neither the socket's path nor a route nor default_flow names a flow. Their dialplans continued.", nil, nil)
	runningDesc = prometheus.NewDesc("eslua_calls_running", "Calls that run the flow now, by the generation of the scripts that they use.", []string{"flow", "generation"}, nil)

	flowTotals = []struct {
		desc  *prometheus.Desc
		value func(Counts) int64
	}{
		{prometheus.NewDesc("eslua_calls_started_total", "Calls that started to run the flow.", []string{"flow"}, nil), func(c Counts) int64 { return c.Started }},
		{prometheus.NewDesc("eslua_calls_ended_total", "Calls whose flow ended, well or not.", []string{"flow"}, nil), func(c Counts) int64 { return c.Ended }},
		{prometheus.NewDesc("eslua_calls_failed_total", "Calls whose flow, or a callback of it, raised an error or reached a limit. A hangup is no failure.", []string{"flow"}, nil), func(c Counts) int64 { return c.Failed }},
		{prometheus.NewDesc("eslua_prompts_failed_total", "Prompts of the flow that FreeSWITCH could not play, each counted once in a call.", []string{"flow"}, nil), func(c Counts) int64 { return c.Prompts.Count }},
	}
)

func newDurations() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "eslua_call_duration_seconds", Help: "How long calls ran the flow.", Buckets: []float64{1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600}}, []string{"flow"})
}

func newCPU() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "eslua_script_cpu_seconds", Help: "Processor time that the flow's script used in a call, as the limits count it.", Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9)}, []string{"flow"})
}

// label makes a flow's name, which is a file's, fit for a label.
func label(flow string) string { return strings.ToValidUTF8(flow, "\uFFFD") }

func (c Counts) collect(ch chan<- prometheus.Metric) {
	if c.Flow == "" {
		ch <- prometheus.MustNewConstMetric(noFlowDesc, prometheus.CounterValue, float64(c.Started))
		return
	}
	flow := label(c.Flow)
	for _, t := range flowTotals {
		ch <- prometheus.MustNewConstMetric(t.desc, prometheus.CounterValue, float64(t.value(c)), flow)
	}
	for _, v := range c.Versions {
		if n := v.Started - v.Ended; n > 0 {
			ch <- prometheus.MustNewConstMetric(runningDesc, prometheus.GaugeValue, float64(n), flow, v.Generation)
		}
	}
}
