package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/config"
)

// Deps holds what Queues need.
type Deps struct {
	Store *durable.Store
	Rand  func() float64 // from 0 to 1
	NewID func() string  // 1 to 64 letters, digits, - and _
	Log   *slog.Logger
	Clock clock.Clock
}

// Queues has all queues of the configuration. Its methods may be called from any
// goroutine.
type Queues struct {
	Deps
	metrics metrics

	mu     sync.Mutex
	queues map[string]*queue
}

// A queue is one of them.
type queue struct {
	*Queues
	name   string
	bounds config.Queue
	stream *durable.Stream
	dead   *durable.Stream

	mu       sync.Mutex
	consumer jetstream.Consumer
	last     *Failure
}

// A Failure says how a message failed.
type Failure struct {
	At    time.Time `json:"at"`
	ID    string    `json:"id"`
	Error string    `json:"error"`
}

// New returns the Queues of a configuration. Nothing happens before the first use.
func New(c map[string]config.Queue, d Deps) *Queues {
	q := &Queues{Deps: d, metrics: newMetrics()}
	q.Configure(c)
	return q
}

// Configure changes to other queues. What waits in one that is no more waits until it is
// there again.
func (q *Queues) Configure(c map[string]config.Queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := q.queues
	q.queues = map[string]*queue{}
	for name, bounds := range c {
		if old := before[name]; old != nil && old.bounds == bounds {
			q.queues[name] = old
			continue
		}
		q.queues[name] = q.newQueue(name, bounds)
	}
}

// Names returns the names of the queues, sorted.
func (q *Queues) Names() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Sorted(maps.Keys(q.queues))
}

const (
	subject     = "eslua.queue."      // NAME.ID
	deadSubject = "eslua.queue-dead." // NAME.ID

	headerID        = "Eslua-Id"
	headerFlow      = "Eslua-Flow"
	headerType      = "Eslua-Type" // json; none: bytes
	headerPublished = "Eslua-Published"
	headerError     = "Eslua-Error" // of a dead letter
)

// overhead bounds what a message may take beside its value.
const overhead = 4 << 10

func (q *Queues) newQueue(name string, bounds config.Queue) *queue {
	return &queue{
		Queues: q, name: name, bounds: bounds,
		stream: q.Store.Stream(jetstream.StreamConfig{
			Name: "ESLUA_QUEUE_" + name, Description: "eslua: messages that wait", Subjects: []string{subject + name + ".*"},
			Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew,
			MaxBytes: int64(bounds.Size), MaxMsgs: int64(bounds.Messages), MaxMsgSize: int32(bounds.Message) + overhead,
		}, q.Clock),
		dead: q.Store.Stream(jetstream.StreamConfig{
			Name: "ESLUA_QUEUE-DEAD_" + name, Description: "eslua: messages that were given up", Subjects: []string{deadSubject + name + ".*"},
			Discard: jetstream.DiscardOld, MaxBytes: int64(bounds.Size) / 4, MaxAge: 90 * 24 * time.Hour,
		}, q.Clock),
	}
}

// find returns the queue with a name.
func (q *Queues) find(name string) (*queue, error) {
	if err := q.Store.Check(); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if found := q.queues[name]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("the configuration has no queue %.80q; write queues: {%.80s: {}} there", name, name)
}

// Check returns an error if there is no such queue.
func (q *Queues) Check(name string) error {
	_, err := q.find(name)
	return err
}

// A Message is one piece of work.
type Message struct {
	ID        string    `json:"id"` // 1 to 64 letters, digits, - and _; "": Publish makes one
	Queue     string    `json:"queue"`
	Flow      string    `json:"flow"` // whose script has published it
	Published time.Time `json:"published"`
	JSON      bool      `json:"json"` // the value is JSON text, else bytes
	Value     []byte    `json:"-"`
}

// Publish keeps a message and returns its id: from then on it is not lost. Another one of
// the flow with the same id within two minutes is taken for the same.
func (q *Queues) Publish(ctx context.Context, m Message) (id string, err error) {
	to, err := q.find(m.Queue)
	if err != nil {
		return "", err
	}
	if m.ID == "" {
		m.ID = q.NewID()
	}
	if err := to.check(m); err != nil {
		return "", err
	}
	m.Published = q.Clock.Now()
	if err := to.keep(ctx, m, url.PathEscape(m.Flow)+"."+m.ID); err != nil {
		q.metrics.refused.WithLabelValues(to.name).Inc()
		return "", err
	}
	q.metrics.published.WithLabelValues(to.name).Inc()
	return m.ID, nil
}

// CheckMessage returns what is wrong with a message; Publish fails for other reasons too.
func (q *Queues) CheckMessage(m Message) error {
	to, err := q.find(m.Queue)
	if err != nil {
		return err
	}
	if m.ID == "" {
		m.ID = "-"
	}
	return to.check(m)
}

func (q *queue) check(m Message) error {
	if err := durable.CheckName("id of a message", m.ID); err != nil {
		return err
	}
	if len(m.Value) > int(q.bounds.Message) {
		return fmt.Errorf("a message of %d bytes is too long for the queue %s, which takes %d; raise queues: %s: message: in the configuration", len(m.Value), q.name, q.bounds.Message, q.name)
	}
	return nil
}

func (q *queue) keep(ctx context.Context, m Message, unique string) error {
	err := q.stream.Do(ctx, func(ctx context.Context, js jetstream.JetStream, _ jetstream.Stream) error {
		_, err := js.PublishMsg(ctx, m.message(subject, unique))
		return err
	})
	if errors.Is(err, durable.ErrFull) {
		return fmt.Errorf("the queue %s cannot take the message: %w; it may have %d messages and hold %v (messages: and size: in the configuration)", q.name, err, q.bounds.Messages, q.bounds.Size)
	}
	return err
}

// message returns the message as JetStream keeps it. unique tells JetStream whether it
// has it already.
func (m Message) message(subject, unique string) *nats.Msg {
	msg := nats.NewMsg(subject + m.Queue + "." + m.ID)
	msg.Data = m.Value
	msg.Header.Set(jetstream.MsgIDHeader, unique)
	msg.Header.Set(headerID, m.ID)
	msg.Header.Set(headerFlow, url.PathEscape(m.Flow))
	msg.Header.Set(headerPublished, m.Published.UTC().Format(time.RFC3339Nano))
	if m.JSON {
		msg.Header.Set(headerType, "json")
	}
	return msg
}

// read returns the message of one of JetStream's.
func (q *queue) read(h nats.Header, data []byte) Message {
	published, _ := time.Parse(time.RFC3339Nano, h.Get(headerPublished))
	flow, _ := url.PathUnescape(h.Get(headerFlow))
	return Message{ID: h.Get(headerID), Queue: q.name, Flow: flow, Published: published, JSON: h.Get(headerType) == "json", Value: data}
}
