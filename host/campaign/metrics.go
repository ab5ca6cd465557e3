package campaign

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	placed  *prometheus.CounterVec // by campaign
	ended   *prometheus.CounterVec // by campaign and outcome
	refused *prometheus.CounterVec // by node
}

func newMetrics() metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return metrics{
		placed:  counter("eslua_campaign_placed_total", "Calls of campaigns that this host has placed.", "campaign"),
		ended:   counter("eslua_campaign_ended_total", "Calls of campaigns that have ended, by outcome.", "campaign", "outcome"),
		refused: counter("eslua_campaign_refused_total", "Calls of campaigns that a node did not take, so that they were no attempts.", "node"),
	}
}

// Register registers the metrics.
func (c *Campaigns) Register(r prometheus.Registerer) {
	r.MustRegister(c.metrics.placed, c.metrics.ended, c.metrics.refused)
}
