package queue

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	published, refused, done, failed, dead *prometheus.CounterVec // by queue
}

func newMetrics() metrics {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"queue"})
	}
	return metrics{
		published: counter("eslua_queue_published_total", "Messages that were kept, to be worked off."),
		refused:   counter("eslua_queue_refused_total", "Messages of scripts that could not be kept; the script got an error."),
		done:      counter("eslua_queue_done_total", "Messages that scripts of this host have worked off."),
		failed:    counter("eslua_queue_failed_total", "Attempts of this host's scripts to work off a message that failed."),
		dead:      counter("eslua_queue_dead_total", "Messages that were given up."),
	}
}

var (
	waitingDesc = prometheus.NewDesc("eslua_queue_waiting", "Messages of a queue that are not worked off.", []string{"queue"}, nil)
	lettersDesc = prometheus.NewDesc("eslua_queue_dead_letters", "Dead letters of a queue.", []string{"queue"}, nil)
)

// Register registers the metrics.
func (q *Queues) Register(r prometheus.Registerer) {
	m := q.metrics
	r.MustRegister(m.published, m.refused, m.done, m.failed, m.dead, prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		for _, s := range q.Status() {
			if s.Known {
				ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(s.Waiting), s.Name)
				ch <- prometheus.MustNewConstMetric(lettersDesc, prometheus.GaugeValue, float64(s.Dead), s.Name)
			}
		}
	}))
}

// Status describes a queue.
type Status struct {
	Name    string   `json:"queue"`
	Known   bool     `json:"known"`   // how many messages there are
	Waiting uint64   `json:"waiting"` // messages that are not worked off
	Dead    uint64   `json:"dead"`
	Most    int      `json:"most"` // messages
	Last    *Failure `json:"last_failure,omitempty"`
}

// statusWait limits how long JetStream may take to say what waits.
const statusWait = time.Second

// Status describes the queues, sorted by name.
func (q *Queues) Status() (list []Status) {
	ctx, stop := context.WithTimeout(context.Background(), statusWait)
	defer stop()
	for _, name := range q.Names() {
		one, err := q.find(name)
		if err != nil {
			continue
		}
		one.mu.Lock()
		s := Status{Name: name, Most: one.bounds.Messages, Last: one.last}
		one.mu.Unlock()
		if stream, ok := one.stream.Look(ctx); ok {
			s.Waiting, s.Known = messages(ctx, stream)
		}
		if stream, ok := one.dead.Look(ctx); ok {
			s.Dead, _ = messages(ctx, stream)
		}
		list = append(list, s)
	}
	return list
}

func messages(ctx context.Context, s jetstream.Stream) (n uint64, known bool) {
	info, err := s.Info(ctx)
	if err != nil {
		return 0, false
	}
	return info.State.Msgs, true
}
