package esl

import "strings"

// read reads the connection until it ends; nothing else reads it. It never waits
// for the consumer, and wakes it once for all frames of one read from the socket.
func (c *Conn) read() {
	// The last signal comes after done is closed, so that a consumer
	// that it wakes sees the end.
	defer c.signal()
	defer close(c.done)
	woken := true
	r := NewReader(patiently(c.nc), c.o.Limits)
	r.idle = func() {
		if !woken {
			woken = true
			c.signal()
		}
	}
	for {
		f, err := r.Next()
		if err == nil {
			var wake bool
			wake, err = c.take(f)
			woken = woken && !wake
		}
		if err != nil {
			c.end(err)
			if r.buf != nil {
				r.release()
			}
			return
		}
	}
}

// take passes a frame to its waiter or to the queue, and reports whether the
// consumer must be woken.
func (c *Conn) take(f Frame) (wake bool, err error) {
	switch f.typ {
	case typeEventPlain, typeEventJSON:
		e, err := f.Event()
		if err != nil {
			return false, err
		}
		if c.takeJob(e) {
			return false, nil
		}
		return c.takeEvent(e)
	case typeCommandReply, typeAPIResponse:
		e, err := f.Event()
		if err != nil {
			return false, err
		}
		return c.takeReply(Reply{e}), nil
	case typeDisconnectNotice, typeRudeRejection:
		c.takeNotice(f)
		fallthrough
	case typeAuthRequest, typeLogData, typeEventXML:
		e, err := f.Event()
		if err != nil {
			return false, err
		}
		return c.takeEvent(e)
	}
	c.report("event socket: skipped a frame of an unknown type", "type", f.typ)
	return false, nil
}

func (c *Conn) takeEvent(e Event) (wake bool, err error) {
	c.mu.Lock()
	a := c.events.add(e)
	first := a == lost && c.events.dropped == 1
	c.mu.Unlock()
	if first {
		c.o.Log.Warn("event socket: an event was dropped because the queue is full; further losses are only counted",
			"peer", c.peer(), "event", e.Name(), "queue", c.o.QueueLen)
	}
	if a == overflow {
		return false, ErrQueueFull
	}
	return a == admitted, nil
}

func (c *Conn) takeReply(r Reply) (wake bool) {
	c.mu.Lock()
	p, ok := c.replies.pop()
	if ok {
		wake = !p.finish(r, nil)
		if p.job != nil {
			c.jobAccepted(p.job, r)
		}
	}
	strange := !ok && c.err == nil // at the end of a connection its replies are abandoned
	c.mu.Unlock()
	if strange {
		c.report("event socket: skipped a reply to no command", "text", r.Text())
	}
	return wake
}

// takeNotice stores the text of FreeSWITCH's disconnect notice for the error. A
// linger notice does not end the connection.
func (c *Conn) takeNotice(f Frame) {
	if strings.EqualFold(f.Get("Content-Disposition"), "linger") {
		return
	}
	c.mu.Lock()
	c.notice = strings.TrimSpace(f.Body())
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
