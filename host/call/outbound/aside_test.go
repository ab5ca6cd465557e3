package outbound_test

import (
	"context"
	"errors"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	sim "github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// TestAside has the owner wait for something that is not FreeSWITCH.
func TestAside(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		var cause, later error
		var hungUp bool
		waits := make(chan struct{})
		sw := between(t, outbound.Config{}, "async full", func(ctx context.Context, c *outbound.Call) {
			_, _ = c.Execute(ctx, "answer", "")
			for range 3 { // nothing happens meanwhile
				aside, stop := c.Aside(ctx)
				blocker := clock.BlockerOf(aside)
				blocker.Block()
				blocker.Unblock()
				if aside.Err() != nil {
					t.Error("a wait is over before it has begun")
				}
				stop()
			}
			aside, stop := c.Aside(ctx)
			defer stop()
			blocker := clock.BlockerOf(aside)
			blocker.Block()
			close(waits)
			<-aside.Done()
			blocker.Unblock()
			cause = context.Cause(aside)
			_, hungUp = c.HungUp()
			after, end := c.Aside(ctx)
			later = after.Err()
			end()
		})
		call := sw.Call(sim.Caller{Destination: "1000"})
		<-waits
		call.Hangup("NORMAL_CLEARING")
		sw.served(call)
		if !errors.As(cause, new(*outbound.HangupError)) {
			t.Errorf("the wait ended by %v", cause)
		}
		if later != nil {
			t.Errorf("after the hangup nothing can be waited for: %v", later)
		}
		if !hungUp {
			t.Error("the owner does not get the event that came meanwhile")
		}
	})
}
