package outbound

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
)

// forever marks a wait without a limit.
const forever time.Duration = -1

// hangupGrace limits the time from a CHANNEL_HANGUP to the completion of the
// application that it ends.
const hangupGrace = time.Second

// maxObserverDepth limits, as mod_lua does, the nesting of callbacks that wait inside
// callbacks.
const maxObserverDepth = 25

var errTimeUp = errors.New("time is up")

// A wait is a condition that the owner waits for. Observers may wait themselves, so
// there is a stack of waits, and each of them gets every event.
type wait struct {
	onEvent     func(eventView) // may be nil
	done        func() bool
	stopped     bool // an observer returned true
	grace       bool // the wait ends hangupGrace after a hangup
	afterMove   bool // the wait does not end when the call moves on
	afterScript bool // the wait does not end when the call is displaced
}

// wait dispatches events until w is done, limit has passed, ctx ends, the call
// moves on or is displaced, or the connection has ended and no event is left.
func (c *Call) wait(ctx context.Context, limit time.Duration, w *wait) error {
	c.waits = append(c.waits, w)
	defer func() { c.waits = c.waits[:len(c.waits)-1] }()
	var late, grace deadline
	if limit == 0 {
		c.conn.Look()
	} else {
		late.start(c.clock, c.conn, limit)
		defer late.stop()
	}
	defer grace.stop()
	blocker := clock.BlockerOf(ctx)
	for {
		if c.dispatchUntil(w.done) {
			return nil
		}
		if err := c.conn.Err(); err != nil {
			if c.dispatchUntil(w.done) {
				return nil
			}
			return err
		}
		if c.displaced && !w.afterScript {
			return ErrDisplaced
		}
		if c.moved && !c.hungUp && !w.afterMove {
			return ErrMoved
		}
		if w.grace && c.hungUp && grace.timer == nil {
			grace.start(c.clock, c.conn, hangupGrace)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if limit == 0 || late.passed(c.clock) || grace.passed(c.clock) {
			return errTimeUp
		}
		blocker.Block()
		_ = c.conn.Await(ctx) // the loop sees why it ended
		blocker.Unblock()
	}
}

// A deadline may end a wait for a connection.
type deadline struct {
	at    time.Time
	timer *clock.Timer // nil: there is none
}

// start sets the deadline, unless d is negative.
func (l *deadline) start(clk clock.Clock, conn *esl.Conn, d time.Duration) {
	if d >= 0 {
		l.at = clk.Now().Add(d)
		l.timer = clk.AfterFunc(d, conn.Kick)
	}
}

func (l *deadline) passed(clk clock.Clock) bool { return l.timer != nil && !clk.Now().Before(l.at) }

func (l *deadline) stop() {
	if l.timer != nil {
		l.timer.Stop()
	}
}

// dispatchUntil dispatches the events that have arrived until done returns true,
// and reports whether it did.
func (c *Call) dispatchUntil(done func() bool) bool {
	for !done() {
		ev, ok := c.conn.Poll()
		if !ok {
			return done()
		}
		c.dispatch(ev)
	}
	return true
}

// catchUp dispatches the events that have arrived, so that an answer about the
// call's state is up to date. Inside an observer it leaves them, so that they keep
// their order, unless one of them shows that the call has hung up or moved on.
func (c *Call) catchUp() {
	if c.observerDepth > 0 {
		if c.hungUp || c.moved {
			return
		}
		if c.peek(); !c.leaves {
			return
		}
		c.leaves = false
	}
	c.conn.Look()
	for ev, ok := c.conn.Poll(); ok; ev, ok = c.conn.Poll() {
		c.dispatch(ev)
	}
}

// dispatch applies one event to the call's state, then hands it to all waits and
// observers.
func (c *Call) dispatch(e esl.Event) {
	ev := viewOf(e)
	if ev.uuid == c.shown && c.isStale(ev) {
		return
	}
	wasMoved := c.moved
	switch {
	case ev.name == "":
		if ev.Type() == "text/disconnect-notice" && ev.Get("Content-Disposition") == "linger" {
			c.hangUp("") // FreeSWITCH lingers only for a channel that is down
		}
	case ev.uuid != c.shown:
	case ev.name == "DTMF":
		c.pressed = c.clock.Now()
		if c.queuesDigits() && !c.moved {
			c.typeahead.add(e)
		}
	case strings.HasPrefix(ev.name, "CHANNEL_") || carriesVariables(ev.name):
		c.update(ev)
		c.conn.Keep(c.snapshot)
		switch {
		case ev.name == "CHANNEL_EXECUTE_COMPLETE" && ev.application.Name == "socket" && !c.isOwn(ev.application.UUID):
			c.socketEnded()
		case leavesNow(ev):
			c.moved, c.routed = true, true
		case ev.name == "CHANNEL_EXECUTE" && c.left && c.dialplan && !c.isOwn(ev.application.UUID):
			c.moved = true // the dialplan has continued
		}
		if c.moved && !wasMoved { // by somebody else
			c.moveOn(c.routed)
			c.forgetResume()
		}
		c.stopStray(ev)
	}
	if c.watch != nil && ev.uuid == c.shown && ev.name != "" {
		c.watch(Sight{e, ev.name, ev.application, c.cause})
	}
	for _, w := range c.waits {
		if w.onEvent != nil {
			w.onEvent(ev)
		}
	}
	if c.observerDepth >= maxObserverDepth || wasMoved && ev.name != "CHANNEL_HANGUP" {
		return
	}
	for _, observe := range c.observers {
		c.observerDepth++
		stop := observe(e)
		c.observerDepth--
		if stop && len(c.waits) > 0 {
			c.waits[len(c.waits)-1].stopped = true
		}
	}
}

// Sleep waits for d. It returns early with a *HangupError if the call hangs up,
// with ErrStopped if an observer says so, with ErrMoved or ErrDisplaced if the call
// moves on or is displaced, and with the error of ctx or of the connection if one of
// them ends.
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

// AwaitHangup waits for d, also if the call has moved on, until it hangs up or is
// transferred.
func (c *Call) AwaitHangup(ctx context.Context, d time.Duration) {
	w := &wait{afterMove: true}
	w.done = func() bool { return c.hungUp || c.routed }
	_ = c.wait(ctx, d, w) // the call's state tells why it ended
}

// WaitEvent waits for an event that want accepts, for d or, if d is negative,
// without a limit. It returns the zero Event when the time is up. After a hangup
// it continues until CHANNEL_HANGUP_COMPLETE, the call's last event, so that this
// can be waited for too, and then returns a *HangupError.
func (c *Call) WaitEvent(ctx context.Context, d time.Duration, want func(esl.Event) bool) (esl.Event, error) {
	var found esl.Event
	w := &wait{grace: true}
	w.onEvent = func(ev eventView) {
		if found.IsZero() && want(ev.Event) {
			found = ev.Event
		}
	}
	w.done = func() bool { return !found.IsZero() || w.stopped || c.finished }
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
