package flowtest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// What a test may hold and take. Tests are written by people, and reach none of these
// unless something in them, or in a flow, goes round and round.
const (
	mostCalls  = 1000
	mostLadder = 32 << 20 // bytes
	mostOutput = 1 << 20  // bytes
	// MostTests bounds the tests of a file, which is read again for each.
	MostTests = 1000
	// LongestWait bounds one wait of a test.
	LongestWait = 24 * time.Hour
)

// An Order has a test end that runs in a time of its own: whoever gives it is outside of
// that time, on which nobody inside can wait. So the test looks.
type Order struct {
	why  atomic.Pointer[error]
	skip chan time.Time // times until which nobody need look
}

// End gives the order. The first counts.
func (o *Order) End(why error) { o.why.CompareAndSwap(nil, &why) }

// Err returns why the test shall end, nil if it may go on.
func (o *Order) Err() error {
	if why := o.why.Load(); why != nil {
		return *why
	}
	return nil
}

// look is how often, in its own time, a test looks whether it shall end.
const look = 10 * time.Second

// obey returns a context that ends when the test shall end, and what to call at its end.
func (o *Order) obey(ctx context.Context) (_ context.Context, stop func()) {
	ctx, end := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	o.skip = make(chan time.Time)
	go func() {
		defer close(ended)
		ticks := time.NewTicker(look)
		defer ticks.Stop()
		for ctx.Err() == nil {
			select {
			case <-ticks.C:
				if why := o.Err(); why != nil {
					end(why)
				}
			case until := <-o.skip:
				ticks.Stop()
				_ = clock.Sleep(ctx, clock.System(), time.Until(until))
				ticks.Reset(look)
			case <-ctx.Done():
			}
		}
	}()
	return ctx, func() { end(nil); <-ended }
}

var errFull = fmt.Errorf("more has happened than a test can hold (%d MiB): does a flow, or the test, go round and round?", mostLadder>>20)

// An Output keeps what a test prints.
type Output struct {
	Lines []string
	bytes int
}

// Print adds a line.
func (o *Output) Print(line string) {
	if o.bytes > mostOutput {
		return
	}
	if o.bytes += len(line) + 16; o.bytes > mostOutput {
		line = fmt.Sprintf("... the test prints more than %d MiB", mostOutput>>20)
	}
	o.Lines = append(o.Lines, line)
}

var errCalls = fmt.Errorf("a test has at most %d calls", mostCalls)
