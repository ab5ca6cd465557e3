package queue

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
)

// A Delivery is a message that a script works on. Nobody else gets it until it has failed,
// or its host has been silent for a while.
type Delivery struct {
	Message
	Attempt int // from 1

	queue *queue
	msg   jetstream.Msg
	end   func() // of the signs of life
}

// Next waits for a message until ctx ends.
func (q *Queues) Next(ctx context.Context, name string) (*Delivery, error) {
	return q.take(ctx, name, durable.Next, false)
}

// Poll returns a message that is due already, nil if there is none.
func (q *Queues) Poll(ctx context.Context, name string) (*Delivery, error) {
	return q.take(ctx, name, durable.Poll, true)
}

// An asking asks a consumer for a message.
type asking func(context.Context, jetstream.Consumer) (jetstream.Msg, error)

// take asks for a message once, or until there is one or ctx ends.
func (q *Queues) take(ctx context.Context, name string, ask asking, once bool) (*Delivery, error) {
	from, err := q.find(name)
	if err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		msg, err := from.ask(ctx, ask)
		if err != nil && from.stream.Final(err) {
			return nil, err
		}
		if err != nil {
			from.forgetConsumer()
			_ = clock.Sleep(ctx, q.Clock, 100*time.Millisecond)
			continue
		}
		if msg == nil && once {
			return nil, nil
		}
		if msg == nil {
			continue
		}
		d, err := from.deliver(ctx, msg)
		if err == nil && d != nil {
			return d, nil
		}
	}
	return nil, context.Cause(ctx)
}

// deliver returns the delivery of a message, nil if it has been tried often enough:
// nobody has said how the last attempt ended.
func (q *queue) deliver(ctx context.Context, msg jetstream.Msg) (*Delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, err
	}
	d := &Delivery{Message: q.read(msg.Headers(), msg.Data()), Attempt: int(meta.NumDelivered), queue: q, msg: msg, end: func() {}}
	if d.Attempt > q.bounds.Attempts {
		return nil, d.bury(ctx, fmt.Sprintf("%d attempts ended without a word: their hosts have died, or their scripts were ended", q.bounds.Attempts))
	}
	d.live()
	return d, nil
}

// live gives signs of life until end is called.
func (d *Delivery) live() {
	ctx, stop := context.WithCancel(context.Background())
	var living sync.WaitGroup
	living.Go(func() {
		for clock.Sleep(ctx, d.queue.Clock, time.Duration(d.queue.bounds.Silence)/3) == nil {
			_ = d.msg.InProgress()
		}
	})
	d.end = sync.OnceFunc(func() { stop(); living.Wait() })
}

// ask returns the next message that is due, nil if none came for a while.
func (q *queue) ask(ctx context.Context, ask asking) (jetstream.Msg, error) {
	consumer, err := q.consumerOf(ctx)
	if err != nil {
		return nil, err
	}
	return ask(ctx, consumer)
}

func (q *queue) consumerOf(ctx context.Context) (jetstream.Consumer, error) {
	q.mu.Lock()
	consumer := q.consumer
	q.mu.Unlock()
	if consumer != nil {
		return consumer, nil
	}
	err := q.stream.Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) (err error) {
		consumer, err = s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: "workers", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Duration(q.bounds.Silence), MaxAckPending: -1, MaxWaiting: 4096,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.consumer = consumer
	return consumer, nil
}

func (q *queue) forgetConsumer() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.consumer = nil
}

// Ack says that the message is worked off. It returns when that is noted.
func (d *Delivery) Ack(ctx context.Context) error {
	defer d.end()
	if err := d.ack(ctx); err != nil {
		return err
	}
	d.queue.metrics.done.WithLabelValues(d.Queue).Inc()
	return nil
}

func (d *Delivery) ack(ctx context.Context) error {
	return d.queue.stream.Do(ctx, func(ctx context.Context, _ jetstream.JetStream, _ jetstream.Stream) error {
		return d.msg.DoubleAck(ctx)
	})
}

// Fail says that the message could not be worked off. It is tried again later, after so
// long or, if that is 0, the longer the more often it has failed; after the last attempt
// it is a dead letter.
func (d *Delivery) Fail(ctx context.Context, reason string, after time.Duration) error {
	defer d.end()
	reason = durable.Reason(reason)
	d.queue.metrics.failed.WithLabelValues(d.Queue).Inc()
	d.queue.note(Failure{d.queue.Clock.Now(), d.ID, reason})
	if d.Attempt >= d.queue.bounds.Attempts {
		return d.bury(ctx, reason)
	}
	if after <= 0 {
		after = durable.Backoff(d.Attempt, d.queue.Rand())
	}
	d.queue.Log.Warn("a message failed and is tried again", "queue", d.Queue, "message", d.ID, "attempt", d.Attempt, "after", after.Round(time.Second), "error", reason)
	return d.msg.NakWithDelay(after)
}

func (q *queue) note(f Failure) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = &f
}

// Return gives the message back: it is tried at once.
func (d *Delivery) Return() {
	d.end()
	_ = d.msg.Nak() // if that is lost, it is tried when its host has been silent
}

// bury makes the message a dead letter.
func (d *Delivery) bury(ctx context.Context, reason string) error {
	letter := d.message(deadSubject, "dead."+url.PathEscape(d.Flow)+"."+d.ID+"."+d.Published.UTC().Format(time.RFC3339Nano))
	letter.Header.Set(headerError, reason)
	err := d.queue.dead.Do(ctx, func(ctx context.Context, js jetstream.JetStream, _ jetstream.Stream) error {
		_, err := js.PublishMsg(ctx, letter)
		return err
	})
	if err != nil {
		return err
	}
	d.queue.metrics.dead.WithLabelValues(d.Queue).Inc()
	d.queue.Log.Error("a message was given up and is a dead letter now; see eslua queue", "queue", d.Queue, "message", d.ID, "attempts", d.Attempt, "error", reason)
	return d.ack(ctx)
}
