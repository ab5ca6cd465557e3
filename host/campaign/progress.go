package campaign

import (
	"context"
	"maps"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// A Progress is how far a campaign has come, as the host that leads it has last written.
type Progress struct {
	Host     string         `json:"host,omitempty"`
	At       time.Time      `json:"at,omitzero"`
	Total    int            `json:"total"`
	Waiting  int            `json:"waiting"`
	Dialled  int            `json:"dialling"`
	Talking  int            `json:"talking"`
	Outcomes map[string]int `json:"outcomes,omitempty"` // of the numbers that are done
	Refused  int            `json:"refused,omitempty"`  // calls that nodes did not take, since this host leads
	Note     string         `json:"note,omitempty"`     // why no call is placed at the moment
}

// Done returns how many numbers are done.
func (p Progress) Done() int { return p.Total - p.Waiting - p.Dialled - p.Talking }

// count counts a number's status.
func (p *Progress) count(status string, n int) {
	switch status {
	case Waiting:
		p.Waiting += n
	case Dialled:
		p.Dialled += n
	case Talking:
		p.Talking += n
	default:
		if p.Outcomes == nil {
			p.Outcomes = map[string]int{}
		}
		if p.Outcomes[status] += n; p.Outcomes[status] == 0 {
			delete(p.Outcomes, status)
		}
	}
}

// progressEvery is the pause between two writings of the progress.
const progressEvery = 2 * time.Second

// keepProgress writes how far the campaigns have come that this host leads, and ends those
// that are done.
func (c *Campaigns) keepProgress(ctx context.Context) {
	for clock.Sleep(ctx, c.deps.Clock, progressEvery) == nil {
		for _, name := range c.names() {
			c.saveProgress(ctx, name)
			c.endIfDone(ctx, name)
		}
		c.removeOld(ctx)
	}
}

// saveProgress writes the progress if it has changed.
func (c *Campaigns) saveProgress(ctx context.Context, name string) {
	c.mu.Lock()
	p, ok := c.progressOf(name)
	one := c.known[name]
	if ok = ok && !one.lead.saved || ok && one.lead.progress.Note != p.Note; ok {
		one.lead.saved, one.lead.progress.Note = true, p.Note
	}
	c.mu.Unlock()
	if !ok {
		return
	}
	ctx, stop := context.WithTimeout(ctx, leaseTry)
	defer stop()
	var before Progress
	if sequence, _, err := c.read(ctx, subject(progressPart, name), &before); err == nil {
		_, _ = c.write(ctx, subject(progressPart, name), p, sequence) // the next one comes soon
	}
}

// progressOf returns the progress of a campaign that this host leads; mu is locked.
func (c *Campaigns) progressOf(name string) (p Progress, ok bool) {
	one := c.known[name]
	if one == nil || one.lead == nil || !one.lead.ready {
		return p, false
	}
	p = one.lead.progress
	p.Outcomes = maps.Clone(p.Outcomes)
	p.At, p.Note = c.deps.Clock.Now(), one.lead.why
	if one.record.State != Running {
		p.Note = ""
	}
	return p, true
}

// endIfDone ends a campaign of which no number is left.
func (c *Campaigns) endIfDone(ctx context.Context, name string) {
	c.mu.Lock()
	p, ok := c.progressOf(name)
	ok = ok && c.known[name].record.State == Running && p.Done() == p.Total && c.known[name].lead.calls == 0
	c.mu.Unlock()
	if !ok {
		return
	}
	ctx, stop := context.WithTimeout(ctx, leaseTry)
	defer stop()
	err := c.change(ctx, name, func(r *Record, found bool) error {
		if !found || r.State != Running {
			return errChanged
		}
		r.State = Ended
		return nil
	})
	if err == nil {
		c.deps.Log.Info("a campaign has ended", "campaign", name, "numbers", p.Total)
	}
}
