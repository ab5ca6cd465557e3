package durable

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
)

// nextWait limits how long Next waits.
const nextWait = 30 * time.Second

// pollWait is how long the server may look for a message that is due.
const pollWait = 50 * time.Millisecond

// Next returns the next message of a consumer, nil if none came for a while or ctx has
// ended. After an error the consumer may be gone.
func Next(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	ctx, stop := context.WithTimeout(ctx, nextWait)
	defer stop()
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	m, err := consumer.Next(jetstream.FetchContext(ctx))
	// The server ends the wait a second before the context does.
	if err != nil && (ctx.Err() != nil || errors.Is(err, nats.ErrTimeout) || errors.Is(err, jetstream.ErrNoMessages)) {
		return nil, nil
	}
	return m, err
}

// Poll returns the next message of a consumer that is due already, nil if none is. The server
// decides that, however slow the way to it is.
func Poll(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	m, err := consumer.Next(jetstream.FetchMaxWait(pollWait))
	if errors.Is(err, nats.ErrTimeout) || errors.Is(err, jetstream.ErrNoMessages) {
		return nil, nil
	}
	return m, err
}
