package durable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Shared reports whether several machines may share what the Store keeps.
func (s *Store) Shared() bool { return s != nil && len(s.config.Servers) > 0 }

// claims is the bucket of what hosts have claimed, and claimsLast how long it is
// remembered there: longer than clocks of two hosts may differ.
const (
	claims     = "eslua-claims"
	claimsLast = 24 * time.Hour
)

// Claim reports whether the host of an id is the one to do what has a name: of all hosts,
// the first that asks. The same host may ask again.
func (s *Store) Claim(ctx context.Context, name, host string) (mine bool, err error) {
	js, err := s.JetStream()
	if err != nil {
		return false, err
	}
	bucket, err := js.KeyValue(ctx, claims)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: claims, TTL: claimsLast, Replicas: s.Replicas()})
	}
	if err != nil {
		return false, fmt.Errorf("nats: %w", err)
	}
	sum := sha256.Sum256([]byte(name))
	key := hex.EncodeToString(sum[:])
	_, err = bucket.Create(ctx, key, []byte(host))
	if errors.Is(err, jetstream.ErrKeyExists) {
		entry, err := bucket.Get(ctx, key) // an earlier attempt of ours may have been answered too late
		if err != nil {
			return false, fmt.Errorf("nats: %w", err)
		}
		return string(entry.Value()) == host, nil
	}
	if err != nil {
		return false, fmt.Errorf("nats: %w", err)
	}
	return true, nil
}
