package durable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
)

const (
	// answerWait limits how long the answer to one attempt may take.
	answerWait = 5 * time.Second
	// againWait is the pause after an attempt that failed.
	againWait = 100 * time.Millisecond
)

// ErrFull means that a stream holds as much as it may.
var ErrFull = errors.New("it is full")

// A Stream is one of JetStream's, which is made at its first use, and again when it has
// gone.
type Stream struct {
	store   *Store
	configs []jetstream.StreamConfig // its own, and those of the streams that are made with it
	pushes  bool
	clock   clock.Clock
	making  chan struct{} // holds one value while somebody makes it

	mu     sync.Mutex
	stream jetstream.Stream // nil: not known to be there
}

// Stream returns a stream with as many replicas as the configuration says. Nothing is made
// before its first use.
func (s *Store) Stream(c jetstream.StreamConfig, clk clock.Clock) *Stream {
	return s.streamOf(clk, c)
}

// PushStream returns the stream of what is pushed, with which others are made. They have
// the room that is reserved for them. Do refuses at once what cannot be kept: more comes.
func (s *Store) PushStream(clk clock.Clock, c jetstream.StreamConfig, others ...jetstream.StreamConfig) *Stream {
	stream := s.streamOf(clk, append([]jetstream.StreamConfig{c}, others...)...)
	stream.pushes = true
	return stream
}

func (s *Store) streamOf(clk clock.Clock, configs ...jetstream.StreamConfig) *Stream {
	for i := range configs {
		configs[i].Replicas = s.Replicas()
	}
	return &Stream{store: s, configs: configs, clock: clk, making: make(chan struct{}, 1)}
}

// Do uses the stream, again and again until that succeeds, is refused, or ctx ends: while
// the files go from host to host, or a cluster chooses a leader, it waits. What is known to
// be broken, such as a disk, is waited for by no push, and else only by who has no deadline. An attempt whose
// answer was lost may have had its effect.
func (s *Stream) Do(ctx context.Context, use func(ctx context.Context, js jetstream.JetStream, stream jetstream.Stream) error) error {
	for {
		err := s.Try(ctx, use)
		if err == nil || final(err) {
			return clear(err)
		}
		if problem := s.store.Problem(); problem != nil && s.pushes {
			return problem
		}
		if err := s.again(ctx, err); err != nil {
			return err
		}
	}
}

// again waits until what failed with err may be tried again, or returns why that is of no
// use.
func (s *Stream) again(ctx context.Context, err error) error {
	const broken = "what must not be lost cannot be reached: %w"
	problem := s.store.Problem()
	if _, bounded := ctx.Deadline(); bounded && problem != nil {
		return fmt.Errorf(broken, problem)
	}
	if clock.Sleep(ctx, s.clock, againWait) == nil {
		return nil
	}
	return fmt.Errorf(broken+" (%w)", cmp.Or(problem, err), context.Cause(ctx))
}

// Try uses the stream once.
func (s *Stream) Try(ctx context.Context, use func(context.Context, jetstream.JetStream, jetstream.Stream) error) error {
	js, err := s.store.JetStream()
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	stream, err := s.open(ctx, js)
	if err != nil {
		return err
	}
	err = use(ctx, js, stream)
	s.NoteMissing(err)
	return err
}

// open returns the stream. One caller makes it, and the others wait for it.
func (s *Stream) open(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	if stream := s.known(); stream != nil {
		return stream, nil
	}
	select {
	case s.making <- struct{}{}:
		defer func() { <-s.making }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if stream := s.known(); stream != nil {
		return stream, nil
	}
	stream, err := s.create(ctx, js)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stream = stream
	return stream, nil
}

// create makes the streams, and returns the first.
func (s *Stream) create(ctx context.Context, js jetstream.JetStream) (first jetstream.Stream, err error) {
	for i, c := range s.configs {
		if !s.pushes {
			if err := s.store.checkRoom(ctx, js, c); err != nil {
				return nil, err
			}
		}
		stream, err := js.CreateOrUpdateStream(ctx, c)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = stream
		}
	}
	return first, nil
}

func (s *Stream) known() jetstream.Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stream
}

// Look returns the stream if it is there: to look makes nothing on the disk.
func (s *Stream) Look(ctx context.Context) (jetstream.Stream, bool) {
	if stream := s.known(); stream != nil {
		return stream, true
	}
	if !s.store.used() {
		return nil, false
	}
	js, err := s.store.JetStream()
	if err != nil {
		return nil, false
	}
	stream, err := js.Stream(ctx, s.configs[0].Name)
	return stream, err == nil
}

// Exists reports whether the stream is there, and waits for an answer until ctx ends.
func (s *Stream) Exists(ctx context.Context) (bool, error) {
	for {
		if _, ok := s.Look(ctx); ok || !s.store.used() {
			return ok, nil
		}
		js, err := s.store.JetStream()
		if err == nil {
			attempt, stop := context.WithTimeout(ctx, answerWait)
			_, err = js.Stream(attempt, s.configs[0].Name)
			stop()
		}
		if err == nil || errors.Is(err, jetstream.ErrStreamNotFound) {
			return err == nil, nil
		}
		if err := s.again(ctx, err); err != nil {
			return false, err
		}
	}
}

// NoteMissing has the stream made again if it has gone, as with an emptied disk.
func (s *Stream) NoteMissing(err error) {
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stream = nil
	}
}

// checkRoom refuses a stream that would take what is reserved for pushes: a quarter of
// the files of this process's server. How large a cluster's may become is its admin's
// matter.
func (s *Store) checkRoom(ctx context.Context, js jetstream.JetStream, c jetstream.StreamConfig) error {
	if s.holder == nil {
		return nil
	}
	add := c.MaxBytes
	if old, err := js.Stream(ctx, c.Name); err == nil {
		add -= old.CachedInfo().Config.MaxBytes
	} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	info, err := js.AccountInfo(ctx)
	if err != nil {
		return err
	}
	if most := s.holder.size / 4 * 3; add > 0 && int64(info.ReservedStore)+add > most {
		return fmt.Errorf("%w: nats.size is %d bytes, of which %d are reserved already and a quarter is kept for pushes; there is no room for %d more: raise nats.size in the configuration, or lower the sizes under kv:, buckets: and queues:", errNoRoom, s.holder.size, info.ReservedStore, add)
	}
	return nil
}

var errNoRoom = errors.New("the store has no room")

// The server's codes for what is full (nats-server, errors.json).
var fullCodes = []jetstream.ErrorCode{
	10002, // resource limits exceeded for account
	10023, // insufficient resources
	10047, // insufficient storage resources available
	10077, // maximum messages, maximum bytes exceeded
}

// Final reports whether it is of no use to do again what failed.
func (s *Stream) Final(err error) bool { return final(err) }

// final reports whether it is of no use to try once more.
func final(err error) bool {
	if errors.Is(err, ErrNowhere) || errors.Is(err, errNoRoom) || errors.Is(err, ErrFull) || errors.Is(err, nats.ErrMaxPayload) || isFull(err) ||
		errors.Is(err, jetstream.ErrMsgNotFound) {
		return true
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && api.Code >= 400 && api.Code < 500 &&
		!errors.Is(err, jetstream.ErrStreamNotFound) && !errors.Is(err, jetstream.ErrConsumerNotFound)
}

func isFull(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains(fullCodes, api.ErrorCode)
}

// clear returns an error as scripts and admins read it.
func clear(err error) error {
	if isFull(err) {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return err
}
