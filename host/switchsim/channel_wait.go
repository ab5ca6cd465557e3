package switchsim

import "time"

// outcome is why a wait ended.
type outcome uint8

const (
	timedOut    outcome = iota
	hungUp              // the channel is down
	moved               // it has to go to another state (transfer, resume)
	interrupted         // uuid_break
	digitDone           // a digit ended it
	stopped             // the wait's own condition
)

// pause is one wait of an application in its media loop.
type pause struct {
	d           time.Duration
	forever     bool
	digit       func(digit) bool // takes every digit out of the queue; true ends the wait
	peek        bool             // a queued digit ends the wait and stays
	stop        func() bool      // looked at on every change; true ends the wait
	deafToBreak bool             // uuid_break does not end it
}

// pause is the loop that every media application of FreeSWITCH is at heart: it
// waits, and meanwhile runs queued messages (each nested inside, so that what
// is playing pauses), takes digits, and notices hangup, transfer and break.
func (c *channel) pause(p pause) outcome {
	left := p.d
	expired := false
	for {
		if out, ended := c.mustLeave(p); ended {
			return out
		}
		began := c.sw.clk.Now()
		if c.runTask() || c.runQueued() || c.runSessionEvent() {
			continue // time spent inside is not time played
		}
		if p.peek && c.hasDigit() {
			return digitDone
		}
		if p.digit != nil {
			if d, ok := c.dequeue(); ok {
				if p.digit(d) {
					return digitDone
				}
				continue
			}
		}
		if expired || !p.forever && left <= 0 {
			return timedOut
		}
		if p.forever {
			<-c.wake
			continue
		}
		timer := c.sw.clk.NewTimer(left)
		select {
		case <-c.wake:
			timer.Stop()
			left -= c.sw.clk.Now().Sub(began)
			if left <= 0 {
				expired = true
			}
		case <-timer.C:
			expired = true
		}
	}
}

func (c *channel) mustLeave(p pause) (outcome, bool) {
	c.mu.Lock()
	switch {
	case c.cause != "":
		c.mu.Unlock()
		return hungUp, true
	case !c.readyLocked():
		c.mu.Unlock()
		return moved, true
	case c.broken && !p.deafToBreak:
		c.broken = false
		c.mu.Unlock()
		return interrupted, true
	}
	c.mu.Unlock()
	if p.stop != nil && p.stop() {
		return stopped, true
	}
	return timedOut, false
}

// runTask runs one posted function.
func (c *channel) runTask() bool {
	c.mu.Lock()
	if len(c.tasks) == 0 {
		c.mu.Unlock()
		return false
	}
	task := c.tasks[0]
	c.tasks = c.tasks[1:]
	c.mu.Unlock()
	task()
	return true
}
