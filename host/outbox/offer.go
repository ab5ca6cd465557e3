package outbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
)

const (
	// mostOffered bounds what waits in memory to be kept, in bytes and in pushes.
	mostOfferedBytes = 32 << 20
	mostOffered      = 20000
	// batch is how many pushes are given to JetStream before their answers are awaited.
	batch = 256
)

// offers holds pushes that nobody waits for, until they are kept.
type offers struct {
	mu    sync.Mutex
	list  []Push
	bytes int
	more  chan struct{} // holds one signal
	empty chan struct{} // closed while there are none
}

func (q *offers) init() {
	q.more, q.empty = make(chan struct{}, 1), make(chan struct{})
	close(q.empty)
}

// Offer has a push kept soon, in order, and waits for nothing: the end of a call is not
// delayed. What does not fit in memory, when nothing can be kept for long, is dropped,
// counted and said.
func (o *Outbox) Offer(p Push) {
	err := o.complete(&p)
	if err == nil {
		err = o.offers.add(p)
	}
	if err != nil {
		o.drop(p, err)
	}
}

func (o *Outbox) drop(p Push, err error) {
	o.metrics.dropped.WithLabelValues(p.Endpoint).Inc()
	o.Log.Error("a push was dropped", "endpoint", p.Endpoint, "type", p.Type, "error", err)
}

func (q *offers) add(p Push) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := len(p.Body) + len(p.Order) + len(p.Query) + 256
	if len(q.list) >= mostOffered || q.bytes+size > mostOfferedBytes {
		return fmt.Errorf("%d pushes wait already to be kept", len(q.list))
	}
	if len(q.list) == 0 {
		q.empty = make(chan struct{})
	}
	q.list = append(q.list, p)
	q.bytes += size
	select {
	case q.more <- struct{}{}:
	default:
	}
	return nil
}

// first returns the pushes that have waited longest.
func (q *offers) first() []Push {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]Push(nil), q.list[:min(len(q.list), batch)]...)
}

func (q *offers) remove(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range q.list[:n] {
		q.bytes -= len(p.Body) + len(p.Order) + len(p.Query) + 256
	}
	if q.list = append([]Push(nil), q.list[n:]...); len(q.list) == 0 {
		close(q.empty)
	}
}

// Flush waits until everything that was offered is kept, or ctx ends.
func (o *Outbox) Flush(ctx context.Context) error {
	o.offers.mu.Lock()
	empty := o.offers.empty
	o.offers.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (q *offers) run(ctx context.Context, o *Outbox) {
	for ctx.Err() == nil {
		pushes := q.first()
		if len(pushes) == 0 {
			select {
			case <-q.more:
			case <-ctx.Done():
			}
			continue
		}
		if n := o.keepAll(ctx, pushes); n > 0 {
			q.remove(n)
		} else {
			_ = clock.Sleep(ctx, o.Clock, 250*time.Millisecond)
		}
	}
}

// keepAll keeps pushes and returns how many of the first are done with.
func (o *Outbox) keepAll(ctx context.Context, pushes []Push) (done int) {
	js, err := o.streams(ctx)
	if err != nil {
		return 0
	}
	var answers []jetstream.PubAckFuture
	for _, p := range pushes {
		answer, err := js.PublishMsgAsync(p.message(p.subject(), p.Endpoint+"."+p.ID))
		if err != nil {
			break
		}
		answers = append(answers, answer)
	}
	timer := o.Clock.NewTimer(keepWait)
	defer timer.Stop()
	for i, answer := range answers {
		select {
		case <-answer.Ok():
			o.metrics.accepted.WithLabelValues(pushes[i].Endpoint).Inc()
		case err := <-answer.Err():
			o.noteMissing(err)
			if !final(err) {
				return i
			}
			o.drop(pushes[i], err)
		case <-timer.C:
			return i
		case <-ctx.Done():
			return i
		}
	}
	return len(answers)
}
