package network

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what scripts have asked of HTTP servers.
type metrics struct {
	seconds prometheus.Histogram
	failed  prometheus.Counter
	refused prometheus.Counter
}

func newMetrics() metrics {
	return metrics{
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "eslua_http_request_seconds", Help: "How long scripts waited for HTTP servers.",
			Buckets: prometheus.ExponentialBuckets(0.001, 3, 10)}),
		failed:  prometheus.NewCounter(prometheus.CounterOpts{Name: "eslua_http_requests_failed_total", Help: "Requests of scripts that got no answer."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "eslua_http_requests_refused_total", Help: "Requests that were not sent, because the server had not answered the flow before."}),
	}
}

var openDesc = prometheus.NewDesc("eslua_http_endpoint_open", "1 while a flow does not ask a server, because it has not answered.", []string{"endpoint"}, nil)

// Register registers the metrics.
func (c *Client) Register(r prometheus.Registerer) {
	r.MustRegister(c.metrics.seconds, c.metrics.failed, c.metrics.refused, prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		now := c.clock.Now()
		for _, e := range c.endpoints.all() {
			open := 0.0
			if e.Open(now) {
				open = 1
			}
			ch <- prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, open, e.Name)
		}
	}))
}

// Status describes the servers that scripts have asked last.
func (c *Client) Status() []Endpoint { return c.endpoints.all() }
