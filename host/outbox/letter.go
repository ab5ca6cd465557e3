package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The states of a push that is kept.
const (
	Waiting = "waiting"
	Dead    = "dead"
)

// A Query selects pushes: by their ids, or by the rest.
type Query struct {
	IDs      []string      `json:"ids,omitempty"`
	State    string        `json:"state,omitempty"` // Waiting or Dead
	Endpoint string        `json:"endpoint,omitempty"`
	Older    time.Duration `json:"older,omitempty"` // pushes that were accepted so long ago
	Most     int           `json:"most,omitempty"`
}

func (q Query) check() error {
	if q.State != Waiting && q.State != Dead {
		return fmt.Errorf("a push is %s or %s, not %.20q", Waiting, Dead, q.State)
	}
	if q.Endpoint != "" && !token.MatchString(q.Endpoint) {
		return fmt.Errorf("%.80q is no name of an endpoint", q.Endpoint)
	}
	return nil
}

// A Letter describes a push that is kept.
type Letter struct {
	Push
	State string `json:"state"`
	Bytes int    `json:"bytes"`
	Error string `json:"error,omitempty"` // why it is dead

	sequence uint64
}

// errUnknown means that no push has an id.
var errUnknown = errors.New("no push with this id waits or is a dead letter; it may have been delivered")

// List returns the oldest pushes of a state, and how many there are of it at the most.
func (o *Outbox) List(ctx context.Context, q Query) (list []Letter, total uint64, err error) {
	if err := q.check(); err != nil {
		return nil, 0, err
	}
	stream, subject, err := o.kept(ctx, q.State)
	if err != nil {
		return nil, 0, err
	}
	filter := subject + ">"
	if q.Endpoint != "" {
		filter = subject + q.Endpoint + ".>"
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, 0, err
	}
	for _, n := range info.State.Subjects {
		total += n
	}
	for seq := uint64(0); len(list) < q.Most; {
		m, err := stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(filter))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		} else if err != nil {
			return nil, 0, err
		}
		seq = m.Sequence + 1
		l := letter(q.State, m)
		l.Body = nil // a list of many would hold them all
		if o.Clock.Now().Sub(l.Accepted) < q.Older {
			break // those after it are younger
		}
		list = append(list, l)
	}
	return list, total, nil
}

func letter(state string, m *jetstream.RawStreamMsg) Letter {
	return Letter{Push: read(m.Header, m.Data), State: state, Bytes: len(m.Data), Error: m.Header.Get(headerError), sequence: m.Sequence}
}

// kept returns the stream of the pushes of a state, and how their subjects begin.
func (o *Outbox) kept(ctx context.Context, state string) (jetstream.Stream, string, error) {
	js, err := o.opened(ctx)
	if err != nil {
		return nil, "", err
	}
	name, subject := outStream, outSubject
	if state == Dead {
		name, subject = deadStream, deadSubject
	}
	stream, err := js.Stream(ctx, name)
	return stream, subject, err
}

// find returns the push with an id that waits or is dead.
func (o *Outbox) find(ctx context.Context, id string) (Letter, jetstream.Stream, error) {
	if !token.MatchString(id) {
		return Letter{}, nil, errUnknown
	}
	for state, filter := range map[string]string{Waiting: "*.*." + id, Dead: "*." + id} {
		stream, subject, err := o.kept(ctx, state)
		if err != nil {
			return Letter{}, nil, err
		}
		m, err := stream.GetMsg(ctx, 0, jetstream.WithGetMsgSubject(subject+filter))
		if err == nil {
			return letter(state, m), stream, nil
		} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
			return Letter{}, nil, err
		}
	}
	return Letter{}, nil, errUnknown
}

// Show returns a push, if it still waits or is dead, and the attempts to deliver it, of
// the last week and at most a hundred.
func (o *Outbox) Show(ctx context.Context, id string) (l Letter, attempts []Attempt, err error) {
	l, _, err = o.find(ctx, id)
	if err != nil && !errors.Is(err, errUnknown) {
		return l, nil, err
	}
	js, failed := o.opened(ctx)
	if failed != nil {
		return l, nil, failed
	}
	stream, failed := js.Stream(ctx, attemptStream)
	if failed != nil {
		return l, nil, failed
	}
	for seq := uint64(0); token.MatchString(id); {
		m, failed := stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(attemptSubject+id))
		if errors.Is(failed, jetstream.ErrMsgNotFound) {
			break
		} else if failed != nil {
			return l, nil, failed
		}
		seq = m.Sequence + 1
		var a Attempt
		if failed := json.Unmarshal(m.Data, &a); failed != nil {
			return l, nil, fmt.Errorf("an attempt at %s: %w", id, failed)
		}
		attempts = append(attempts, a)
	}
	if len(attempts) > 0 {
		err = nil
	}
	return l, attempts, err
}

