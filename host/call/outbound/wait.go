package outbound

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// forever is a wait without a time limit.
const forever time.Duration = -1

// hangupGrace is how long something that a hangup will end may still take to
// say so: the completion of an application comes after CHANNEL_HANGUP.
const hangupGrace = time.Second

// mostNested is mod_lua's depth of callbacks that wait inside callbacks.
const mostNested = 25

// errTimeUp ends a wait at its time limit.
var errTimeUp = errors.New("time is up")

// wait is one thing the owner waits for. Observers may wait themselves, so
// there is a stack of them, and every one sees every event.
type wait struct {
	see     func(sighting) // nil looks at none
	done    func() bool
	also    <-chan struct{} // tells of something else done looks at; may be nil
	stopped bool            // an observer said stop
	grace   bool            // a hangup ends it after hangupGrace
	parting bool            // the flow is over
}

// wait takes events until w is done, the time is up, ctx ends, the call is
// displaced or the connection has ended with nothing left to take.
func (c *Call) wait(ctx context.Context, limit time.Duration, w *wait) error {
	c.waits = append(c.waits, w)
	defer func() { c.waits = c.waits[:len(c.waits)-1] }()
	var up, late alarm
	up.set(c.clock, limit)
	defer up.stop()
	defer late.stop()
	for {
		if c.takeAll(w.done) {
			return nil
		}
		if err := c.conn.Err(); err != nil {
			if c.takeAll(w.done) {
				return nil
			}
			return err
		}
		if c.displaced && !w.parting {
			return ErrDisplaced
		}
		if w.grace && c.hungUp && late.c == nil {
			late.set(c.clock, hangupGrace)
		}
		select {
		case <-c.conn.Wake():
		case <-w.also:
			w.also = nil
		case <-up.c:
			return errTimeUp
		case <-late.c:
			return errTimeUp
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// alarm is a timer that may not be set.
type alarm struct {
	timer *clock.Timer
	c     <-chan time.Time
}

func (a *alarm) set(clk clock.Clock, d time.Duration) {
	if d >= 0 {
		a.timer = clk.NewTimer(d)
		a.c = a.timer.C
	}
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// takeAll takes what has arrived until done, and tells whether it is.
func (c *Call) takeAll(done func() bool) bool {
	for !done() {
		ev, ok := c.conn.Poll()
		if !ok {
			return done()
		}
		c.take(ev)
	}
	return true
}

// catchUp takes what has arrived, so that an answer is not older than it need
// be. Inside an observer it does nothing: events keep their order.
func (c *Call) catchUp() {
	if c.nested == 0 {
		c.takeAll(func() bool { return false })
	}
}

// take shows one event to the call's state, to all who wait and to the observers.
func (c *Call) take(e esl.Event) {
	ev := sight(e)
	if ev.uuid == c.uuid && c.past(ev) {
		return
	}
	switch {
	case ev.name == "":
		if ev.Type() == "text/disconnect-notice" && ev.Get("Content-Disposition") == "linger" {
			c.hangUp("") // FreeSWITCH lingers only over a channel that is down
		}
	case ev.uuid != c.uuid:
	case ev.name == "DTMF":
		if c.keepsDigits() {
			c.typeahead.add(e)
		}
	case strings.HasPrefix(ev.name, "CHANNEL_") || bringsVariables(ev.name):
		here := !c.moved
		c.note(ev)
		if ev.name == "CHANNEL_EXECUTE_COMPLETE" && ev.app == "socket" && !c.own(ev.appID) {
			c.socketEnds()
		}
		if here && c.moved { // somebody else's doing
			c.forgetResume()
		}
	}
	for _, w := range c.waits {
		if w.see != nil {
			w.see(ev)
		}
	}
	if c.nested >= mostNested {
		return
	}
	for _, observe := range c.observers {
		c.nested++
		stop := observe(e)
		c.nested--
		if stop && len(c.waits) > 0 {
			c.waits[len(c.waits)-1].stopped = true
		}
	}
}

// Sleep lets d pass, or less when the call hangs up (*HangupError), an observer
// stops it (ErrStopped), it is displaced (ErrDisplaced), ctx ends or the
// connection does.
func (c *Call) Sleep(ctx context.Context, d time.Duration) error {
	w := &wait{}
	w.done = func() bool { return c.hungUp || w.stopped }
	err := c.wait(ctx, max(d, 0), w)
	switch {
	case err == errTimeUp:
		return nil
	case err != nil:
		return err
	case c.hungUp:
		return c.hangupError()
	}
	return ErrStopped
}

// WaitEvent waits up to d (without limit when negative) for an event that want
// accepts. It returns the zero Event when the time is up. After a hangup it
// goes on up to CHANNEL_HANGUP_COMPLETE, the call's last event, so that this
// can be waited for too, and then returns a *HangupError.
func (c *Call) WaitEvent(ctx context.Context, d time.Duration, want func(esl.Event) bool) (esl.Event, error) {
	var found esl.Event
	w := &wait{grace: true}
	w.see = func(ev sighting) {
		if found.IsZero() && want(ev.Event) {
			found = ev.Event
		}
	}
	w.done = func() bool { return !found.IsZero() || w.stopped || c.ended }
	err := c.wait(ctx, d, w)
	switch {
	case !found.IsZero():
		return found, nil
	case err == errTimeUp && !c.hungUp:
		return esl.Event{}, nil
	case c.hungUp:
		return esl.Event{}, c.hangupError()
	case err != nil:
		return esl.Event{}, err
	}
	return esl.Event{}, ErrStopped
}
