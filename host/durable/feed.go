package durable

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
)

const (
	// silentFor is the time for which JetStream keeps a Feed that asks for nothing. One
	// that asks later goes on where it was.
	silentFor = time.Minute
	// feedWait limits how long a Feed asks at a time.
	feedWait = 30 * time.Second
	// feedBatch bounds the messages that it asks for at a time.
	feedBatch = 256
)

// A Feed delivers the messages of a Stream on some subjects, each once and in their order,
// and then those that come. Of a message that another one has replaced it may deliver
// only the other one. It belongs to one goroutine.
type Feed struct {
	stream   *Stream
	subjects []string
	next     uint64                 // the sequence from which on it has delivered nothing
	consumer jetstream.Consumer     // nil: there is none at the moment
	batch    jetstream.MessageBatch // that was asked for; nil: none
	stop     context.CancelFunc     // ends the batch
	got      uint64                 // how much it has got from the consumer
	behind   uint64                 // how many messages there were that it had not delivered
}

// A Fed is a message of a Feed.
type Fed struct {
	jetstream.Msg
	Sequence uint64
}

// Feed returns a Feed that begins at a sequence; 0: with the first message.
func (s *Stream) Feed(from uint64, subjects ...string) *Feed {
	return &Feed{stream: s, subjects: subjects, next: max(from, 1)}
}

// Open prepares the Feed, so that Behind knows how much there is.
func (f *Feed) Open(ctx context.Context) error {
	if f.consumer != nil {
		return nil
	}
	f.got = 0
	return f.stream.Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) error {
		c, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{
			FilterSubjects: f.subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: f.next,
			AckPolicy: jetstream.AckNonePolicy, InactiveThreshold: silentFor, MemoryStorage: true, Replicas: 1,
		})
		if err == nil {
			f.consumer, f.behind = c, c.CachedInfo().NumPending
		}
		return err
	})
}

// Behind returns how many messages waited for the Feed when it last got one.
func (f *Feed) Behind() uint64 { return f.behind }

// Next waits for the next message until ctx ends.
func (f *Feed) Next(ctx context.Context) (Fed, error) {
	for ctx.Err() == nil {
		if err := f.Open(ctx); err != nil {
			return Fed{}, err
		}
		m, err := f.ask(ctx)
		if err != nil {
			f.forget()
			if f.stream.Final(err) {
				return Fed{}, err
			}
			f.stream.NoteMissing(err)
			_ = clock.Sleep(ctx, f.stream.clock, againWait)
			continue
		}
		if m == nil {
			continue
		}
		meta, err := m.Metadata()
		if f.got++; err != nil || meta.Sequence.Consumer != f.got { // one before it was lost on the way
			f.forget()
			continue
		}
		f.next, f.behind = meta.Sequence.Stream+1, meta.NumPending
		return Fed{m, meta.Sequence.Stream}, nil
	}
	return Fed{}, context.Cause(ctx)
}

// ask returns the next message of the consumer, nil if none came for a while.
func (f *Feed) ask(ctx context.Context) (jetstream.Msg, error) {
	if f.batch == nil {
		within, stop := context.WithTimeout(context.WithoutCancel(ctx), feedWait) // it is asked for longer than ctx lasts
		batch, err := f.consumer.Fetch(feedBatch, jetstream.FetchContext(within))
		if err != nil {
			stop()
			return nil, err
		}
		f.batch, f.stop = batch, stop
	}
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	select {
	case m, open := <-f.batch.Messages():
		if open {
			return m, nil
		}
	case <-ctx.Done():
		return nil, nil
	}
	err := f.batch.Error()
	f.drop()
	if errors.Is(err, jetstream.ErrNoMessages) || errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return nil, err
}

// drop ends the batch.
func (f *Feed) drop() {
	if f.batch != nil {
		f.stop()
		f.batch = nil
	}
}

// forget has the next one ask a consumer of its own.
func (f *Feed) forget() {
	f.drop()
	f.consumer = nil
}

// Close frees what JetStream keeps for the Feed, or leaves that to JetStream if it does not
// answer.
func (f *Feed) Close(ctx context.Context) {
	f.drop()
	if f.consumer == nil {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if s, ok := f.stream.Look(ctx); ok {
		_ = s.DeleteConsumer(ctx, f.consumer.CachedInfo().Name)
	}
	f.consumer = nil
}
