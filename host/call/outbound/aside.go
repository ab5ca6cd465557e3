package outbound

import (
	"context"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// asideAfter is the time for which something other than FreeSWITCH may hold up the owner before
// another goroutine looks whether the call has hung up: hardly anything takes as long.
const asideAfter = 20 * time.Millisecond

// An aside is a context for waiting for something other than FreeSWITCH. It is the
// Blocker of that wait: from Block to Unblock, in which the owner cannot read the
// connection, another goroutine does if it takes long.
type aside struct {
	context.Context
	call    *Call
	end     context.CancelCauseFunc
	blocker clock.Blocker // of the context that it is made from
	timer   *clock.Timer
	blocks  bool // between Block and Unblock
	looks   int

	mu   sync.Mutex
	over bool               // the owner goes on
	stop context.CancelFunc // ends the watch; nil: it has not begun
	done chan struct{}      // gets a value when it has ended
}

// Aside returns a context in which the owner may wait for something other than
// FreeSWITCH, such as a database. It ends with a *HangupError if the call hangs up
// in a wait of which the context's clock.Blocker is told. After the hangup it only ends
// as ctx does. Call stop when nothing is waited for any more.
func (c *Call) Aside(ctx context.Context) (_ context.Context, stop func()) {
	if c.Gone() {
		return ctx, func() {}
	}
	a := &aside{call: c, blocker: clock.BlockerOf(ctx), done: make(chan struct{}, 1)}
	a.Context, a.end = context.WithCancelCause(ctx)
	return a, func() { a.end(nil) }
}

// Value returns the aside as the Blocker of its context.
func (a *aside) Value(key any) any {
	if key == (clock.BlockerKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// Block begins a wait of the owner.
func (a *aside) Block() {
	a.blocker.Block()
	a.blocks, a.over, a.stop = true, false, nil
	a.timer = a.call.clock.AfterFunc(asideAfter, a.watch)
}

// Compute begins what the owner computes, and looks at the connection by itself.
func (a *aside) Compute() { a.blocker.Compute() }

// Look returns why the owner must end.
func (a *aside) Look(units int) error {
	const every = 256
	if a.looks++; a.looks%every == 0 && !a.blocks && a.call.Gone() {
		a.end(&HangupError{Cause: a.call.cause})
	}
	if a.Err() != nil {
		return context.Cause(a)
	}
	return a.blocker.Look(units)
}

// Unblock ends what Block or Compute began.
func (a *aside) Unblock() {
	if a.blocks && !a.timer.Stop() {
		a.mu.Lock()
		a.over = true
		if a.stop != nil {
			a.stop()
		}
		a.mu.Unlock()
		<-a.done
	}
	a.blocks = false
	a.blocker.Unblock()
}

// watch reads the call's connection in its owner's place until the call has hung up or
// the owner goes on. The events stay for the owner.
func (a *aside) watch() {
	defer func() { a.done <- struct{}{} }()
	a.mu.Lock()
	if a.over {
		a.mu.Unlock()
		return
	}
	ctx, stop := context.WithCancel(a.Context)
	a.stop = stop
	a.mu.Unlock()
	defer stop()
	for ctx.Err() == nil {
		if a.call.Gone() {
			a.end(&HangupError{Cause: a.call.cause})
			return
		}
		_ = a.call.conn.Await(ctx) // the loop sees why it ended
	}
}
