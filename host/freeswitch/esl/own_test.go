package esl

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// owned returns an owned Conn and its peer that has accepted a login.
func owned(t *testing.T, o Options) (*Conn, *peer) {
	t.Helper()
	c, p := over(t, Own, o)
	logIn(t, c, p)
	return c, p
}

// next waits for an event as the consumer of an owned connection does.
func next(t *testing.T, c *Conn) Event {
	t.Helper()
	for {
		if e, ok := c.Poll(); ok {
			return e
		}
		if err := errors.Join(c.Err(), c.Await(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheOwnerReadsWhileItWaits(t *testing.T) {
	c, p := owned(t, Options{})
	m := must(t)
	p.send(plain("Event-Name: A"), plain("Event-Name: B")[:20])
	if e := next(t, c); e.Name() != "A" {
		t.Error(e.Name())
	}
	p.send(plain("Event-Name: B")[20:])
	if e := next(t, c); e.Name() != "B" {
		t.Error(e.Name())
	}
	sent, err := c.Post(m(API("status")))
	if err != nil {
		t.Fatal(err)
	}
	p.send(plain("Event-Name: C"), apiResponse("UP"))
	if r, err := sent[0].Wait(t.Context()); err != nil || r.Text() != "UP" {
		t.Error(r.Text(), err)
	}
	if e := next(t, c); e.Name() != "C" {
		t.Error(e.Name())
	}
	job, err := c.StartJob("status")
	if err != nil {
		t.Fatal(err)
	}
	p.send(reply("+OK"), plainBody("UP", "Event-Name: BACKGROUND_JOB", "Job-UUID: "+job.UUID()))
	if out, err := job.Wait(t.Context()); err != nil || out != "UP" {
		t.Error(out, err)
	}
	far := p.nc
	p.send(plain("Event-Name: LAST"))
	far.Close()
	if e := next(t, c); e.Name() != "LAST" {
		t.Error(e.Name())
	}
	for c.Err() == nil {
		_ = c.Await(t.Context())
	}
}

func TestWhatEndsTheOwnersWait(t *testing.T) {
	for name, end := range map[string]func(c *Conn, cancel func()){
		"a kick":                func(c *Conn, _ func()) { c.Kick() },
		"its context":           func(_ *Conn, cancel func()) { cancel() },
		"the end":               func(c *Conn, _ func()) { c.End(net.ErrClosed) },
		"a kick and the end":    func(c *Conn, _ func()) { c.Kick(); c.End(net.ErrClosed) },
		"two kicks and context": func(c *Conn, cancel func()) { c.Kick(); c.Kick(); cancel() },
	} {
		for _, before := range []bool{true, false} {
			c, p := owned(t, Options{})
			ctx, cancel := context.WithCancel(t.Context())
			if before {
				end(c, cancel)
				_ = c.Await(ctx)
			} else {
				go end(c, cancel)
				_ = c.Await(ctx)
			}
			cancel()
			if c.Err() == nil {
				p.send(plain("Event-Name: A")) // and the connection goes on
				if e := next(t, c); e.Name() != "A" {
					t.Errorf("%s: %s", name, e.Name())
				}
			}
		}
	}
}

// A script that computes looks again and again whether its caller has gone, and
// timers of waits that are over may still kick.
func TestLookSeesWhatHasComeDespiteKicks(t *testing.T) {
	c, p := owned(t, Options{})
	p.send(plain("Event-Name: A"))
	for {
		c.Kick()
		c.looked = -time.Hour
		c.Look()
		if e, ok := c.Poll(); ok {
			if e.Name() != "A" {
				t.Error(e.Name())
			}
			return
		}
	}
}

// Who waits for a turn to read a flood can be told something else meanwhile, and the
// flood is read as soon as its turn has come.
func TestAKickEndsTheWaitForATurn(t *testing.T) {
	b := NewBudget(64 << 20)
	c, p := owned(t, Options{Budget: b, QueueLen: 1e6, QueueBytes: 64 << 20})
	b.turn <- struct{}{} // another flood is being read
	flood := make(chan struct{})
	go func() {
		defer close(flood)
		event := plain("Event-Name: DTMF", "X: "+strings.Repeat("x", 10<<10))
		for range 2 * freeBytes / len(event) {
			_, _ = p.nc.Write([]byte(event))
		}
		_, _ = p.nc.Write([]byte(plain("Event-Name: LAST")))
	}()
	for !c.pace.due {
		go c.Kick()
		_ = c.Await(t.Context())
	}
	<-b.turn
	for e := next(t, c); e.Name() != "LAST"; {
		e = next(t, c)
	}
	<-flood
	if len(b.turn) != 0 {
		t.Error("the turn was not given back")
	}
}
