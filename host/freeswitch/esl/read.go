package esl

import (
	"errors"
	"os"
	"strings"
)

// read reads the connection until it ends; nothing else reads it. It never waits
// for the consumer, and wakes it once for all frames of one read from the socket.
func (c *Conn) read() {
	// The last signal comes after done is closed, so that a consumer
	// that it wakes sees the end.
	defer c.signal()
	defer close(c.done)
	for c.receive(true) {
		if c.news {
			c.news = false
			c.signal()
		}
		c.pace.end()
	}
	c.pace.end()
}

// receive reads once and passes on the frames that are whole then. With wait it
// waits for bytes. It reports false at the end of the connection, and without wait
// when nothing has come.
func (c *Conn) receive(wait bool) bool {
	r := &c.reader
	if !c.pace.due {
		r.makeRoom()
		c.holdBuffer(len(r.buf))
		n, err := r.fill(wait)
		if err != nil {
			return c.unread(err, wait)
		}
		c.pace.owes(n)
	}
	if c.pace.due {
		c.holdBuffer(len(r.buf))
		if !c.pace.begin(c, wait) {
			return wait
		}
	}
	for together := false; ; together = true {
		f, ok, err := r.buffered()
		if !ok && err == nil {
			return true
		}
		if err == nil {
			if c.o.Tap != nil {
				c.o.Tap.Received(f.raw, together)
			}
			if len(r.buf) < c.buffered { // before the frame counts in the queue
				c.holdBuffer(len(r.buf))
			}
			var wake bool
			wake, err = c.dispatch(f)
			c.news = c.news || wake
			r.greeting = c.greeting
		}
		if err != nil {
			return c.unread(err, wait)
		}
	}
}

// unread handles the error of a read, and returns what receive does.
func (c *Conn) unread(err error, wait bool) bool {
	switch {
	case errors.Is(err, errNothing):
		return wait
	case errors.Is(err, os.ErrDeadlineExceeded): // Kick's, which may have been noticed before it set it
		c.noticeKick()
		c.news = true
		return wait
	}
	c.end(err)
	c.news = true
	c.reader.release()
	return false
}

// owes reports whether a frame of this type may hold the output of a command of
// ours, which may be longer than what FreeSWITCH sends unasked.
func (c *Conn) owes(typ string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return typ == typeAPIResponse && c.replies.n > 0 || typ == typeEventPlain && len(c.jobs) > 0
}

// dispatch passes a frame to its waiter or to the queue, and reports whether the
// consumer must be woken.
func (c *Conn) dispatch(f Frame) (wake bool, err error) {
	switch f.typ {
	case typeEventPlain, typeEventJSON:
		e, err := f.Event()
		if err != nil {
			return false, err
		}
		if c.finishJob(e) {
			return c.owned, nil // otherwise its waiter has a channel
		}
		return c.queueEvent(e)
	case typeCommandReply, typeAPIResponse:
		e, err := f.Event()
		if err != nil {
			return false, err
		}
		return c.deliverReply(Reply{e}), nil
	case typeDisconnectNotice, typeRudeRejection:
		c.recordNotice(f)
		fallthrough
	case typeAuthRequest, typeLogData, typeEventXML:
		e, err := f.Event()
		if err != nil {
			return false, err
		}
		return c.queueEvent(e)
	}
	c.report("event socket: skipped a frame of an unknown type", "type", f.typ)
	return false, nil
}

func (c *Conn) queueEvent(e Event) (wake bool, err error) {
	c.mu.Lock()
	if c.greeting && c.events.n >= maxGreetingEvents {
		c.mu.Unlock()
		return false, errTooEarly
	}
	a := c.events.add(e)
	if a == admitted {
		c.hold(sizeOf(e))
	}
	first := a == lost && c.events.dropped == 1
	c.mu.Unlock()
	c.o.Budget.enforce()
	if first {
		c.o.Log.Warn("event socket: an event was dropped because the queue is full; further losses are only counted",
			"peer", c.peer(), "event", e.Name(), "queue", c.o.QueueLen)
	}
	if a == overflow {
		return false, ErrQueueFull
	}
	return a == admitted, nil
}

func (c *Conn) deliverReply(r Reply) (wake bool) {
	c.mu.Lock()
	p, ok := c.replies.pop()
	if ok {
		c.greeting = c.greeting && !(p.opens && r.Err() == nil)
		wake = !p.finish(r, nil)
		if p.job != nil {
			c.jobAccepted(p.job, r)
		}
	}
	strange := !ok && c.err == nil // at the end of a connection its replies are abandoned
	c.mu.Unlock()
	c.o.Budget.enforce()
	if strange {
		c.report("event socket: skipped a reply to no command", "text", r.Text())
	}
	return wake
}

// maxNotice is several times as long as what FreeSWITCH says at the end.
const maxNotice = 256

// recordNotice stores the text of FreeSWITCH's disconnect notice for the error. A
// linger notice does not end the connection.
func (c *Conn) recordNotice(f Frame) {
	if strings.EqualFold(f.Get("Content-Disposition"), "linger") {
		return
	}
	c.mu.Lock()
	c.notice = strings.TrimSpace(f.Body())
	if len(c.notice) > maxNotice {
		c.notice = strings.Clone(c.notice[:maxNotice]) + "..."
	}
	c.mu.Unlock()
}

// report logs only the first protocol error of a connection, so that a hostile
// peer cannot fill the log.
func (c *Conn) report(msg string, args ...any) {
	if c.strange {
		return
	}
	c.strange = true
	c.o.Log.Warn(msg, append(args, "peer", c.peer())...)
}
