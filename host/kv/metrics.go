package kv

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct{ operations *prometheus.CounterVec }

func newMetrics() metrics {
	return metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eslua_kv_operations_total", Help: "What scripts did with the keys of a bucket, by how it ended: done, changed (another was faster) or failed.",
	}, []string{"bucket", "operation", "result"})}
}

func (m metrics) of(bucket string) bucketMetrics {
	return bucketMetrics{m.operations.MustCurryWith(prometheus.Labels{"bucket": bucket})}
}

type bucketMetrics struct{ operations *prometheus.CounterVec }

func (m bucketMetrics) count(operation string, err error) {
	result := "done"
	switch {
	case errors.Is(err, ErrChanged):
		result = "changed"
	case err != nil && !errors.Is(err, errAbsent) && !errors.Is(err, io.EOF):
		result = "failed"
	}
	m.operations.WithLabelValues(operation, result).Inc()
}

var (
	keysDesc  = prometheus.NewDesc("eslua_kv_keys", "Keys of a bucket that this host has used: a flow's by the flow's name, or buckets/NAME.", []string{"bucket"}, nil)
	bytesDesc = prometheus.NewDesc("eslua_kv_bytes", "Bytes that such a bucket holds.", []string{"bucket"}, nil)
)

// Register registers the metrics.
func (s *Buckets) Register(r prometheus.Registerer) {
	r.MustRegister(s.metrics.operations, prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		for _, b := range s.Status() {
			ch <- prometheus.MustNewConstMetric(keysDesc, prometheus.GaugeValue, float64(b.Keys), b.label)
			ch <- prometheus.MustNewConstMetric(bytesDesc, prometheus.GaugeValue, float64(b.Bytes), b.label)
		}
	}))
}

// Status describes a bucket.
type Status struct {
	Name      string `json:"bucket"`
	Flow      bool   `json:"flow"` // it is the flow's of that name
	Keys      uint64 `json:"keys"`
	MostKeys  int    `json:"most_keys"`
	Bytes     uint64 `json:"bytes"`
	MostBytes int64  `json:"most_bytes"`

	label string
}

// statusWait limits how long JetStream may take to say what all buckets hold.
const statusWait = time.Second

// Status describes the buckets that this process has used, the flows' first.
func (s *Buckets) Status() (list []Status) {
	s.mu.Lock()
	all := []map[string]*Bucket{maps.Clone(s.flows), maps.Clone(s.shared)}
	s.mu.Unlock()
	ctx, stop := context.WithTimeout(context.Background(), statusWait)
	defer stop()
	for i, buckets := range all {
		for _, b := range slices.SortedFunc(maps.Values(buckets), func(a, b *Bucket) int { return cmp.Compare(a.name, b.name) }) {
			stream, ok := b.stream.Look(ctx)
			if !ok {
				continue
			}
			if info, err := stream.Info(ctx); err == nil {
				list = append(list, Status{b.name, i == 0, info.State.Msgs, b.bounds.Keys, info.State.Bytes, int64(b.bounds.Size), b.label})
			}
		}
	}
	return list
}
