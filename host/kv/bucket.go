package kv

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/config"
)

// A Bucket has keys with one value each. Its methods may be called from any goroutine.
type Bucket struct {
	Deps
	name    string
	label   string // in metrics
	prefix  string // of its subjects
	bounds  config.Bucket
	stream  *durable.Stream
	turns   [16]chan struct{} // of those in this process that count, by key
	seed    maphash.Seed
	metrics bucketMetrics
}

// An Entry is a key with its value.
type Entry struct {
	Key      string
	Value    []byte
	JSON     bool // the value is JSON text, else bytes
	Revision uint64
	Gone     bool      // it was deleted, or its time is over
	Until    time.Time // when its time is over; zero: never
}

// ErrChanged means that a key has another revision than was expected.
var ErrChanged = errors.New("changed")

// errAbsent means that a key has no value.
var errAbsent = jetstream.ErrMsgNotFound

const (
	headerType  = "Eslua-Type"  // json; none: bytes
	headerUntil = "Eslua-Until" // when the time of a key is over, in seconds
	headerWrite = "Eslua-Write" // tells apart who wrote a value
	headerGone  = "KV-Operation"
)

// Get returns what a key has; ok is false if it has nothing.
func (b *Bucket) Get(ctx context.Context, key string) (e Entry, ok bool, err error) {
	if err := CheckKey(key); err != nil {
		return e, false, err
	}
	e, _, err = b.last(ctx, key)
	b.metrics.count("get", err)
	if errors.Is(err, errAbsent) || err == nil && e.Gone {
		return Entry{}, false, nil
	}
	return e, err == nil, err
}

// last returns the last entry of a key, which may be gone, and who wrote it.
func (b *Bucket) last(ctx context.Context, key string) (e Entry, writer string, err error) {
	var m *jetstream.RawStreamMsg
	err = b.stream.Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) (err error) {
		m, err = s.GetLastMsgForSubject(ctx, b.prefix+encode(key))
		return err
	})
	if err != nil {
		return e, "", err
	}
	return b.read(key, m.Header, m.Data, m.Sequence), m.Header.Get(headerWrite), nil
}

// read returns the entry of a message. JetStream removes one whose time is over a little
// later.
func (b *Bucket) read(key string, h nats.Header, data []byte, revision uint64) Entry {
	e := Entry{Key: key, Value: data, JSON: h.Get(headerType) == "json", Revision: revision}
	e.Gone = h.Get(headerGone) != "" || h.Get(jetstream.MarkerReasonHeader) != ""
	if seconds, err := strconv.ParseInt(h.Get(headerUntil), 10, 64); err == nil {
		e.Until = time.Unix(seconds, 0)
		e.Gone = e.Gone || !b.Clock.Now().Before(e.Until)
	}
	return e
}

// Put gives a key a value, whatever it has, and returns its revision.
func (b *Bucket) Put(ctx context.Context, e Entry) (revision uint64, err error) {
	revision, err = b.write(ctx, e, nil)
	b.metrics.count("put", err)
	return revision, err
}

// Set gives a key a value if its revision is still e.Revision; 0: if it has none. Else
// the error is ErrChanged.
func (b *Bucket) Set(ctx context.Context, e Entry) (revision uint64, err error) {
	revision, err = b.set(ctx, e)
	b.metrics.count("set", err)
	return revision, err
}

func (b *Bucket) set(ctx context.Context, e Entry) (revision uint64, err error) {
	for {
		revision, err = b.write(ctx, e, &e.Revision)
		if !errors.Is(err, ErrChanged) || e.Revision != 0 {
			return revision, err
		}
		last, _, failed := b.last(ctx, e.Key) // what is shown as gone has a revision
		switch {
		case errors.Is(failed, errAbsent): // not any more
		case failed != nil:
			return 0, failed
		case !last.Gone:
			return 0, ErrChanged
		default:
			e.Revision = last.Revision
			revision, err = b.write(ctx, e, &e.Revision)
			if e.Revision = 0; !errors.Is(err, ErrChanged) {
				return revision, err
			}
		}
	}
}

// Delete deletes a key; with a revision only if it still has that, else the error is
// ErrChanged.
func (b *Bucket) Delete(ctx context.Context, key string, revision *uint64) error {
	_, err := b.write(ctx, Entry{Key: key, Gone: true}, revision)
	b.metrics.count("delete", err)
	return err
}

// CheckValue returns what is wrong with the length of a value.
func (b *Bucket) CheckValue(bytes int) error {
	if bytes > int(b.bounds.Value) {
		return fmt.Errorf("a value of %d bytes is too long for the bucket %s, which takes %d; raise value: in the configuration", bytes, b.name, b.bounds.Value)
	}
	return nil
}