// Retry has pushes tried at once, waiting ones and dead ones, and returns how many. It
// returns an error at the first that is not there.
func (o *Outbox) Retry(ctx context.Context, q Query) (n int, err error) {
	return o.each(ctx, q, o.retry)
}

// Drop removes pushes, waiting ones and dead ones, and returns how many. It returns an
// error at the first that is not there.
func (o *Outbox) Drop(ctx context.Context, q Query) (n int, err error) { return o.each(ctx, q, o.drop) }

func (o *Outbox) retry(ctx context.Context, id string) error {
	l, stream, err := o.find(ctx, id)
	if err != nil {
		return err
	}
	if err := o.Check(l.Endpoint); err != nil {
		return err
	}
	now := o.Clock.Now()
	l.Accepted = now // it is given up as late as a new one
	unique := fmt.Sprintf("%s.%s.%d", l.Endpoint, l.ID, now.UnixNano())
	js, err := o.Store.JetStream()
	if err != nil {
		return err
	}
	if err := o.forget(ctx, js, id); err != nil {
		return err
	}
	ack, err := o.keep(ctx, l.message(l.subject(), unique), nil)
	if err != nil {
		return err
	}
	o.shares.add(&l.Push, ack.Sequence)
	if err := remove(ctx, stream, l.sequence); err != nil {
		return err
	}
	if l.State == Waiting {
		o.shares.remove(l.Flow, l.sequence)
	}
	o.hurry(l.Endpoint)
	return nil
}

// hurry has an endpoint asked that rests.
func (o *Outbox) hurry(name string) {
	o.mu.Lock()
	e := o.endpoints[name]
	o.mu.Unlock()
	if e != nil {
		e.pace.hurry()
	}
}

// forget makes the attempts at a push begin again.
func (o *Outbox) forget(ctx context.Context, js jetstream.JetStream, id string) error {
	stream, err := js.Stream(ctx, attemptStream)
	if err != nil {
		return err
	}
	return stream.Purge(ctx, jetstream.WithPurgeSubject(attemptSubject+id))
}

func (o *Outbox) drop(ctx context.Context, id string) error {
	l, stream, err := o.find(ctx, id)
	if err != nil {
		return err
	}
	if err := remove(ctx, stream, l.sequence); err != nil {
		return err
	}
	if l.State == Waiting {
		o.shares.remove(l.Flow, l.sequence)
	}
	if js, err := o.Store.JetStream(); err == nil {
		tellTurn(js, l.Endpoint, l.line())
	}
	return nil
}

// remove removes a message, which may have been delivered meanwhile.
func remove(ctx context.Context, stream jetstream.Stream, sequence uint64) error {
	err := stream.DeleteMsg(ctx, sequence)
	if err == nil {
		return nil
	}
	if _, gone := stream.GetMsg(ctx, sequence); errors.Is(gone, jetstream.ErrMsgNotFound) {
		return nil
	}
	return err
}

// atOnce is the number of pushes listed at a time.
const atOnce = 100

// each decides about all pushes that a query selects, and returns about how many. What
// is accepted or tried meanwhile is left alone.
func (o *Outbox) each(ctx context.Context, q Query, decide func(ctx context.Context, id string) error) (n int, err error) {
	for _, id := range q.IDs {
		if err := decide(ctx, id); err != nil {
			return n, fmt.Errorf("%s: %w", id, err)
		}
		n++
	}
	if len(q.IDs) > 0 {
		return n, nil
	}
	began := o.Clock.Now()
	for {
		q.Most = atOnce
		list, _, err := o.List(ctx, q)
		if err != nil {
			return n, err
		}
		done := 0
		for _, l := range list {
			if !l.Accepted.Before(began) {
				continue // it was decided about just now
			}
			if err := decide(ctx, l.ID); err != nil && !errors.Is(err, errUnknown) {
				return n, err
			}
			done++
		}
		if n += done; done == 0 {
			return n, nil
		}
	}
}
