package kv

import (
	"fmt"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/config"
)

// Deps holds what Buckets need.
type Deps struct {
	Store *durable.Store
	NewID func() string
	Rand  func() float64 // from 0 to 1
	Log   *slog.Logger
	Clock clock.Clock
}

// Buckets has all buckets that this process knows. Its methods may be called from any goroutine.
type Buckets struct {
	deps    Deps
	metrics metrics

	mu     sync.Mutex
	own    config.Bucket // bounds each flow's
	flows  map[string]*Bucket
	shared map[string]*Bucket
}

// New returns the Buckets of a configuration. Nothing happens before the first use.
func New(own config.Bucket, shared map[string]config.Bucket, d Deps) *Buckets {
	s := &Buckets{deps: d, metrics: newMetrics(), flows: map[string]*Bucket{}}
	s.Configure(own, shared)
	return s
}

// Configure changes to other bounds. What a bucket holds beyond them stays, and no more
// comes to it.
func (s *Buckets) Configure(own config.Bucket, shared map[string]config.Bucket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own != own {
		s.own, s.flows = own, map[string]*Bucket{}
	}
	before := s.shared
	s.shared = map[string]*Bucket{}
	for name, bounds := range shared {
		if b := before[name]; b != nil && b.bounds == bounds {
			s.shared[name] = b
			continue
		}
		s.shared[name] = s.newBucket(name, "buckets/"+name, "shared-"+name, bounds)
	}
}

// Own returns the bucket of a flow.
func (s *Buckets) Own(flow string) (*Bucket, error) {
	if err := s.deps.Store.Check(); err != nil {
		return nil, err
	}
	if flow == "" || len(flow) > mostFlow {
		return nil, fmt.Errorf("the script %.80q has no bucket of its own", flow)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.flows[flow]
	if b == nil {
		b = s.newBucket(flow, flow, "flow-"+token(flow), s.own)
		s.flows[flow] = b
	}
	return b, nil
}

// mostFlow bounds the name of a flow that has a bucket; a directory is called so.
const mostFlow = 64

// token returns a name as it can be in the name of a stream and of a directory.
func token(name string) string {
	return strings.NewReplacer(".", "=2E", "/", "=2F").Replace(encode(name))
}

// Shared returns the bucket with a name in the configuration.
func (s *Buckets) Shared(name string) (*Bucket, error) {
	if err := s.deps.Store.Check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.shared[name]; b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("the configuration has no bucket %.80q; write buckets: {%.80s: {}} there", name, name)
}

// goneFor is the time for which a key that was deleted, or whose time is over, is shown as such.
const goneFor = 10 * time.Second

// overhead limits the bytes of a message beside its value.
const overhead = 4 * MostKey

func (s *Buckets) newBucket(name, label, token string, bounds config.Bucket) *Bucket {
	b := &Bucket{Deps: s.deps, name: name, label: label, prefix: "$KV.eslua-" + token + ".", bounds: bounds, seed: maphash.MakeSeed(), metrics: s.metrics.of(label)}
	for i := range b.turns {
		b.turns[i] = make(chan struct{}, 1)
	}
	b.stream = s.deps.Store.Stream(jetstream.StreamConfig{
		Name: "KV_eslua-" + token, Description: "eslua: kv of " + name, Subjects: []string{b.prefix + ">"},
		MaxMsgsPerSubject: 1, MaxBytes: int64(bounds.Size), MaxMsgs: int64(bounds.Keys), MaxMsgSize: int32(bounds.Value) + overhead,
		Discard: jetstream.DiscardNew, AllowRollup: true, AllowMsgTTL: true, SubjectDeleteMarkerTTL: goneFor, Duplicates: time.Second,
	}, s.deps.Clock)
	return b
}