// write keeps an entry. With an expected revision it does so only if the key has that.
func (b *Bucket) write(ctx context.Context, e Entry, expected *uint64) (revision uint64, err error) {
	if err := errors.Join(CheckKey(e.Key), b.CheckValue(len(e.Value))); err != nil {
		return 0, err
	}
	m, id := b.message(e), ""
	var options []jetstream.PublishOpt
	if expected != nil {
		id = b.NewID()
		m.Header.Set(headerWrite, id)
		options = []jetstream.PublishOpt{jetstream.WithExpectLastSequencePerSubject(*expected)}
	}
	tries := 0
	err = b.stream.Do(ctx, func(ctx context.Context, js jetstream.JetStream, _ jetstream.Stream) error {
		tries++
		ack, err := js.PublishMsg(ctx, m, options...)
		if err == nil {
			revision = ack.Sequence
		}
		return err
	})
	if !isWrongRevision(err) {
		if errors.Is(err, durable.ErrFull) {
			err = fmt.Errorf("the bucket %s cannot take the value: %w; it may have %d keys and hold %v (keys: and size: in the configuration)", b.name, err, b.bounds.Keys, b.bounds.Size)
		}
		return revision, err
	}
	if tries > 1 { // an attempt whose answer was lost may have been what changed it
		if last, writer, err := b.last(ctx, e.Key); err == nil && writer == id {
			return last.Revision, nil
		}
	}
	return 0, ErrChanged
}

func isWrongRevision(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

func (b *Bucket) message(e Entry) *nats.Msg {
	m := nats.NewMsg(b.prefix + encode(e.Key))
	m.Data = e.Value
	if e.JSON {
		m.Header.Set(headerType, "json")
	}
	switch {
	case e.Gone:
		m.Header.Set(headerGone, "DEL")
		m.Header.Set(jetstream.MsgTTLHeader, goneFor.String())
	case !e.Until.IsZero():
		left := max(e.Until.Sub(b.Clock.Now())+time.Second-1, time.Second).Truncate(time.Second)
		m.Header.Set(jetstream.MsgTTLHeader, left.String())
		m.Header.Set(headerUntil, strconv.FormatInt(e.Until.Add(time.Second-1).Unix(), 10))
	}
	return m
}

// mostCount ends a counter: all whole numbers up to it are exact in Lua.
const mostCount = 1 << 53

// Add adds a whole number to the one that a key has, 0 at first, and returns the sum.
// until is when the time of a key is over that it makes; zero: never.
func (b *Bucket) Add(ctx context.Context, key string, n int64, until time.Time) (sum int64, err error) {
	sum, err = b.add(ctx, key, n, until)
	b.metrics.count("increment", err)
	return sum, err
}

func (b *Bucket) add(ctx context.Context, key string, n int64, until time.Time) (sum int64, err error) {
	leave, err := b.turn(ctx, key)
	if err != nil {
		return 0, err
	}
	defer leave()
	for failed := 0; ; failed++ {
		e, ok, err := b.Get(ctx, key)
		if err != nil {
			return 0, err
		}
		if !ok {
			e = Entry{Key: key, Until: until}
		} else if sum, err = strconv.ParseInt(string(e.Value), 10, 64); err != nil || !e.JSON {
			return 0, fmt.Errorf("the value of %.80q is no whole number, so nothing can be added to it", key)
		}
		if sum += n; sum > mostCount || sum < -mostCount {
			return 0, fmt.Errorf("the counter %.80q would go beyond 2^53", key)
		}
		e.Value, e.JSON = strconv.AppendInt(nil, sum, 10), true
		if _, err = b.set(ctx, e); !errors.Is(err, ErrChanged) {
			return sum, err
		}
		// Somebody was faster; with each failure there may be more of them.
		wait := time.Duration(b.Rand() * float64(min(failed+1, 20)) * float64(5*time.Millisecond))
		if err := clock.Sleep(ctx, b.Clock, wait); err != nil {
			return 0, context.Cause(ctx)
		}
	}
}

// turn waits until nobody else in this process counts with the key.
func (b *Bucket) turn(ctx context.Context, key string) (leave func(), err error) {
	turn := b.turns[maphash.String(b.seed, key)%uint64(len(b.turns))]
	leave = func() { <-turn }
	select {
	case turn <- struct{}{}:
		return leave, nil
	default:
	}
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	select {
	case turn <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// key returns the key of a subject of the bucket.
func (b *Bucket) key(subject string) (key string, ok bool) {
	return decode(strings.TrimPrefix(subject, b.prefix))
}
