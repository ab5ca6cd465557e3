package kv

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// A Walk visits the entries whose keys have a prefix, each key once, in the order in which
// they were written. It holds none of them.
type Walk struct {
	bucket *Bucket
	prefix string
	next   uint64
	seen   map[uint64]struct{} // keys by their hash, since one that is written meanwhile comes again
}

// Walk begins one.
func (b *Bucket) Walk(prefix string) (*Walk, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	return &Walk{bucket: b, prefix: prefix, seen: map[uint64]struct{}{}}, nil
}

// Seen returns how many keys it has visited.
func (w *Walk) Seen() int { return len(w.seen) }

// Next looks at the next entry; ok is false if it is none of those that are meant. After
// the last one the error is io.EOF.
func (w *Walk) Next(ctx context.Context) (e Entry, ok bool, err error) {
	var m *jetstream.RawStreamMsg
	err = w.bucket.stream.Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) (err error) {
		m, err = s.GetMsg(ctx, w.next, jetstream.WithGetMsgSubject(w.bucket.prefix+filter(w.prefix)))
		return err
	})
	w.bucket.metrics.count("walk", err)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return e, false, io.EOF
	} else if err != nil {
		return e, false, err
	}
	w.next = m.Sequence + 1
	key, ok := w.bucket.key(m.Subject)
	if !ok || !strings.HasPrefix(key, w.prefix) {
		return e, false, nil
	}
	e = w.bucket.read(key, m.Header, m.Data, m.Sequence)
	hash := maphash.String(w.bucket.seed, key)
	if _, again := w.seen[hash]; again || e.Gone {
		return e, false, nil
	}
	w.seen[hash] = struct{}{}
	return e, true, nil
}
