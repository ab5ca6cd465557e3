package esl

import (
	"context"
	"net"
	"time"
)

// Own returns a connection without a goroutine of its own: its one consumer reads it,
// and nobody else may use it, except for End and Kick. The consumer reads while it
// waits, with Await, Pending.Wait or Job.Wait, and when it calls Look. So an event
// needs no hand-over from one goroutine to another, which costs more than reading it,
// and a call that waits has one stack. What comes while the consumer does something
// else stays with the kernel. The caller must Close the Conn.
func Own(nc net.Conn, o Options) *Conn {
	c := newConn(nc, o)
	if _, ok := c.reader.src.(patient); !ok {
		return c.start() // such a read could not be interrupted
	}
	c.owned, c.kick, c.done = true, make(chan struct{}, 1), c.ended
	return c
}

// Await waits until there may be news: an event for Poll, the answer to a posted
// command, the end of the connection, or a Kick. It returns ctx's error once ctx has
// ended.
func (c *Conn) Await(ctx context.Context) error {
	if !c.owned {
		select {
		case <-c.wake:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.watch(ctx)
	c.waiting.Store(true)
	defer c.waiting.Store(false)
	for !c.news && ctx.Err() == nil && !c.wasKicked() {
		c.receive(true)
		c.pace.end()
	}
	c.news, c.looked = false, time.Since(c.made)
	return ctx.Err()
}

// Kick ends an Await, the one that is under way or the next. Any goroutine may
// call it.
func (c *Conn) Kick() {
	if !c.owned {
		c.signal()
		return
	}
	c.kicked.Store(true)
	_ = c.nc.SetReadDeadline(time.Unix(1, 0)) // of a connection that has ended, nobody reads
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// wasKicked reports whether there was a Kick, and undoes it.
func (c *Conn) wasKicked() bool {
	if !c.kicked.Swap(false) {
		return false
	}
	c.noticeKick()
	return true
}

func (c *Conn) noticeKick() {
	c.kicked.Store(false)
	select {
	case <-c.kick:
	default:
	}
	_ = c.nc.SetReadDeadline(time.Time{})
}

// watch makes the end of ctx a Kick, if there is an Await then: most contexts end when
// nothing waits any more.
func (c *Conn) watch(ctx context.Context) {
	if ctx == c.watched {
		return
	}
	c.disown()
	c.watched, c.unwatch = ctx, context.AfterFunc(ctx, func() {
		if c.waiting.Load() {
			c.Kick()
		}
	})
}

func (c *Conn) disown() {
	if c.unwatch != nil {
		c.unwatch()
	}
	c.watched, c.unwatch = nil, nil
}

// lookEvery limits how often Look asks the kernel, which Await has just done too.
const lookEvery = 200 * time.Microsecond

// mostLooks bounds how often one Look reads.
const mostLooks = 64

// Look reads what has come, without waiting, unless that was done a moment ago. A
// connection that is not owned reads by itself.
func (c *Conn) Look() {
	if !c.owned {
		return
	}
	now := time.Since(c.made)
	if now-c.looked < lookEvery {
		return
	}
	c.looked = now
	c.news = c.wasKicked() || c.news // or the kernel would not be asked
	for n := 0; n < mostLooks && c.receive(false); n++ {
		c.pace.end()
	}
	c.pace.end()
}
