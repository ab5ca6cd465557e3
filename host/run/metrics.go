package run

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers the metrics of the runs. flows returns the names of flows that
// are exported although they have had no call yet.
func (a *Account) Register(reg prometheus.Registerer, flows func() []string) {
	reg.MustRegister(prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
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
	runningDesc = prometheus.NewDesc("eslua_calls_running", "Calls that run the flow now, by the generation of the scripts that they use.", []string{"flow", "generation"}, nil)

	flowTotals = []struct {
		desc  *prometheus.Desc
		value func(Counts) int64
	}{
		{prometheus.NewDesc("eslua_calls_started_total", "Calls that started to run the flow.", []string{"flow"}, nil), func(c Counts) int64 { return c.Started }},
		{prometheus.NewDesc("eslua_calls_ended_total", "Calls whose flow ended, well or not.", []string{"flow"}, nil), func(c Counts) int64 { return c.Ended }},
		{prometheus.NewDesc("eslua_calls_failed_total", "Calls whose flow raised an error or reached a limit. A hangup is no failure.", []string{"flow"}, nil), func(c Counts) int64 { return c.Failed }},
	}
)

func (c Counts) collect(ch chan<- prometheus.Metric) {
	if c.Flow == "" {
		ch <- prometheus.MustNewConstMetric(noFlowDesc, prometheus.CounterValue, float64(c.Started))
		return
	}
	flow := strings.ToValidUTF8(c.Flow, "\uFFFD")
	for _, t := range flowTotals {
		ch <- prometheus.MustNewConstMetric(t.desc, prometheus.CounterValue, float64(t.value(c)), flow)
	}
	for _, v := range c.Versions {
		if n := v.Started - v.Ended; n > 0 {
			ch <- prometheus.MustNewConstMetric(runningDesc, prometheus.GaugeValue, float64(n), flow, v.Generation)
		}
	}
}
