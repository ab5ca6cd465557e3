package run

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers the count of the runs that were ended for the host's memory, and of
// what was refused because a run had FreeSWITCH start and keep too much.
func (r *Runner) Register(reg prometheus.Registerer) {
	reg.MustRegister(r.limits, prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "eslua_calls_ended_for_memory_total",
		Help: "Runs of scripts that were ended because the host's memory was full.",
	}, func() float64 { return float64(r.runs.sacrificed.Load()) }), prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "eslua_switch_limit_reached_total",
		Help: "Uses of FreeSWITCH that were refused because their script had reached limits.switch.",
	}, func() float64 { return float64(r.full.Load()) }))
}

// newLimits returns the counter of the limits that scripts reached.
func newLimits() *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eslua_script_limits_reached_total", Help: "Runs of scripts that a limit ended."}, []string{"limit"})
	for _, limit := range []string{"memory", "burst", "cpu", "after_hangup", "duration", "stack", "source"} {
		v.WithLabelValues(limit)
	}
	return v
}

// Register registers the metrics of the runs. flows returns the names of flows that
// are exported although they have had no run yet.
func (a *Account) Register(reg prometheus.Registerer, flows func() []string) {
	m := a.metrics
	if m.first != nil {
		reg.MustRegister(m.first)
	}
	reg.MustRegister(m.durations, m.cpu, m.memory, prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		if m.unnamed != nil {
			ch <- prometheus.MustNewConstMetric(m.unnamed, prometheus.CounterValue, float64(a.Unnamed()))
			ch <- prometheus.MustNewConstMetric(m.limited, prometheus.CounterValue, float64(a.Limited()))
		}
		idle := map[string]bool{"": true}
		for _, name := range flows() {
			idle[name] = true
		}
		for _, c := range a.Counts() {
			delete(idle, c.Flow)
			m.collect(c, ch)
		}
		for name := range idle {
			m.collect(Counts{Flow: name}, ch)
		}
	}))
}

// AddFirstCommand records how long after its arrival a call's flow gave its first command.
func (a *Account) AddFirstCommand(run *Run, after time.Duration) {
	if run.Version != "" { // the flow exists
		a.metrics.first.WithLabelValues(label(run.Flow)).Observe(after.Seconds())
	}
}

// metrics are the metrics of one Account.
type metrics struct {
	unnamed, limited, missing, running *prometheus.Desc // the first two are nil for runs that are no calls
	totals                             []total
	durations, cpu, memory             *prometheus.HistogramVec
	first                              *prometheus.HistogramVec // nil for runs that are no calls
}

type total struct {
	desc  *prometheus.Desc
	value func(Counts) int64
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func metricsOfCalls() metrics {
	return metrics{
		unnamed: describe("eslua_calls_unnamed_total", "Calls for which neither the socket's path nor a route nor default_flow names a flow. Their dialplans continued."),
		limited: describe("eslua_calls_limited_total", "Calls that were refused because the flow had as many as it may have (flows: FLOW: calls:), or more had begun in a second than may (calls: rate:). Their dialplans continued."),
		missing: describe("eslua_calls_without_flow_total", "Calls that named a flow that does not exist."),
		running: describe("eslua_calls_running", "Calls that run the flow now, by the generation of the scripts that they use.", "flow", "generation"),
		totals: []total{
			{describe("eslua_calls_started_total", "Calls that started to run the flow.", "flow"), func(c Counts) int64 { return c.Started }},
			{describe("eslua_calls_ended_total", "Calls whose flow ended, well or not.", "flow"), func(c Counts) int64 { return c.Ended }},
			{describe("eslua_calls_failed_total", "Calls whose flow, or a callback of it, raised an error or reached a limit. A hangup is no failure.", "flow"), func(c Counts) int64 { return c.Failed }},
			{describe("eslua_prompts_failed_total", "Prompts of the flow that FreeSWITCH could not play, each counted once in a call.", "flow"), func(c Counts) int64 { return c.Prompts.Count }},
		},
		durations: histogram("eslua_call_duration_seconds", "How long calls ran the flow.", lifetimes),
		cpu:       histogram("eslua_script_cpu_seconds", "Processor time that the flow's script used in a call, as the limits count it.", cpuTimes),
		memory:    histogram("eslua_script_memory_bytes", "Memory that the flow's script held at the end of a call, as the limits count it.", sizes),
		first:     histogram("eslua_call_first_command_seconds", "Time from the arrival of a call's connection until its flow gave FreeSWITCH the first command.", firstTimes),
	}
}

func metricsOfJobs() metrics {
	return metrics{
		missing: describe("eslua_jobs_without_script_total", "Jobs whose script does not exist."),
		running: describe("eslua_jobs_running", "Jobs that run the script now, by the generation of the scripts that they use.", "flow", "generation"),
		totals: []total{
			{describe("eslua_jobs_started_total", "Jobs that started to run the script.", "flow"), func(c Counts) int64 { return c.Started }},
			{describe("eslua_jobs_ended_total", "Jobs whose script ended, well or not.", "flow"), func(c Counts) int64 { return c.Ended }},
			{describe("eslua_jobs_failed_total", "Jobs whose script raised an error or reached a limit.", "flow"), func(c Counts) int64 { return c.Failed }},
		},
		durations: histogram("eslua_job_duration_seconds", "How long jobs ran the script.", jobTimes),
		cpu:       histogram("eslua_job_cpu_seconds", "Processor time that the script used in a job, as the limits count it.", cpuTimes),
		memory:    histogram("eslua_job_memory_bytes", "Memory that the script held at the end of a job, as the limits count it.", sizes),
	}
}

var (
	lifetimes  = []float64{1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600}
	jobTimes   = prometheus.ExponentialBuckets(0.001, 4, 9)
	sizes      = prometheus.ExponentialBuckets(64<<10, 4, 6)
	firstTimes = prometheus.ExponentialBuckets(0.0005, 2.5, 10)
	cpuTimes   = prometheus.ExponentialBuckets(0.0001, 4, 9)
)

func histogram(name, help string, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"flow"})
}

// label makes a flow's name, which is a file's, fit for a label.
func label(flow string) string { return strings.ToValidUTF8(flow, "\uFFFD") }

func (m metrics) collect(c Counts, ch chan<- prometheus.Metric) {
	if c.Flow == "" {
		ch <- prometheus.MustNewConstMetric(m.missing, prometheus.CounterValue, float64(c.Started))
		return
	}
	flow := label(c.Flow)
	for _, t := range m.totals {
		ch <- prometheus.MustNewConstMetric(t.desc, prometheus.CounterValue, float64(t.value(c)), flow)
	}
	for _, v := range c.Versions {
		if n := v.Started - v.Ended; n > 0 {
			ch <- prometheus.MustNewConstMetric(m.running, prometheus.GaugeValue, float64(n), flow, v.Generation)
		}
	}
}
