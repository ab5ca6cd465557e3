package campaign

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// schedule places calls when they are due, until ctx ends.
func (c *Campaigns) schedule(ctx context.Context) {
	for ctx.Err() == nil {
		now := c.deps.Clock.Now()
		next := c.round(now)
		timer := c.deps.Clock.NewTimerAt(next)
		select {
		case <-timer.C:
		case <-c.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	for _, name := range c.names() { // keepLeases gives them back
		c.mu.Lock()
		if one := c.known[name]; one != nil && one.lead != nil {
			one.lead.stop()
		}
		c.mu.Unlock()
	}
}

// mostInRound bounds what is done before others may look at the campaigns.
const mostInRound = 1000

// round places the calls that may go now, and returns when to look again. Those of a
// campaign with a greater priority go first; campaigns of the same take turns.
func (c *Campaigns) round(now time.Time) (next time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next = now.Add(far)
	if c.retired.Err() != nil {
		return next
	}
	var leads []*lead
	for _, one := range c.known {
		if one.lead != nil && one.lead.ready && one.record.State == Running && one.lead.ctx.Err() == nil {
			leads = append(leads, one.lead)
		}
	}
	for n := 0; ; n++ {
		if n == mostInRound {
			return now
		}
		slices.SortFunc(leads, func(a, b *lead) int {
			return cmp.Or(cmp.Compare(b.definition.Priority, a.definition.Priority), cmp.Compare(a.turn, b.turn), cmp.Compare(a.name, b.name))
		})
		placed := false
		next = now.Add(far)
		for _, l := range leads {
			at, ok := l.place(now)
			if ok {
				c.turns++
				l.turn, placed = c.turns, true
				break
			}
			if at.Before(next) {
				next = at
			}
		}
		if !placed {
			return next
		}
	}
}

// place places one call if one may go, or returns when it may.
func (l *lead) place(now time.Time) (at time.Time, ok bool) {
	l.why = ""
	for {
		if len(l.waiting) == 0 {
			return now.Add(far), false // whoever is called back, or added, comes with the news
		}
		first := l.waiting[0]
		due := time.Unix(0, first.due)
		if due.After(now) {
			l.why = "the next call is due at " + due.UTC().Format(time.RFC3339)
			return due, false
		}
		if opens := l.hours.next(first.zone, now); opens.After(now) {
			first.due = opens.UnixNano()
			heap.Fix(&l.waiting, first.at)
			continue
		}
		break
	}
	if at := l.pace.due(); at.After(now) {
		return at, false
	}
	if l.calls-l.away >= l.definition.AtOnce {
		return now.Add(far), false // a call that ends wakes the scheduler
	}
	route, at := l.route(now)
	if route == nil {
		return at, false
	}
	n, at := l.node(now)
	if n == nil {
		return at, false
	}
	it := heap.Pop(&l.waiting).(*item)
	rate := l.definition.Rate
	l.pace.take(now, rate)
	l.routes[route.Name].take(now, cmp.Or(route.Rate, rate))
	way, _ := l.definition.permits(n.link)
	l.nodes[n.link.Name()].take(now, cmp.Or(way.Rate, rate))
	n.take(now, n.limit.rate(now))
	f := l.newFollowing(it.key, Entry{}, it.sequence, route.Name, n.link.Name())
	l.campaigns.running.Go(f.begin)
	return now, true
}

// route returns the route that takes the next call: of those that can take one, one with the fewest calls.
func (l *lead) route(now time.Time) (best *Way, at time.Time) {
	at = now.Add(far)
	for i := range l.definition.To {
		way := &l.definition.To[i]
		busy := l.routes[way.Name]
		if way.AtOnce > 0 && busy.calls >= way.AtOnce {
			continue
		}
		if due := busy.due(); way.Rate > 0 && due.After(now) {
			at = earlier(at, due)
			continue
		}
		if best == nil || busy.calls < l.routes[best.Name].calls {
			best = way
		}
	}
	return best, at
}

// node returns the node that places the next call: of those that are ready and have room, the
// one with the fewest calls for its weight.
func (l *lead) node(now time.Time) (best *nodePace, at time.Time) {
	at = now.Add(far)
	var ready []*nodePace
	var why []error
	for _, n := range l.campaigns.nodes {
		if _, permitted := l.definition.permits(n.link); !permitted {
			continue
		}
		if err := n.link.Ready(); err != nil {
			why = append(why, err)
		} else {
			ready = append(ready, n)
		}
	}
	if slices.ContainsFunc(ready, (*nodePace).hasWeight) {
		ready = slices.DeleteFunc(ready, func(n *nodePace) bool { return !n.hasWeight() })
	}
	for _, n := range ready {
		way, _ := l.definition.permits(n.link)
		busy := l.nodes[n.link.Name()]
		if way.AtOnce > 0 && busy.calls >= way.AtOnce {
			continue
		}
		due := n.due()
		if way.Rate > 0 && busy.due().After(due) {
			due = busy.due()
		}
		if due.After(now) {
			at = earlier(at, due)
			continue
		}
		if best == nil || n.isAhead(best) {
			best = n
		}
	}
	if len(ready) == 0 {
		l.why = noNode(why)
		at = now.Add(time.Second)
	}
	return best, at
}

// noNode tells why no node takes calls.
func noNode(why []error) string {
	if len(why) == 0 {
		return "none of its nodes is in the configuration"
	}
	text := errors.Join(why...).Error()
	return "no node takes calls: " + strings.ReplaceAll(text[:min(len(text), 500)], "\n", "; ")
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
