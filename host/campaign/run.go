package campaign

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// lookAgain is the pause between looks for campaigns that another host may have made.
const lookAgain = 10 * time.Second

// Run leads campaigns until ctx ends.
func (c *Campaigns) Run(ctx context.Context) error {
	if c.deps.Store.Check() != nil {
		<-ctx.Done()
		return nil
	}
	if !c.await(ctx) {
		return nil
	}
	defer c.listen()()
	var all sync.WaitGroup
	all.Go(func() { c.follow(ctx) })
	all.Go(func() { c.keepLeases(ctx) })
	all.Go(func() { c.keepProgress(ctx) })
	all.Go(func() { c.askNodes(ctx) })
	c.schedule(ctx)
	all.Wait()
	c.running.Wait()
	return nil
}

// await waits until there may be a campaign: to look makes nothing on the disk.
func (c *Campaigns) await(ctx context.Context) bool {
	for {
		look, stop := context.WithTimeout(ctx, lookAgain)
		_, found := c.stream().Look(look)
		stop()
		if found {
			return true
		}
		timer := c.deps.Clock.NewTimer(lookAgain)
		select {
		case <-timer.C:
		case <-c.looks:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return false
		}
	}
}

// follow learns of records and leases as they are written.
func (c *Campaigns) follow(ctx context.Context) {
	for ctx.Err() == nil {
		feed := c.stream().Feed(0, subject(recordPart, "*"), subject(leasePart, "*"))
		for {
			m, err := feed.Next(ctx)
			if err != nil {
				if ctx.Err() == nil {
					c.deps.Log.Error("campaigns are not followed", "error", err)
					_ = clock.Sleep(ctx, c.deps.Clock, lookAgain)
				}
				break
			}
			switch kind, name, _ := parts(m.Subject()); kind {
			case recordPart:
				c.noteRecord(name, m.Data(), m.Sequence)
				c.lookAtOnce()
			case leasePart:
				c.noteLease(name, m.Data(), m.Sequence)
			}
		}
		feed.Close(ctx)
	}
}

// noteRecord learns of a record that was written; one without a name says that the campaign
// was removed.
func (c *Campaigns) noteRecord(name string, data []byte, sequence uint64) {
	var r Record
	if json.Unmarshal(data, &r) != nil {
		return
	}
	c.mu.Lock()
	one := c.of(name)
	if sequence > one.sequence {
		one.record, one.sequence = r, sequence
		if one.lead != nil {
			one.lead.define(r.Definition)
		}
	}
	gone := r.Name == ""
	c.mu.Unlock()
	if gone {
		c.endLead(name, "")
		c.mu.Lock()
		delete(c.known, name)
		c.mu.Unlock()
	}
}

// of returns a campaign by its name; mu is locked.
func (c *Campaigns) of(name string) *campaign {
	one := c.known[name]
	if one == nil {
		one = &campaign{name: name}
		c.known[name] = one
	}
	return one
}

// names returns the names of those that are known.
func (c *Campaigns) names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.known))
}
