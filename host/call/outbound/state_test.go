package outbound_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	sim "github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// A call that FreeSWITCH does not know any more has hung up.
func TestHangupOfACallThatIsGone(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	over := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Hangup(ctx, "USER_BUSY") })
	p.expect("api uuid_kill")
	p.send(output("-ERR No such channel!\n"))
	if err := <-over; err != nil {
		t.Error(err)
	}
	if !ask(h, func(c *outbound.Call) bool { _, hungUp := c.HungUp(); return hungUp }) {
		t.Error("the call has not hung up")
	}
	p.send(hangup("CHANNEL_HANGUP_COMPLETE", "USER_BUSY"))
	h.finish()
	p.goodbye()
}

// Audio flows with early media and after the answer.
func TestMediaReady(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	for state, want := range map[string]bool{"ringing": false, "early": true, "answered": true} {
		seen := on(h, func(ctx context.Context, c *outbound.Call) error {
			c.Observe(func(e esl.Event) bool { return e.Get("Answer-State") == state })
			return c.Sleep(ctx, time.Hour)
		})
		p.send(event("CHANNEL_PROGRESS", "Answer-State", state))
		if err := <-seen; err != outbound.ErrStopped {
			t.Fatal(err)
		}
		if got := ask(h, (*outbound.Call).MediaReady); got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
	h.finish()
	p.goodbye()
}

// A connection that ends before the call is lost, and one that ends after it is not.
func TestLost(t *testing.T) {
	for name, hangsUp := range map[string]bool{"cut": false, "hung up": true} {
		t.Run(name, func(t *testing.T) {
			h := open(t, outbound.Config{})
			p := h.call()
			if ask(h, (*outbound.Call).Lost) {
				t.Error("it is lost from the beginning")
			}
			over := on(h, func(ctx context.Context, c *outbound.Call) error { return c.Sleep(ctx, time.Hour) })
			if hangsUp {
				p.send(hangup("CHANNEL_HANGUP", "USER_BUSY"))
			}
			_ = p.nc.Close()
			if err := <-over; err == nil {
				t.Error("the call goes on")
			}
			if got := ask(h, (*outbound.Call).Lost); got == hangsUp {
				t.Errorf("lost: %v", got)
			}
			h.finish()
		})
	}
}

// Observers see each of any number of events; only what waits inside of one another is
// limited.
func TestObserversSeeAllEvents(t *testing.T) {
	h := open(t, outbound.Config{})
	p := h.call()
	const digits = 40
	over := on(h, func(ctx context.Context, c *outbound.Call) error {
		seen := 0
		c.Observe(func(e esl.Event) bool {
			if e.Name() == "DTMF" {
				seen++
			}
			return seen == digits
		})
		return c.Sleep(ctx, time.Hour)
	})
	for range digits {
		p.send(dtmf("1"))
	}
	if err := <-over; err != outbound.ErrStopped {
		t.Error(err)
	}
	h.finish()
	p.goodbye()
}

// An owner that computes after a wait for something else learns of the hangup by its own
// looks.
func TestAsideLooksAfterAWait(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		var cause error
		waits := make(chan struct{})
		sw := between(t, outbound.Config{}, "async full", func(ctx context.Context, c *outbound.Call) {
			_, _ = c.Execute(ctx, "answer", "")
			aside, stop := c.Aside(ctx)
			defer stop()
			blocker := clock.BlockerOf(aside)
			blocker.Block()
			blocker.Unblock()
			close(waits)
			time.Sleep(time.Second) // as long as it computes, in which the call hangs up
			blocker.Compute()
			for range 1000 {
				if cause = blocker.Look(1); cause != nil {
					break
				}
			}
			blocker.Unblock()
		})
		call := sw.Call(sim.Caller{Destination: "1000"})
		<-waits
		call.Hangup("NORMAL_CLEARING")
		sw.served(call)
		if !errors.As(cause, new(*outbound.HangupError)) {
			t.Errorf("it ends with %v", cause)
		}
	})
}
