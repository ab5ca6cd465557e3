package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/durable"
)

// A Letter describes a push that is kept.
type Letter struct {
	Push
	durable.Kept
	Text string `json:"body,omitempty"` // of the push that Show returns
}

// A Delivery describes a push and the attempts at it, of the last week and at most a hundred.
type Delivery struct {
	Letter             // none, if it has been delivered or dropped
	Attempts []Attempt `json:"attempts"`
}

// errUnknown means that no push has an id.
var errUnknown = errors.New("no push with this id waits or is a dead letter; it may have been delivered")

// List returns the oldest pushes of a state, and how many there are of it at the most.
func (o *Outbox) List(ctx context.Context, q durable.Query) (list []Letter, total uint64, err error) {
	return o.listFrom(ctx, q, 0)
}

// listFrom lists as List does, from a sequence on.
func (o *Outbox) listFrom(ctx context.Context, q durable.Query, seq uint64) (list []Letter, total uint64, err error) {
	if err := q.CheckState("push"); err != nil {
		return nil, 0, err
	}
	stream, subject, err := o.kept(ctx, q.State)
	if err != nil {
		return nil, 0, err
	}
	filter := subject + ">"
	if q.Of != "" {
		if err := durable.CheckName("name of an endpoint", q.Of); err != nil {
			return nil, 0, err
		}
		filter = subject + q.Of + ".>"
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, 0, err
	}
	for _, n := range info.State.Subjects {
		total += n
	}
	for len(list) < q.Most {
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
	return Letter{Push: read(m.Header, m.Data), Kept: durable.Kept{State: state, Bytes: len(m.Data), Error: m.Header.Get(headerError), Sequence: m.Sequence}}
}

// kept returns the stream of the pushes of a state, and how their subjects begin.
func (o *Outbox) kept(ctx context.Context, state string) (jetstream.Stream, string, error) {
	js, err := o.opened(ctx)
	if err != nil {
		return nil, "", err
	}
	name, subject := outStream, outSubject
	if state == durable.Dead {
		name, subject = deadStream, deadSubject
	}
	stream, err := js.Stream(ctx, name)
	return stream, subject, err
}

// find returns the push with an id that waits or is dead.
func (o *Outbox) find(ctx context.Context, id string) (Letter, jetstream.Stream, error) {
	if !durable.IsName(id) {
		return Letter{}, nil, errUnknown
	}
	for _, at := range [][2]string{{durable.Waiting, "*.*."}, {durable.Dead, "*."}} {
		stream, subject, err := o.kept(ctx, at[0])
		if err != nil {
			return Letter{}, nil, err
		}
		m, err := stream.GetMsg(ctx, 0, jetstream.WithGetMsgSubject(subject+at[1]+id))
		if err == nil {
			return letter(at[0], m), stream, nil
		} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
			return Letter{}, nil, err
		}
	}
	return Letter{}, nil, errUnknown
}

// Show returns a push, if it still waits or is dead, and the attempts at it.
func (o *Outbox) Show(ctx context.Context, id string) (d Delivery, err error) {
	d.Letter, _, err = o.find(ctx, id)
	if !durable.IsName(id) || err != nil && !errors.Is(err, errUnknown) {
		return d, err
	}
	d.Text = string(d.Body)
	attempts, failed := o.attempts(ctx, id)
	if d.Attempts = attempts; failed != nil || len(attempts) > 0 {
		err = failed
	}
	return d, err
}

func (o *Outbox) attempts(ctx context.Context, id string) (list []Attempt, err error) {
	js, err := o.opened(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, attemptStream)
	if err != nil {
		return nil, err
	}
	for seq := uint64(0); ; {
		m, err := stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(attemptSubject+id))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		seq = m.Sequence + 1
		var a Attempt
		if err := json.Unmarshal(m.Data, &a); err != nil {
			return nil, fmt.Errorf("an attempt at %s: %w", id, err)
		}
		list = append(list, a)
	}
}

// Retry has pushes tried at once, waiting ones and dead ones, and returns how many. It
// returns an error at the first that is not there.
func (o *Outbox) Retry(ctx context.Context, q durable.Query) (n int, err error) {
	resting := map[string]bool{}
	defer func() { // not before: what is delivered while it is put in line again comes twice
		for name := range resting {
			o.hurry(name)
		}
	}()
	return o.each(ctx, q, func(ctx context.Context, id string) error {
		l, stream, err := o.find(ctx, id)
		if err != nil {
			return err
		}
		if err := o.Check(l.Endpoint); err != nil {
			return err
		}
		resting[l.Endpoint] = true
		return o.retry(ctx, l, stream)
	})
}

// Drop removes pushes, waiting ones and dead ones, and returns how many. It returns an
// error at the first that is not there.
func (o *Outbox) Drop(ctx context.Context, q durable.Query) (n int, err error) {
	return o.each(ctx, q, o.drop)
}

func (o *Outbox) retry(ctx context.Context, l Letter, stream jetstream.Stream) error {
	now := o.Clock.Now()
	js, err := o.Store.JetStream()
	if err != nil {
		return err
	}
	if l.State == durable.Waiting && l.line() == "" {
		last, err := o.lastAttempt(ctx, js, l.ID)
		if err != nil || !last.Next.After(now) {
			return err // its turn comes anyway, or it is being delivered
		}
	}
	l.Accepted = now // it is given up as late as a new one
	unique := fmt.Sprintf("%s.%s.%d", l.Endpoint, l.ID, now.UnixNano())
	if err := o.forget(ctx, js, l.ID); err != nil {
		return err
	}
	ack, err := o.keep(ctx, l.message(l.subject(), unique), nil)
	if err != nil {
		return err
	}
	o.shares.add(&l.Push, ack.Sequence)
	if err := remove(ctx, stream, l.Sequence); err != nil {
		return err
	}
	if l.State == durable.Waiting {
		o.shares.remove(l.Flow, l.Sequence)
	}
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
	if err := remove(ctx, stream, l.Sequence); err != nil {
		return err
	}
	if l.State == durable.Waiting {
		o.shares.remove(l.Flow, l.Sequence)
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

// atOnce bounds the pushes that are listed at a time.
const atOnce = 100

// each decides about all pushes that a query selects, and returns about how many. What
// is accepted or tried meanwhile is left alone.
func (o *Outbox) each(ctx context.Context, q durable.Query, decide func(ctx context.Context, id string) error) (n int, err error) {
	for _, id := range q.IDs {
		if err := decide(ctx, id); err != nil {
			return n, fmt.Errorf("%s: %w", id, err)
		}
		n++
	}
	if len(q.IDs) > 0 {
		return n, nil
	}
	began, next := o.Clock.Now(), uint64(0)
	for {
		q.Most = atOnce
		list, _, err := o.listFrom(ctx, q, next)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, l := range list {
			next = l.Sequence + 1
			if !l.Accepted.Before(began) {
				continue // it was decided about just now
			}
			if err := decide(ctx, l.ID); err != nil && !errors.Is(err, errUnknown) {
				return n, err
			}
			n++
		}
	}
}
