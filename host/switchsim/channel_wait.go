package switchsim

import "time"

// outcome tells why a wait ended.
type outcome uint8

const (
	timedOut     outcome = iota
	hungUp               // the channel is down
	moved                // it has to go to another state (transfer, resume)
	interrupted          // uuid_break
	digitDone            // a digit ended it
	conditionMet         // wait.until
)

// wait says how an application waits in its media loop.
type wait struct {
	limit       time.Duration
	endless     bool             // no limit
	digit       func(digit) bool // gets every digit from the queue; true ends the wait
	frame       time.Duration    // between two digits; 0: it gets them at once
	endOnDigit  bool             // a queued digit ends the wait and remains queued
	until       func() bool      // asked on every change; true ends the wait
	ignoreBreak bool             // uuid_break does not end it
}

// await runs the loop inside every media application of FreeSWITCH: while it waits,
// it runs queued messages (nested, so that what is playing pauses), takes
// digits, and notices hangup, transfer and break.
func (c *channel) await(w wait) outcome {
	clk := c.sw.clk
	deadline := clk.Now().Add(w.limit)
	var frame time.Time // when the next digit can be read
	for {
		if out, ended := c.interruption(w.ignoreBreak); ended {
			return out
		}
		if w.until != nil && w.until() {
			return conditionMet
		}
		began := clk.Now()
		if c.runTask() || c.runMessageInside() || c.runSessionEvent() {
			deadline = deadline.Add(clk.Now().Sub(began)) // time spent inside is not time played
			continue
		}
		if w.endOnDigit && c.hasDigit() {
			return digitDone
		}
		if w.digit != nil && !clk.Now().Before(frame) {
			if d, ok := c.dequeue(); ok {
				frame = clk.Now().Add(w.frame)
				if w.digit(d) {
					return digitDone
				}
				continue
			}
		}
		if !w.endless && !clk.Now().Before(deadline) {
			return timedOut
		}
		next := deadline
		switch reads := w.digit != nil && c.hasDigit(); {
		case reads && (w.endless || frame.Before(deadline)):
			next = frame
		case w.endless:
			<-c.wake
			continue
		}
		timer := clk.NewTimerAt(next)
		select {
		case <-c.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// interruption reports why an application must end now. A break is reported once.
func (c *channel) interruption(ignoreBreak bool) (outcome, bool) {
	if c.awaitHangup() {
		return hungUp, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.readyLocked() && c.cause == "":
		return moved, true
	case c.broken && !ignoreBreak:
		c.broken = false
		return interrupted, true
	}
	return 0, false
}

// runTask runs one posted function.
func (c *channel) runTask() bool {
	task, ok := shift(&c.mu, &c.tasks)
	if ok {
		task()
	}
	return ok
}
