package campaign

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A following is one call of a campaign, from before it is dialled, or from when this host
// has found it, to its end. It belongs to one goroutine.
type following struct {
	*lead
	key      string
	entry    Entry
	sequence uint64 // of the entry
	route    string
	nodeName string
	node     *nodePace // nil: the configuration has it no longer
	end      *ending
	uuid     string // of its channel
	isKept   bool   // how it has ended
	isAway   bool   // its node has been away so long that other calls take its place; under Campaigns' mu
}

// newFollowing counts a call as under way; mu is locked. Exactly one of begin and resume
// must follow.
func (l *lead) newFollowing(key string, e Entry, sequence uint64, route, nodeName string) *following {
	c := l.campaigns
	f := &following{lead: l, key: key, entry: e, sequence: sequence, route: route, nodeName: nodeName, end: &ending{heard: make(chan struct{})}}
	for _, n := range c.nodes {
		if n.link.Name() == nodeName {
			f.node = n
		}
	}
	if e.State == "" {
		f.uuid = c.deps.NewID()
	} else {
		f.uuid = e.last().UUID
	}
	c.calls[f.uuid] = f.end
	l.calls++
	f.count(1)
	return f
}

// count counts the call at its route and its node; mu is locked.
func (f *following) count(n int) {
	if f.node != nil {
		f.node.calls += n
	}
	if busy := f.routes[f.route]; busy != nil {
		busy.calls += n
	}
	if busy := f.nodes[f.nodeName]; busy != nil {
		busy.calls += n
	}
}

// over ends what newFollowing began.
func (f *following) over() {
	c := f.campaigns
	f.setAway(false)
	c.mu.Lock()
	f.calls--
	f.count(-1)
	c.mu.Unlock()
	c.wakeUp()
	if f.isKept {
		f.unmark()
	}
	c.mu.Lock()
	delete(c.calls, f.uuid)
	c.mu.Unlock()
}

// setAway has other calls take the place of one whose node is away, or not any more.
func (f *following) setAway(away bool) {
	c := f.campaigns
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.isAway == away {
		return
	}
	n := 1
	if f.isAway = away; away {
		n = -1
	}
	f.away -= n
	f.count(n)
	c.wakeUp()
}

// begin dials a number.
func (f *following) begin() {
	defer f.over()
	ctx, c := f.ctx, f.campaigns
	e, found, err := c.entry(ctx, f.sequence)
	if err != nil {
		f.later(err)
		return
	}
	if !found || e.State != Waiting || Key(e.Number) != f.key { // somebody else has taken it
		return
	}
	f.entry = e
	c.mu.Lock()
	d, listener := f.definition, c.listener
	c.mu.Unlock()
	if d.DNC != "" {
		blocked, err := c.deps.Blocked(ctx, d.DNC, e.Number)
		if err != nil {
			f.later(err)
			return
		}
		if blocked {
			f.entry.State, f.entry.Outcome = Done, DoNotCall
			f.write(ctx)
			return
		}
	}
	c.mu.Lock()
	memory := f.node.memoryNow()
	c.mu.Unlock()
	a := Attempt{UUID: f.uuid, Node: f.nodeName, Core: f.node.link.Status().CoreUUID, Memory: memory, Route: f.route, Began: c.deps.Clock.Now()}
	line, err := d.line(f.name, e, call{uuid: a.UUID, listener: listener, route: f.route, marked: memory != ""})
	if err != nil {
		f.entry.Attempts = append(f.entry.Attempts, a)
		f.conclude(d, string(syntax.Failed), "NONE", err.Error())
		return
	}
	f.entry.State, f.entry.Attempts = Dialled, append(f.entry.Attempts, a)
	if err := f.write(ctx); err != nil { // then it is not dialled
		if !errors.Is(err, errChanged) {
			f.later(err)
		}
		return
	}
	if c.deps.Clock.Now().Sub(a.Began) > sendWithin { // another host may think that it never will be
		f.notMade()
		return
	}
	c.metrics.placed.WithLabelValues(f.name).Inc()
	f.dial(d, line)
}

