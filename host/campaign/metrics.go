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
	r.MustRegister(c.metrics.placed, c.metrics.ended, c.metrics.refused, gauges{c})
}

var (
	numbersDesc = prometheus.NewDesc("eslua_campaign_numbers", "Numbers of the campaigns that this host leads, by state.", []string{"campaign", "state"}, nil)
	callsDesc   = prometheus.NewDesc("eslua_campaign_calls", "Calls under way of the campaigns that this host leads.", []string{"campaign", "node"}, nil)
	paceDesc    = prometheus.NewDesc("eslua_campaign_node_rate", "Calls per second that campaigns may place on a node, which is less after it has refused some.", []string{"node"}, nil)
)

// gauges tell how far the campaigns have come that this host leads.
type gauges struct{ c *Campaigns }

// Describe sends the descriptions of the metrics.
func (gauges) Describe(out chan<- *prometheus.Desc) {
	out <- numbersDesc
	out <- callsDesc
	out <- paceDesc
}

// Collect sends the metrics.
func (g gauges) Collect(out chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for _, s := range g.c.Status() {
		for state, n := range map[string]int{Waiting: s.Progress.Waiting, Dialled: s.Progress.Dialled, Talking: s.Progress.Talking, Done: s.Progress.Done()} {
			gauge(numbersDesc, float64(n), s.Name, state)
		}
		for node, n := range s.Calls {
			gauge(callsDesc, float64(n), s.Name, node)
		}
	}
	for node, rate := range g.c.rates() {
		gauge(paceDesc, rate, node)
	}
}

// rates returns how many calls a second may be placed, by node.
func (c *Campaigns) rates() map[string]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, rates := c.deps.Clock.Now(), map[string]float64{}
	for _, n := range c.nodes {
		rates[n.link.Name()] = n.limit.rate(now)
	}
	return rates
}
