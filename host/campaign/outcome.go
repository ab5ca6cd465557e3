package campaign

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

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
