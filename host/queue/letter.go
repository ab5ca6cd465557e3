package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/durable"
)

// A Letter describes a message that is kept.
type Letter struct {
	Message
	durable.Kept
	Text string `json:"value,omitempty"` // of the message that Show returns

	queue *queue
}

// errUnknown means that no message has an id.
var errUnknown = errors.New("no message with this id waits or is a dead letter; it may have been worked off")

// selected returns the queues of a query.
func (q *Queues) selected(c durable.Query) (list []*queue, err error) {
	if err := c.CheckState("message"); err != nil {
		return nil, err
	}
	names := []string{c.Of}
	if c.Of == "" {
		names = q.Names()
	}
	for _, name := range names {
		found, err := q.find(name)
		if err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	return list, nil
}

// lookWithin limits how long an admin waits for an answer about one message.
const lookWithin = 5 * time.Second

func look(ctx context.Context, stream *durable.Stream, use func(ctx context.Context, s jetstream.Stream) error) error {
	ctx, stop := context.WithTimeout(ctx, lookWithin)
	defer stop()
	return stream.Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) error { return use(ctx, s) })
}

func (q *queue) of(state string) (*durable.Stream, string) {
	if state == durable.Dead {
		return q.dead, deadSubject
	}
	return q.stream, subject
}

// List returns the oldest messages of a state, of each queue, and how many there are of it.
func (q *Queues) List(ctx context.Context, c durable.Query) (list []Letter, total uint64, err error) {
	queues, err := q.selected(c)
	if err != nil {
		return nil, 0, err
	}
	for _, one := range queues {
		letters, n, err := one.list(ctx, c)
		if err != nil {
			return nil, 0, err
		}
		list, total = append(list, letters...), total+n
	}
	return list, total, nil
}

func (q *queue) list(ctx context.Context, c durable.Query) (list []Letter, total uint64, err error) {
	stream, _ := q.of(c.State)
	for next := uint64(0); len(list) < c.Most; {
		l, err := q.get(ctx, c.State, next, ">")
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		} else if err != nil {
			return nil, 0, err
		}
		if q.Clock.Now().Sub(l.Published) < c.Older {
			break // those after it are younger
		}
		next = l.Sequence + 1
		list = append(list, l)
	}
	err = look(ctx, stream, func(ctx context.Context, s jetstream.Stream) error {
		info, err := s.Info(ctx)
		if err == nil {
			total = info.State.Msgs
		}
		return err
	})
	return list, total, err
}

// get returns the first letter from a sequence on that a filter selects.
func (q *queue) get(ctx context.Context, state string, from uint64, filter string) (Letter, error) {
	stream, subject := q.of(state)
	var m *jetstream.RawStreamMsg
	err := look(ctx, stream, func(ctx context.Context, s jetstream.Stream) (err error) {
		m, err = s.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject+q.name+"."+filter))
		return err
	})
	if err != nil {
		return Letter{}, err
	}
	return Letter{q.read(m.Header, m.Data), durable.Kept{State: state, Bytes: len(m.Data), Error: m.Header.Get(headerError), Sequence: m.Sequence}, "", q}, nil
}

// Show returns the message with an id that waits or is dead.
func (q *Queues) Show(ctx context.Context, id string) (Letter, error) {
	if !durable.IsName(id) {
		return Letter{}, errUnknown
	}
	for _, state := range []string{durable.Waiting, durable.Dead} {
		queues, err := q.selected(durable.Query{State: state})
		if err != nil {
			return Letter{}, err
		}
		for _, one := range queues {
			if l, err := one.get(ctx, state, 0, id); !errors.Is(err, jetstream.ErrMsgNotFound) {
				l.Text = string(l.Value)
				return l, err
			}
		}
	}
	return Letter{}, errUnknown
}

// Retry has messages tried at once and as often as new ones, waiting ones and dead ones,
// and returns how many.
func (q *Queues) Retry(ctx context.Context, c durable.Query) (n int, err error) {
	return q.each(ctx, c, func(ctx context.Context, l Letter) error {
		l.Published = q.Clock.Now()
		if err := l.queue.keep(ctx, l.Message, fmt.Sprintf("%s.%d", l.ID, l.Published.UnixNano())); err != nil {
			return err
		}
		return l.remove(ctx)
	})
}

// Drop removes messages, waiting ones and dead ones, and returns how many.
func (q *Queues) Drop(ctx context.Context, c durable.Query) (n int, err error) {
	return q.each(ctx, c, func(ctx context.Context, l Letter) error { return l.remove(ctx) })
}

func (l Letter) remove(ctx context.Context) error {
	stream, _ := l.queue.of(l.State)
	err := look(ctx, stream, func(ctx context.Context, s jetstream.Stream) error {
		return s.DeleteMsg(ctx, l.Sequence)
	})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil // it has just been worked off
	}
	return err
}

// each decides about all messages that a query selects, and returns how many. What is
// published meanwhile is left alone.
func (q *Queues) each(ctx context.Context, c durable.Query, decide func(context.Context, Letter) error) (n int, err error) {
	for _, id := range c.IDs {
		l, err := q.Show(ctx, id)
		if err == nil {
			err = decide(ctx, l)
		}
		if err != nil {
			return n, fmt.Errorf("%s: %w", id, err)
		}
		n++
	}
	if len(c.IDs) > 0 {
		return n, nil
	}
	queues, err := q.selected(c)
	if err != nil {
		return n, err
	}
	began := q.Clock.Now()
	for _, one := range queues {
		for from := uint64(0); ; n++ {
			l, err := one.get(ctx, c.State, from, ">")
			if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && (!l.Published.Before(began) || began.Sub(l.Published) < c.Older) {
				break
			} else if err != nil {
				return n, err
			}
			from = l.Sequence + 1
			if err := decide(ctx, l); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}
