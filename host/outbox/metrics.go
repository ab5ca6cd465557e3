package outbox

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	accepted, refused, dead *prometheus.CounterVec // by endpoint
	attempts                *prometheus.CounterVec // by endpoint and answer
	seconds                 *prometheus.HistogramVec
}

func newMetrics() metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return metrics{
		accepted: counter("eslua_outbox_accepted_total", "Pushes that were kept, to be delivered.", "endpoint"),
		refused:  counter("eslua_outbox_refused_total", "Pushes of scripts that could not be kept; the script got an error.", "endpoint"),
		dead:     counter("eslua_outbox_dead_total", "Pushes that were given up.", "endpoint"),
		attempts: counter("eslua_outbox_attempts_total", "Attempts to deliver a push, by the class of the answer.", "endpoint", "answer"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "eslua_outbox_delivery_seconds", Help: "How long after it was accepted a push was delivered.",
			Buckets: prometheus.ExponentialBuckets(0.01, 6, 9)}, []string{"endpoint"}),
	}
}

var waitingDesc = prometheus.NewDesc("eslua_outbox_waiting", "Pushes that wait for their endpoint.", []string{"endpoint"}, nil)

// Register registers the metrics.
func (o *Outbox) Register(r prometheus.Registerer) {
	m := o.metrics
	r.MustRegister(m.accepted, m.refused, m.dead, m.attempts, m.seconds, prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		for _, s := range o.Status() {
			if s.Known {
				ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(s.Waiting), s.Name)
			}
		}
	}))
}

// Status describes an endpoint.
type Status struct {
	Name    string    `json:"endpoint"`
	Known   bool      `json:"known"` // how many wait
	Waiting uint64    `json:"waiting"`
	Refused uint64    `json:"refused"` // could not be kept, since this process began
	Row     int       `json:"failed_in_a_row"`
	Until   time.Time `json:"rests_until,omitzero"`
}

// statusWait limits how long JetStream may take to say what waits.
const statusWait = time.Second

// Status describes the endpoints, sorted by name.
func (o *Outbox) Status() []Status {
	endpoints, _ := o.current()
	ctx, stop := context.WithTimeout(context.Background(), statusWait)
	defer stop()
	stream, isUsed := o.stream.Look(ctx)
	var list []Status
	for _, name := range o.Endpoints() {
		s := Status{Name: name, Refused: o.refusals(name)}
		if s.Row, s.Until = endpoints[name].pace.resting(); s.Row == 0 {
			s.Until = time.Time{}
		}
		if isUsed {
			s.Waiting, s.Known = waiting(ctx, stream, name)
		}
		list = append(list, s)
	}
	return list
}

// refuse counts a push that could not be kept.
func (o *Outbox) refuse(endpoint string) {
	o.metrics.refused.WithLabelValues(endpoint).Inc()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refused[endpoint]++
}

func (o *Outbox) refusals(endpoint string) uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refused[endpoint]
}

func waiting(ctx context.Context, stream jetstream.Stream, endpoint string) (n uint64, known bool) {
	c, err := stream.Consumer(ctx, endpoint)
	if err != nil {
		return 0, false
	}
	info := c.CachedInfo()
	return info.NumPending + uint64(info.NumAckPending), true
}
