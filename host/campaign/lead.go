package campaign

import (
	"container/heap"
	"context"
	"encoding/json"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// A lead is this host's hold on a campaign: where each number is, and what is busy. The
// Campaigns' mu guards it.
type lead struct {
	campaigns *Campaigns
	name      string
	ctx       context.Context
	stop      context.CancelFunc

	definition Definition
	hours      *hours
	ready      bool // all numbers have been read once
	book       map[string]*item
	waiting    queue
	zones      map[string]string // one text for all that have it
	progress   Progress
	saved      bool // the progress is as it is kept

	pace   pace
	calls  int // that are followed
	away   int // of them, on nodes that are away
	routes map[string]*load
	nodes  map[string]*load
	turn   uint64 // when it last placed a call, among the campaigns
	why    string // it places none at the moment
}

// An item is a number in the book.
type item struct {
	key      string
	sequence uint64
	due      int64 // when it is called, in nanoseconds
	zone     string
	status   string // its state or, when it is done, its outcome
	at       int    // in the queue; -1: it is not there
}

// beginLead begins to dial a campaign, as soon as its numbers have been read.
func (c *Campaigns) beginLead(name string) {
	ctx, stop := context.WithCancel(context.Background())
	c.mu.Lock()
	one := c.of(name)
	l := &lead{campaigns: c, name: name, ctx: ctx, stop: stop, book: map[string]*item{}, zones: map[string]string{}}
	l.progress.Host = c.host
	l.define(one.record.Definition)
	one.lead = l
	c.running.Go(func() { l.follow(ctx) })
	c.mu.Unlock()
	c.deps.Log.Info("this host leads a campaign", "campaign", name)
}

// endLead ends the dialling; calls go on, and are followed by who leads next.
func (c *Campaigns) endLead(name, why string) {
	c.mu.Lock()
	one := c.known[name]
	if one == nil || one.lead == nil {
		c.mu.Unlock()
		return
	}
	one.lead.stop()
	one.lead = nil
	c.mu.Unlock()
	if why != "" {
		c.deps.Log.Warn("this host leads a campaign no longer", "campaign", name, "why", why)
	}
}

// define sets what the campaign shall do from now on; mu is locked.
func (l *lead) define(d Definition) {
	w, err := parseWindow(d.Window)
	if err != nil { // it was checked
		w = nil
	}
	l.definition, l.hours = d, newHours(w)
	routes, nodes := map[string]*load{}, map[string]*load{}
	for _, way := range d.To {
		if routes[way.Name] = l.routes[way.Name]; routes[way.Name] == nil {
			routes[way.Name] = &load{}
		}
	}
	for _, n := range l.campaigns.nodes {
		if nodes[n.link.Name()] = l.nodes[n.link.Name()]; nodes[n.link.Name()] == nil {
			nodes[n.link.Name()] = &load{}
		}
	}
	l.routes, l.nodes = routes, nodes
}

// follow reads the numbers as they are written.
func (l *lead) follow(ctx context.Context) {
	c := l.campaigns
	for ctx.Err() == nil {
		feed := c.stream().Feed(0, subject(numberPart, l.name, "*"))
		err := feed.Open(ctx)
		for err == nil {
			if feed.Behind() == 0 {
				l.upToDate()
			}
			m, failed := feed.Next(ctx)
			if err = failed; err != nil {
				break
			}
			var e Entry
			if json.Unmarshal(m.Data(), &e) == nil {
				_, _, key := parts(m.Subject())
				l.note(key, e, m.Sequence)
			}
		}
		feed.Close(ctx)
		if ctx.Err() == nil {
			c.deps.Log.Error("the numbers of a campaign cannot be read", "campaign", l.name, "error", err)
			_ = clock.Sleep(ctx, c.deps.Clock, lookAgain)
		}
	}
}

// upToDate lets calls be placed: all numbers have been read.
func (l *lead) upToDate() {
	c := l.campaigns
	c.mu.Lock()
	before, p := l.ready, l.progress
	l.ready = true
	c.mu.Unlock()
	if !before {
		c.deps.Log.Info("the numbers of a campaign were read", "campaign", l.name, "numbers", p.Total, "waiting", p.Waiting)
	}
	c.wakeUp()
}

// note takes down how far a number has come. A call that nobody follows is followed.
func (l *lead) note(key string, e Entry, sequence uint64) {
	c := l.campaigns
	c.mu.Lock()
	defer c.mu.Unlock()
	it := l.book[key]
	switch {
	case it == nil:
		it = &item{key: key, at: -1}
		l.book[key] = it
		l.progress.Total++
	case sequence <= it.sequence:
		return
	default:
		l.progress.count(it.status, -1)
	}
	it.sequence, it.status = sequence, e.State
	if e.State == Done {
		it.status = e.Outcome
	}
	l.progress.count(it.status, 1)
	l.saved = false
	if e.State == Waiting {
		it.due, it.zone = e.Due.UnixNano(), l.zone(e)
		if e.Due.IsZero() {
			it.due = 0
		}
		l.wait(it)
		return
	}
	if it.at >= 0 {
		heap.Remove(&l.waiting, it.at)
	}
	if (e.State == Dialled || e.State == Talking) && len(e.Attempts) > 0 && c.calls[e.last().UUID] == nil && l.ctx.Err() == nil {
		f := l.newFollowing(key, e, sequence, e.last().Route, e.last().Node)
		c.running.Go(f.resume)
	}
}

// zone returns the time zone of a number's callee.
func (l *lead) zone(e Entry) string {
	zone := l.definition.zoneOf(e)
	if have, ok := l.zones[zone]; ok {
		return have
	}
	l.zones[zone] = zone
	return zone
}

// wait puts an item into the queue, or to its place there.
func (l *lead) wait(it *item) {
	if it.at >= 0 {
		heap.Fix(&l.waiting, it.at)
	} else {
		heap.Push(&l.waiting, it)
	}
}

// A queue has the items that wait, the one that is due first at its head, and those that
// are due at the same time in the order of the list.
type queue []*item

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].due < q[j].due || q[i].due == q[j].due && q[i].sequence < q[j].sequence
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i]; q[i].at, q[j].at = i, j }
func (q *queue) Push(x any)   { it := x.(*item); it.at = len(*q); *q = append(*q, it) }
func (q *queue) Pop() any {
	old := *q
	it := old[len(old)-1]
	old[len(old)-1] = nil
	*q, it.at = old[:len(old)-1], -1
	return it
}

// far exceeds what anybody waits for without looking again.
const far = time.Hour
