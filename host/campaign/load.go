package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A Loader puts a list into a campaign. Call Finish when the list has ended: until then
// nobody of a new campaign is called.
type Loader struct {
	Added, Known int

	campaigns *Campaigns
	name      string
	found     bool // the campaign was there before
	pending   []jetstream.PubAckFuture
	added     int // that the room was looked at for
}

const (
	inFlight  = 128
	lookEvery = 500 // rows, at what room there is
)

// Load begins to put a list into a campaign, which is made, or changed, as the definition
// says. A number that the campaign has already stays as it is.
func (c *Campaigns) Load(ctx context.Context, d Definition) (*Loader, error) {
	if err := d.Check(*c.config.Load()); err != nil {
		return nil, err
	}
	if err := c.deps.Store.Check(); err != nil {
		return nil, err
	}
	l := &Loader{campaigns: c, name: d.Name, added: lookEvery}
	if err := c.clean(ctx, d.Name); err != nil {
		return nil, err
	}
	err := c.change(ctx, d.Name, func(r *Record, found bool) error {
		if l.found = found; !found {
			r.Created, r.State = c.deps.Clock.Now(), Loading
		}
		r.Definition = d
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.lookAtOnce()
	return l, nil
}

// clean removes what a campaign of this name that was removed may have left, as remove says.
func (c *Campaigns) clean(ctx context.Context, name string) error {
	var r Record
	_, found, err := c.read(ctx, subject(recordPart, name), &r)
	if err != nil || found && r.Name != "" {
		return err
	}
	return c.purge(ctx, name)
}

// CheckLength returns an error if a list with so many rows has more than any list could need, as
// that of a function which never returns nil.
func (l *Loader) CheckLength(rows int) error {
	if most := 2*l.campaigns.config.Load().Numbers + lookEvery; rows > most {
		return fmt.Errorf("it has more than %d rows, and all campaigns together may have half as many numbers (campaigns: numbers:); a function returns nil when its list has ended", most)
	}
	return nil
}

// Add adds a number.
func (l *Loader) Add(ctx context.Context, e Entry) error {
	if l.added++; l.added > lookEvery {
		if err := l.look(ctx); err != nil {
			return err
		}
		l.added = 0
	}
	m, _, err := l.campaigns.message(subject(numberPart, l.name, Key(e.Number)), e)
	if err != nil {
		return err
	}
	js, err := l.campaigns.deps.Store.JetStream()
	if err != nil {
		return err
	}
	future, err := js.PublishMsgAsync(m, jetstream.WithExpectLastSequencePerSubject(0))
	if err != nil {
		return err
	}
	l.pending = append(l.pending, future)
	if len(l.pending) < inFlight {
		return nil
	}
	return l.wait(ctx, inFlight/2)
}

// A RowError says why a row is not taken.
type RowError struct{ Err error }

func (e *RowError) Error() string { return e.Err.Error() }

// Exclude has a number not called, if the campaign has it and it still waits.
func (l *Loader) Exclude(ctx context.Context, number string) error {
	if !l.found {
		return nil
	}
	c, at := l.campaigns, subject(numberPart, l.name, Key(number))
	for {
		var e Entry
		sequence, found, err := c.read(ctx, at, &e)
		if err != nil || !found || e.State != Waiting {
			return err
		}
		e.State, e.Outcome, e.Due = Done, DoNotCall, time.Time{}
		if _, err := c.write(ctx, at, e, sequence); !errors.Is(err, errChanged) {
			return err
		}
	}
}

// look returns an error if there is no room for more.
func (l *Loader) look(ctx context.Context) error {
	c := l.campaigns
	var info *jetstream.StreamInfo
	err := c.stream().Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) (err error) {
		info, err = s.Info(ctx)
		return err
	})
	if err != nil {
		return err
	}
	most := *c.config.Load()
	if info.State.Msgs > uint64(most.Numbers)+lookEvery || info.State.Bytes > uint64(info.Config.MaxBytes)/2 { // the other half is for what comes of them
		return fmt.Errorf("the campaigns have %d numbers, in %d bytes: no more can be added; raise campaigns: numbers: %d and size: %v in the configuration, or remove one that has ended (eslua campaign remove NAME)",
			info.State.Msgs, info.State.Bytes, most.Numbers, most.Size)
	}
	return nil
}

// wait waits until at most so many rows are not yet kept.
func (l *Loader) wait(ctx context.Context, most int) error {
	for len(l.pending) > most {
		select {
		case <-l.pending[0].Ok():
			l.Added++
		case err := <-l.pending[0].Err():
			if !isWrongSequence(err) {
				return fmt.Errorf("the list could not be kept: %w", err)
			}
			l.Known++
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		l.pending = l.pending[1:]
	}
	return nil
}

// Finish lets the campaign begin, or go on.
func (l *Loader) Finish(ctx context.Context) (state string, err error) {
	if err := l.wait(ctx, 0); err != nil {
		return "", err
	}
	err = l.campaigns.change(ctx, l.name, func(r *Record, found bool) error {
		if !found {
			return errors.New("the campaign was removed while its list was read")
		}
		if r.State == Loading || r.State == Ended {
			r.State = Running
		}
		state = r.State
		return nil
	})
	l.campaigns.lookAtOnce()
	return state, err
}
