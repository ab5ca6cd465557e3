package kv

import (
	"context"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
)

// silentFor is the time for which JetStream keeps a Watch that asks for nothing. One that asks
// later goes on where it was.
const silentFor = time.Minute

// A Watch tells the changes of keys with a prefix. It holds none of them: one that is slow
// is told the newest change of each key. It belongs to one goroutine.
type Watch struct {
	bucket   *Bucket
	prefix   string
	next     uint64             // the revision from which on it has been told nothing
	consumer jetstream.Consumer // nil: there is none at the moment
	got      uint64             // how much it has got from the consumer
}

// Watch begins one: it tells what changes from now on.
func (b *Bucket) Watch(ctx context.Context, prefix string) (*Watch, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	w := &Watch{bucket: b, prefix: prefix}
	err := b.stream.Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) error {
		info, err := s.Info(ctx)
		if err == nil {
			w.next = info.State.LastSeq + 1
		}
		return err
	})
	b.metrics.count("watch", err)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Next waits for the next change until ctx ends.
func (w *Watch) Next(ctx context.Context) (Entry, error) {
	for ctx.Err() == nil {
		m, err := w.ask(ctx)
		if err != nil {
			w.consumer = nil
			if w.bucket.stream.Final(err) {
				return Entry{}, err
			}
			_ = clock.Sleep(ctx, w.bucket.Clock, 100*time.Millisecond)
			continue
		}
		if m == nil {
			continue
		}
		if e, ok := w.told(m); ok {
			return e, nil
		}
	}
	return Entry{}, context.Cause(ctx)
}

// told reads a change; ok is false if it concerns another key, or if one before it was
// lost on the way, which then comes again.
func (w *Watch) told(m jetstream.Msg) (e Entry, ok bool) {
	meta, err := m.Metadata()
	if w.got++; err != nil || meta.Sequence.Consumer != w.got {
		w.consumer = nil
		return e, false
	}
	w.next = meta.Sequence.Stream + 1
	key, ok := w.bucket.key(m.Subject())
	if !ok || !strings.HasPrefix(key, w.prefix) {
		return e, false
	}
	return w.bucket.read(key, m.Headers(), m.Data(), meta.Sequence.Stream), true
}

// ask returns the next message of the consumer, nil if none came for a while.
func (w *Watch) ask(ctx context.Context) (jetstream.Msg, error) {
	if w.consumer == nil {
		if err := w.open(ctx); err != nil {
			return nil, err
		}
	}
	return durable.Next(ctx, w.consumer)
}

func (w *Watch) open(ctx context.Context) error {
	w.got = 0
	return w.bucket.stream.Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) (err error) {
		w.consumer, err = s.CreateConsumer(ctx, jetstream.ConsumerConfig{
			FilterSubject: w.bucket.prefix + filter(w.prefix), DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: w.next,
			AckPolicy: jetstream.AckNonePolicy, InactiveThreshold: silentFor, MemoryStorage: true, Replicas: 1,
		})
		return err
	})
}

// Close frees what JetStream keeps for it, or leaves that to JetStream if it does not
// answer.
func (w *Watch) Close(ctx context.Context) {
	if w.consumer == nil {
		return
	}
	ctx, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	if s, ok := w.bucket.stream.Look(ctx); ok {
		_ = s.DeleteConsumer(ctx, w.consumer.CachedInfo().Name)
	}
	w.consumer = nil
}
