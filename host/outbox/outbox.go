package outbox

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
)

// Deps holds what an Outbox needs.
type Deps struct {
	Store *durable.Store
	HTTP  Client
	Rand  func() float64 // from 0 to 1
	NewID func() string  // 1 to 64 letters, digits, - and _
	Log   *slog.Logger
	Clock clock.Clock
}

// A Client asks HTTP servers, as network.Client does.
type Client interface {
	Do(ctx context.Context, may network.Permits, r network.Request) (*network.Answer, error)
}

// An Outbox delivers pushes. Its methods may be called from any goroutine.
type Outbox struct {
	Deps
	metrics metrics
	shares  *shares
	stream  *durable.Stream // of the pushes that wait

	mu        sync.Mutex
	endpoints map[string]*endpoint
	changed   chan struct{}     // closed when endpoints has changed
	refused   map[string]uint64 // pushes that could not be kept, by endpoint
}

// New returns the Outbox of a configuration's endpoints. Nothing happens before Run.
func New(c map[string]config.Endpoint, d Deps) *Outbox {
	o := &Outbox{Deps: d, metrics: newMetrics(), shares: newShares(d.Clock), stream: streams(d), changed: make(chan struct{}), refused: map[string]uint64{}}
	o.Configure(c)
	return o
}

// Configure changes to other endpoints. What waits for one that is no more waits until
// it is there again.
func (o *Outbox) Configure(c map[string]config.Endpoint) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.endpoints
	o.endpoints = map[string]*endpoint{}
	for name, setting := range c {
		if e := before[name]; e != nil && reflect.DeepEqual(e.setting, setting) {
			o.endpoints[name] = e
			continue
		}
		o.endpoints[name] = newEndpoint(o, name, setting)
	}
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *Outbox) current() (map[string]*endpoint, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.endpoints), o.changed
}

// Run delivers until ctx ends.
func (o *Outbox) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	running := map[*endpoint]context.CancelFunc{}
	for ctx.Err() == nil {
		endpoints, changed := o.current()
		for e, stop := range running {
			if endpoints[e.name] != e {
				stop()
				delete(running, e)
			}
		}
		for _, e := range endpoints {
			if running[e] == nil {
				mine, stop := context.WithCancel(ctx)
				running[e] = stop
				work.Go(func() { e.run(mine) })
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	for _, stop := range running {
		stop()
	}
	return nil
}

// Endpoints returns the names of the endpoints, sorted.
func (o *Outbox) Endpoints() []string {
	endpoints, _ := o.current()
	return slices.Sorted(maps.Keys(endpoints))
}

// Check returns what is wrong with a push to an endpoint.
func (o *Outbox) Check(name string) error {
	if err := o.Store.Check(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.endpoints[name] == nil {
		return fmt.Errorf("the configuration has no endpoint %.80q; write endpoints: {%s: {url: https://HOST/PATH}} there", name, cmp.Or(name, "NAME"))
	}
	return nil
}

// Accept keeps a push and returns its id: from then on it is not lost. It waits for the
// disk, and while the files go from one host to the next, until ctx ends.
func (o *Outbox) Accept(ctx context.Context, p Push) (id string, err error) {
	if err := o.complete(&p); err != nil {
		return "", err
	}
	ack, err := o.keep(ctx, p.message(p.subject(), p.Endpoint+"."+p.ID), o.admission(&p))
	if err != nil {
		o.refuse(p.Endpoint)
		return "", fmt.Errorf("the push to %s is not kept: %w", p.Endpoint, err)
	}
	if !ack.Duplicate {
		o.shares.add(&p, ack.Sequence)
	}
	o.metrics.accepted.WithLabelValues(p.Endpoint).Inc()
	return p.ID, nil
}

// CheckPush returns what is wrong with a push; Accept fails for other reasons too.
func (o *Outbox) CheckPush(p Push) error { return o.complete(&p) }

func (o *Outbox) complete(p *Push) error {
	if err := o.Check(p.Endpoint); err != nil {
		return err
	}
	if p.ID == "" {
		p.ID = o.NewID()
	}
	p.Method = cmp.Or(strings.ToUpper(p.Method), http.MethodPost)
	p.Accepted = o.Clock.Now()
	return p.check()
}

// admission decides whether a push may wait in a stream.
type admission func(ctx context.Context, js jetstream.JetStream, stream jetstream.Stream) error

// keep gives a message to JetStream, again and again until it is kept, or refused; by
// admit, too, unless that is nil.
func (o *Outbox) keep(ctx context.Context, m *nats.Msg, admit admission) (ack *jetstream.PubAck, err error) {
	err = o.stream.Do(ctx, func(ctx context.Context, js jetstream.JetStream, stream jetstream.Stream) (err error) {
		if admit != nil {
			if err := admit(ctx, js, stream); err != nil {
				return err
			}
		}
		ack, err = js.PublishMsg(ctx, m)
		return err
	})
	return ack, err
}

// answerWait limits how long an answer of JetStream may take.
const answerWait = 5 * time.Second

// opened returns JetStream with the streams of the outbox, and waits for it a little: a
// host that has just begun opens its files.
func (o *Outbox) opened(ctx context.Context) (opened jetstream.JetStream, err error) {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	err = o.stream.Do(ctx, func(_ context.Context, js jetstream.JetStream, _ jetstream.Stream) error {
		opened = js
		return nil
	})
	return opened, err
}

// streams returns the stream of the pushes that wait, with which the others are made.
func streams(d Deps) *durable.Stream {
	records := d.Store.Bounded(128 << 20)
	return d.Store.PushStream(d.Clock,
		jetstream.StreamConfig{Name: outStream, Description: "eslua: pushes that wait", Subjects: []string{outSubject + ">"}, Retention: jetstream.WorkQueuePolicy, Duplicates: 10 * time.Minute},
		jetstream.StreamConfig{Name: deadStream, Description: "eslua: pushes that were given up", Subjects: []string{deadSubject + ">"}, Discard: jetstream.DiscardOld, MaxBytes: records, MaxAge: 90 * 24 * time.Hour},
		jetstream.StreamConfig{Name: attemptStream, Description: "eslua: attempts to deliver pushes", Subjects: []string{attemptSubject + ">"}, Discard: jetstream.DiscardOld, MaxBytes: records, MaxAge: 7 * 24 * time.Hour, MaxMsgsPerSubject: 100},
	)
}