// later has the number tried again in a while: nothing has happened to it.
func (f *following) later(err error) {
	c := f.campaigns
	if f.ctx.Err() != nil {
		return
	}
	c.deps.Log.Warn("a number of a campaign waits, for its record cannot be read or written", "campaign", f.name, "error", err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if it := f.book[f.key]; it != nil && it.sequence == f.sequence && it.at < 0 {
		it.due = c.deps.Clock.Now().Add(lookAgain).UnixNano()
		f.wait(it)
	}
}

// write writes the entry, if nobody else has.
func (f *following) write(ctx context.Context) error {
	sequence, err := f.campaigns.write(ctx, subject(numberPart, f.name, f.key), f.entry, f.sequence)
	if err == nil {
		f.sequence = sequence
		f.note(f.key, f.entry, sequence)
	}
	return err
}

// dial has FreeSWITCH dial, and follows the call.
func (f *following) dial(d Definition, line string) {
	c := f.campaigns
	ctx, stop := context.WithCancel(f.ctx)
	late := c.deps.Clock.AfterFunc(time.Duration(d.Timeout)*time.Second+lateAfter, stop)
	out, err := f.node.link.BgAPI(ctx, line)
	late.Stop()
	stop()
	var refused *esl.ReplyError
	var down *node.DownError
	switch {
	case errors.As(err, &refused):
		f.refused(d, refused.Text)
		return
	case errors.As(err, &down): // it was not sent
		f.refused(d, down.Error())
		return
	case err != nil:
		f.resolve() // whatever has become of it
		return
	}
	out = strings.TrimSpace(out)
	if strings.HasPrefix(out, "+OK") {
		f.talk()
		return
	}
	cause, ok := strings.CutPrefix(out, "-ERR ")
	if _, known := syntax.LookupCause(cause); !ok || !known {
		f.refused(d, out)
		return
	}
	if cause == noSession && !f.made() {
		f.refused(d, "it has as many sessions, or has made as many in this second, as it may")
		return
	}
	f.conclude(d, string(syntax.OutcomeOf(cause)), cause, "")
}

const (
	// lateAfter adds to the time for which the callee may ring: FreeSWITCH may say so late.
	lateAfter = 30 * time.Second
	// noSession is what originate says when FreeSWITCH makes no session
	// (switch_ivr_originate.c, and the endpoints), also because it has made as many as it may.
	noSession = "DESTINATION_OUT_OF_ORDER"
	// madeWithin limits how long the event of a channel that has ended may take.
	madeWithin = 2 * time.Second
	// mostRefused limits how often a node may refuse the call of a number.
	mostRefused = 100
)

// made reports whether FreeSWITCH has made the channel: then its end is heard.
func (f *following) made() bool { return f.heardWithin(madeWithin) || f.ctx.Err() != nil }

// refused notes that the node took no call: nobody was dialled, so that it is no attempt, and
// the node gets fewer.
func (f *following) refused(d Definition, why string) {
	c := f.campaigns
	c.mu.Lock()
	now := c.deps.Clock.Now()
	f.node.limit.refused(now)
	f.progress.Refused++
	c.mu.Unlock()
	c.metrics.refused.WithLabelValues(f.nodeName).Inc()
	if f.entry.Refused++; f.entry.Refused > mostRefused {
		f.conclude(d, string(syntax.Failed), noSession, why)
		return
	}
	f.entry.Attempts = f.entry.Attempts[:len(f.entry.Attempts)-1]
	f.entry.State, f.entry.Due = Waiting, now.Add(refusedFor)
	if err := f.write(f.ctx); err != nil && f.ctx.Err() == nil {
		c.deps.Log.Error("a number of a campaign counts as dialled, for its record cannot be written", "campaign", f.name, "error", err)
	}
}

// refusedFor holds back a number whose call was refused.
const refusedFor = 2 * time.Second
