package campaign

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A Summary is a campaign and how far it has come.
type Summary struct {
	Record
	Progress Progress `json:"progress"`
	Leader   string   `json:"leader,omitempty"` // "this host", "another host"; "": nobody
}

// Orders of an admin.
const (
	Pause  = "pause"
	Resume = "resume"
	Stop   = "stop"
	Remove = "remove"
)

// An Order changes a campaign.
type Order struct {
	Name     string `json:"name"`
	Do       string `json:"do"`                 // Pause, Resume, Stop, Remove; "": only what follows
	Priority *int   `json:"priority,omitempty"` // 0 to 9
}

var errNone = errors.New("there are no campaigns")

func unknownCampaign(name string) error {
	return fmt.Errorf("there is no campaign %.80q; eslua campaign lists them", name)
}

// Decide carries out an order, whichever host leads the campaign.
func (c *Campaigns) Decide(ctx context.Context, o Order) error {
	if err := cmp.Or(CheckName(o.Name), c.there(ctx)); err != nil {
		return err
	}
	if o.Do == Remove {
		return c.remove(ctx, o.Name)
	}
	err := c.change(ctx, o.Name, func(r *Record, found bool) error {
		if !found {
			return unknownCampaign(o.Name)
		}
		if o.Priority != nil {
			if *o.Priority < 0 || *o.Priority > 9 {
				return fmt.Errorf("a priority is 0 to 9, not %d", *o.Priority)
			}
			r.Priority = *o.Priority
		}
		to := map[string]string{Pause: Paused, Resume: Running, Stop: Stopped, "": r.State}[o.Do]
		from := map[string][]string{Pause: {Running, Paused}, Resume: {Paused, Running}, Stop: {Running, Paused, Loading, Stopped}, "": {r.State}}[o.Do]
		if !slices.Contains(from, r.State) {
			return fmt.Errorf("the campaign %s is %s: it cannot be told to %s", o.Name, r.State, o.Do)
		}
		r.State = to
		return nil
	})
	if err == nil {
		c.deps.Log.Info("an order changes a campaign", "campaign", o.Name, "order", cmp.Or(o.Do, "priority"))
	}
	return err
}

// there returns an error if there are no campaigns: to look makes nothing on the disk.
func (c *Campaigns) there(ctx context.Context) error {
	if err := c.deps.Store.Check(); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, leaseTry)
	defer stop()
	found, err := c.stream().Exists(ctx)
	if err == nil && !found {
		err = errNone
	}
	return err
}

// remove removes a campaign that nobody leads. Its record stays, without a name: NATS keeps no
// trace of a message that a later one has replaced, so that the one before would be there again
// when this process has been killed.
func (c *Campaigns) remove(ctx context.Context, name string) error {
	err := c.change(ctx, name, func(r *Record, found bool) error {
		if !found {
			return unknownCampaign(name)
		}
		if r.State == Running || r.State == Paused {
			return fmt.Errorf("the campaign %s is %s: stop it first (eslua campaign stop %s)", name, r.State, name)
		}
		r.Definition, r.State = Definition{}, Stopped
		return nil
	})
	if err != nil {
		return err
	}
	return c.purge(ctx, name)
}

// purge removes all of a campaign but its record.
func (c *Campaigns) purge(ctx context.Context, name string) error {
	return c.stream().Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) error {
		for _, subjects := range []string{subject(numberPart, name, "*"), subject(progressPart, name), subject(leasePart, name)} {
			if err := s.Purge(ctx, jetstream.WithPurgeSubject(subjects)); err != nil {
				return err
			}
		}
		return nil
	})
}

// removeOld removes campaigns that have ended long ago.
func (c *Campaigns) removeOld(ctx context.Context) {
	keep := time.Duration(c.config.Load().Keep)
	now := c.deps.Clock.Now()
	for _, name := range c.names() {
		c.mu.Lock()
		one := c.known[name]
		old := one != nil && (one.record.State == Ended || one.record.State == Stopped) && one.record.Name != "" && now.Sub(one.record.Changed) > keep
		c.mu.Unlock()
		if !old {
			continue
		}
		if err := c.remove(ctx, name); err == nil {
			c.deps.Log.Info("a campaign that ended long ago was removed with its results", "campaign", name)
		}
	}
}

// List returns all campaigns by name.
func (c *Campaigns) List(ctx context.Context) (list []Summary, err error) {
	if err := c.there(ctx); errors.Is(err, errNone) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	feed := c.stream().Feed(0, subject(recordPart, "*"))
	defer feed.Close(ctx)
	if err := feed.Open(ctx); err != nil {
		return nil, err
	}
	for feed.Behind() > 0 {
		m, err := feed.Next(ctx)
		if err != nil {
			return nil, err
		}
		var r Record
		if json.Unmarshal(m.Data(), &r) == nil && r.Name != "" {
			s, err := c.summary(ctx, r)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Summary) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// Show returns one campaign.
func (c *Campaigns) Show(ctx context.Context, name string) (s Summary, err error) {
	if err := cmp.Or(CheckName(name), c.there(ctx)); err != nil {
		return s, err
	}
	var r Record
	_, found, err := c.read(ctx, subject(recordPart, name), &r)
	if err != nil {
		return s, err
	}
	if !found || r.Name == "" {
		return s, unknownCampaign(name)
	}
	return c.summary(ctx, r)
}

// summary adds to a record how far the campaign has come.
func (c *Campaigns) summary(ctx context.Context, r Record) (Summary, error) {
	s := Summary{Record: r}
	c.mu.Lock()
	p, mine := c.progressOf(r.Name)
	c.mu.Unlock()
	if mine {
		s.Progress, s.Leader = p, "this host"
		return s, nil
	}
	if _, _, err := c.read(ctx, subject(progressPart, r.Name), &s.Progress); err != nil {
		return s, err
	}
	var l leaseMessage
	if _, _, err := c.read(ctx, subject(leasePart, r.Name), &l); err != nil {
		return s, err
	}
	if l.Host != "" {
		s.Leader = "another host"
	}
	return s, nil
}

// Results calls each with every number of a campaign, in the order in which they were last
// written.
func (c *Campaigns) Results(ctx context.Context, name string, each func(Entry) error) error {
	if _, err := c.Show(ctx, name); err != nil {
		return err
	}
	feed := c.stream().Feed(0, subject(numberPart, name, "*"))
	defer feed.Close(ctx)
	if err := feed.Open(ctx); err != nil {
		return err
	}
	seen := map[string]struct{}{} // one that is written meanwhile comes again
	for feed.Behind() > 0 {
		m, err := feed.Next(ctx)
		if err != nil {
			return err
		}
		_, _, key := parts(m.Subject())
		if _, again := seen[key]; again {
			continue
		}
		seen[key] = struct{}{}
		var e Entry
		if err := json.Unmarshal(m.Data(), &e); err != nil {
			return err
		}
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}
