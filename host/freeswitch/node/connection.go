package node

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// heartbeat is FreeSWITCH's default interval (event-heartbeat-interval of
// switch.conf.xml); each HEARTBEAT tells the real one.
const heartbeat = 20 * time.Second

// A connection is one authenticated connection to the node. It belongs to the
// goroutine of Run.
type connection struct {
	link     *Link
	conn     *esl.Conn
	requests []request
	up       bool

	subscribed subscribed

	lastSeen time.Time     // when anything was last received
	interval time.Duration // between heartbeats; 0: the node sends none
}

// A request is a command whose reply is handled when it arrives.
type request struct {
	pending *esl.Pending
	handle  func(esl.Reply)
}

// run subscribes, handles events and watches for silence, until the connection or
// ctx ends.
func (c *connection) run(ctx context.Context) error {
	c.interval, c.lastSeen = heartbeat, c.link.clk.Now()
	err := c.subscribe("HEARTBEAT", func(err error) {
		if err != nil {
			c.interval = 0
		}
	})
	if err != nil {
		return err
	}
	if err := c.subscribe("BACKGROUND_JOB", func(error) {}); err != nil {
		return err
	}
	if err := c.request(); err != nil {
		return err
	}
	if err := c.requestCoreUUID(); err != nil {
		return err
	}
	timer := c.link.clk.NewTimer(c.silenceLimit())
	defer func() { timer.Stop() }()
	for {
		if err := c.drain(); err != nil {
			return err
		}
		select {
		case <-c.conn.Wake():
			c.lastSeen = c.link.clk.Now()
			c.link.hear(c.lastSeen)
		case <-c.link.board.changed:
			if err := c.request(); err != nil {
				return err
			}
		case <-timer.C:
			left, err := c.checkSilence()
			if err != nil {
				return err
			}
			timer = c.link.clk.NewTimer(left)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// drain handles everything that was received: events, replies, and the end of
// the connection, in this order.
func (c *connection) drain() error {
	ended := c.conn.Err() // read first: events from before the end are still handled
	for e, ok := c.conn.Poll(); ok; e, ok = c.conn.Poll() {
		if err := c.handle(e); err != nil {
			return err
		}
	}
	if ended != nil {
		return ended
	}
	waiting := c.requests[:0]
	for _, q := range c.requests {
		r, err, ok := q.pending.Ready()
		switch {
		case !ok:
			waiting = append(waiting, q)
		case err == nil:
			q.handle(r)
		}
	}
	c.requests = waiting
	if !c.up && len(c.requests) == 0 {
		c.up = true
		c.link.setUp(c.conn)
		return c.pauseAgain()
	}
	return nil
}

func (c *connection) handle(e esl.Event) error {
	if e.Name() == "HEARTBEAT" {
		if err := c.heartbeat(e); err != nil {
			return err
		}
	}
	isWanted, lost, full := c.link.board.distribute(e)
	if lost > 0 {
		c.link.addLost(lost)
	}
	for _, s := range full {
		c.link.log.Warn("a consumer of events is too slow: its queue is full; further losses are only counted", "event", e.Name(), "queue", s.bounds.Events, "queue_bytes", s.bounds.Bytes)
	}
	if isWanted || c.conn.Err() != nil {
		return nil
	}
	return c.takeBack(e)
}

func (c *connection) heartbeat(e esl.Event) error {
	c.link.noteCore(e.Get("Core-UUID"))
	c.link.noteHealth(e)
	if n, err := strconv.Atoi(e.Get("Heartbeat-Interval")); err == nil && n > 0 && c.interval > 0 {
		c.interval = time.Duration(n) * time.Second
	}
	if !c.up {
		return nil
	}
	return c.requestCoreUUID()
}

// silenceLimit returns for how long nothing may be received: three heartbeats,
// and half of one for delays.
func (c *connection) silenceLimit() time.Duration {
	if c.interval == 0 {
		return longestPause // nothing is due; this is only when to check again
	}
	return 3*c.interval + c.interval/2
}

// checkSilence returns for how long nothing may be received from now on, or a
// *SilentError. While FreeSWITCH is busy with an API command of ours, it sends
// nothing on this connection.
func (c *connection) checkSilence() (left time.Duration, err error) {
	now := c.link.clk.Now()
	if c.link.answered.Swap(false) || c.link.inFlight.Load() > 0 || c.interval == 0 {
		c.lastSeen = now
	}
	left = c.silenceLimit() - now.Sub(c.lastSeen)
	if left <= 0 {
		return 0, &SilentError{Silence: now.Sub(c.lastSeen)}
	}
	return left, nil
}

// requestCoreUUID finds out at once whether FreeSWITCH was restarted, and how long a
// command takes that costs it next to nothing. Where the user has no right to ask, the next
// HEARTBEAT tells which FreeSWITCH it is.
func (c *connection) requestCoreUUID() error {
	cmd, err := esl.API("global_getvar core_uuid")
	if err != nil {
		return err
	}
	begun := c.link.clk.Now()
	return c.send(cmd, func(r esl.Reply) {
		c.link.noteRoundTrip(c.link.clk.Now().Sub(begun))
		if id := r.Text(); len(id) == len("a816de5e-dd00-4676-ad5e-3df344958d3a") {
			c.link.noteCore(id)
		}
	})
}

// subscribe requests an event, or CUSTOM and a subclass. It calls answered with nil or
// FreeSWITCH's refusal.
func (c *connection) subscribe(event string, answered func(error)) error {
	cmd, err := esl.Subscribe("plain", strings.Fields(event)...)
	if err != nil {
		return err
	}
	return c.send(cmd, func(r esl.Reply) {
		err := r.Err()
		if err != nil {
			c.link.log.Warn("FreeSWITCH refuses an event: check its name, and esl-allowed-events of the user", "event", event, "answer", r.Text())
		}
		answered(err)
	})
}

func (c *connection) send(cmd esl.Command, handle func(esl.Reply)) error {
	sent, err := c.conn.Post(cmd)
	if err != nil {
		return err
	}
	c.requests = append(c.requests, request{sent[0], handle})
	return nil
}
