package campaign

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
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
func (f *following) made() bool {
	timer := f.campaigns.deps.Clock.NewTimer(madeWithin)
	defer timer.Stop()
	select {
	case <-f.end.heard:
		return true
	case <-timer.C:
	case <-f.ctx.Done():
		return true
	}
	return false
}

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

// talk follows a call that was answered until it ends.
func (f *following) talk() {
	if f.entry.State != Talking {
		f.entry.State = Talking
		if err := f.write(f.ctx); errors.Is(err, errChanged) {
			return // another host follows it
		}
	}
	f.resolve()
}

// resume follows a call that this host has found: the one that dialled it has died.
func (f *following) resume() {
	defer f.over()
	f.resolve()
}

// resolve waits until a call has ended, and finds out how. If nobody can tell, the attempt
// counts as made.
func (f *following) resolve() {
	for f.ctx.Err() == nil {
		lives, known := f.lives()
		if known && !lives && f.learn() {
			return
		}
		if f.node != nil {
			s := f.node.link.Status()
			missing := f.campaigns.deps.Clock.Now().Sub(s.Since)
			f.setAway(!s.Up && missing > awayAfter)
			if !s.Up && missing > goneAfter {
				f.finish(nil)
				return
			}
		}
		if lives && f.entry.State == Dialled && f.isAnswered() {
			f.entry.State = Talking
			if err := f.write(f.ctx); errors.Is(err, errChanged) {
				return
			}
		}
		if f.heardWithin(resolveEvery) {
			f.finish(&f.end.end)
			return
		}
	}
}

// learn finds out how a call has ended whose channel the node does not have: by the event,
// which may be under way, or by the mark that it has left. If there is no mark when no
// command can be under way any more, its channel was never made: nobody was called. over is
// false if the node cannot be asked.
func (f *following) learn() (over bool) {
	clk := f.campaigns.deps.Clock
	began := clk.Now()
	for pause := time.Second; !f.heardWithin(pause); pause = 5 * time.Second {
		m, err := f.mark()
		early := clk.Now().Sub(began) < commandWithin
		switch {
		case f.ctx.Err() != nil:
			return true
		case errors.Is(err, errNoMarks):
			f.finish(nil)
			return true
		case err != nil:
			return false
		case m.end != nil:
			f.finish(m.end)
			return true
		case early:
		case m.made || f.entry.State == Talking: // something has kept it from telling its end
			f.finish(nil)
			return true
		default:
			lives, known := f.lives()
			if known && !lives {
				f.notMade()
			}
			return known && !lives
		}
	}
	f.finish(&f.end.end)
	return true
}

const (
	// sendWithin is how long after an attempt was written its command may be sent: one that
	// is later is not. From then the connection of a node has ten seconds to deliver it
	// (node.deliverWithin).
	sendWithin = 5 * time.Second
	// commandWithin is when FreeSWITCH has made the channel, or never will.
	commandWithin = 30 * time.Second
)

// notMade gives back a number that was not dialled: its host ended, or was held up, before
// FreeSWITCH had the command.
func (f *following) notMade() {
	f.entry.Attempts = f.entry.Attempts[:len(f.entry.Attempts)-1]
	f.entry.State, f.entry.Due = Waiting, f.campaigns.deps.Clock.Now()
	if err := f.write(f.ctx); err != nil && f.ctx.Err() == nil && !errors.Is(err, errChanged) {
		f.campaigns.deps.Log.Error("a number of a campaign counts as dialled, for its record cannot be written", "campaign", f.name, "error", err)
	}
}

const (
	// resolveEvery is the pause between looks whether a call lives whose end was not heard.
	resolveEvery = 15 * time.Second
	// awayAfter is how long a node is away until the places of its calls are given to others.
	awayAfter = time.Minute
	// goneAfter is how long its calls are waited for.
	goneAfter = time.Hour
)

func (f *following) heardWithin(d time.Duration) bool {
	timer := f.campaigns.deps.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-f.end.heard:
		return true
	case <-timer.C:
	case <-f.ctx.Done():
	}
	return false
}

// lives asks the node whether it has the call's channel; known is false if it cannot say.
func (f *following) lives() (lives, known bool) {
	if f.node == nil { // nobody can be asked any more
		return false, true
	}
	s := f.node.link.Status()
	if s.Up && s.CoreUUID != "" && f.entry.last().Core != "" && s.CoreUUID != f.entry.last().Core {
		return false, true // FreeSWITCH was restarted, and its calls have gone
	}
	out, err := f.api("uuid_exists " + syntax.Word(f.uuid))
	if err != nil {
		return false, false
	}
	return out == "true", out == "true" || out == "false"
}

// isAnswered reports whether the channel was answered (switch_channel.c:switch_channel_perform_mark_answered).
func (f *following) isAnswered() bool {
	out, err := f.api(syntax.ForChannel("uuid_getvar", f.uuid, "endpoint_disposition"))
	return err == nil && out == "ANSWER"
}

func (f *following) api(line string) (string, error) {
	ctx, stop := context.WithTimeout(f.ctx, 10*time.Second)
	defer stop()
	out, err := f.node.link.API(ctx, line)
	return strings.TrimSpace(out), err
}

// finish concludes a call that has ended; how is nil if nobody can tell.
func (f *following) finish(how *end) {
	c := f.campaigns
	c.mu.Lock()
	d := f.definition
	c.mu.Unlock()
	outcome, cause := Unknown, ""
	if how != nil {
		cause = how.cause
		outcome = string(syntax.OutcomeOf(cause))
		f.entry.last().Seconds, f.entry.last().Result = how.seconds, how.result
		if how.answered {
			outcome = string(syntax.Answered)
		} else if outcome == string(syntax.Answered) {
			outcome = string(syntax.Failed)
		}
	}
	if f.entry.State == Talking {
		outcome = string(syntax.Answered)
	}
	f.conclude(d, outcome, cause, "")
}

// conclude writes how the attempt has ended, and whether the number is called again.
func (f *following) conclude(d Definition, outcome, cause, why string) {
	c := f.campaigns
	now := c.deps.Clock.Now()
	a := f.entry.last()
	a.Outcome, a.Cause, a.Ended = outcome, cmp.Or(why, cause), now
	f.entry.Outcome, f.entry.State, f.entry.Due = cmp.Or(a.Result, outcome), Done, time.Time{}
	if due, again := d.again(f.entry, *a, now); again {
		f.entry.State, f.entry.Due = Waiting, due
	}
	c.metrics.ended.WithLabelValues(f.name, outcome).Inc()
	ctx, stop := context.WithTimeout(context.WithoutCancel(f.ctx), concludeWithin)
	defer stop()
	for {
		err := f.write(ctx)
		if f.isKept = err == nil; f.isKept || errors.Is(err, errChanged) {
			return
		}
		c.deps.Log.Error("how a call of a campaign has ended cannot be written", "campaign", f.name, "number", f.entry.Number, "error", err)
		if clock.Sleep(ctx, c.deps.Clock, lookAgain) != nil {
			return // who leads next looks it up
		}
	}
}

// concludeWithin limits how long it may take to write how a call has ended.
const concludeWithin = time.Minute
