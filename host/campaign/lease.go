package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// A lease says which host leads a campaign. Its holder writes it again and again; when
// that has not happened for a while by the clock of another host, this takes it. Clocks
// need not agree. It keeps two hosts from dialling the same list at the same time, but
// nobody's being dialled once depends on it; that depends on the entries' sequences.
type lease struct {
	host     string
	sequence uint64
	seen     time.Time // when it was last written, by this host's clock
}

const (
	leaseEvery = 5 * time.Second
	leaseLasts = 20 * time.Second
	leaseTry   = 3 * time.Second // for each write
)

type leaseMessage struct {
	Host string `json:"host"` // "": nobody
}

// keepLeases takes, renews and gives back leases until ctx ends.
func (c *Campaigns) keepLeases(ctx context.Context) {
	for ctx.Err() == nil {
		for _, name := range c.names() {
			c.keepLease(ctx, name)
		}
		timer := c.deps.Clock.NewTimer(leaseEvery)
		select {
		case <-timer.C:
		case <-c.looks: // there is another campaign, or one has another state
		case <-ctx.Done():
		}
		timer.Stop()
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), leaseTry)
	defer stop()
	for _, name := range c.names() {
		c.giveBack(ctx, name)
	}
}

func (c *Campaigns) keepLease(ctx context.Context, name string) {
	ctx, stop := context.WithTimeout(ctx, leaseTry)
	defer stop()
	now := c.deps.Clock.Now()
	c.mu.Lock()
	one := c.known[name]
	if one == nil {
		c.mu.Unlock()
		return
	}
	wanted := one.record.State == Running && c.retired.Err() == nil && (c.listener != "" || one.record.OnAnswer == "")
	held, l := one.lead != nil, one.lease
	if held && one.lead.calls > 0 {
		wanted = true // its calls are to be followed
	}
	free := l.host == "" || now.Sub(l.seen) > leaseLasts
	c.mu.Unlock()
	switch {
	case held && l.host != c.host:
		c.endLead(name, "another host leads the campaign now")
	case held && !wanted:
		c.giveBack(ctx, name)
	case held:
		c.writeLease(ctx, name, l.sequence, c.host)
	case wanted && free && c.writeLease(ctx, name, l.sequence, c.host):
		c.beginLead(name)
	}
}

// writeLease writes a lease, and reports whether it did. A host that cannot write does not
// lead for long: it cannot write attempts either.
func (c *Campaigns) writeLease(ctx context.Context, name string, last uint64, host string) bool {
	sequence, err := c.write(ctx, subject(leasePart, name), leaseMessage{host}, last)
	if errors.Is(err, errChanged) {
		c.lookAtLease(ctx, name)
	}
	if err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.known[name]; one != nil && sequence > one.lease.sequence {
		one.lease = lease{host, sequence, c.deps.Clock.Now()}
	}
	return true
}

// lookAtLease learns who holds a lease that was not as expected: it may have been removed.
func (c *Campaigns) lookAtLease(ctx context.Context, name string) {
	var m leaseMessage
	sequence, _, err := c.read(ctx, subject(leasePart, name), &m)
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.known[name]; err == nil && one != nil && sequence != one.lease.sequence {
		one.lease = lease{m.Host, sequence, c.deps.Clock.Now()}
	}
}

// giveBack ends the lead, and lets another host have it.
func (c *Campaigns) giveBack(ctx context.Context, name string) {
	c.mu.Lock()
	one := c.known[name]
	held := one != nil && one.lead != nil
	var l lease
	if held {
		l = one.lease
	}
	c.mu.Unlock()
	if !held {
		return
	}
	c.saveProgress(ctx, name)
	c.endLead(name, "")
	if l.host == c.host {
		c.writeLease(ctx, name, l.sequence, "")
	}
}

// noteLease learns of a lease that was written.
func (c *Campaigns) noteLease(name string, data []byte, sequence uint64) {
	var m leaseMessage
	if json.Unmarshal(data, &m) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.of(name); sequence > one.lease.sequence {
		one.lease = lease{m.Host, sequence, c.deps.Clock.Now()}
	}
}
