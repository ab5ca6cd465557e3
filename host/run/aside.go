package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/script/vm"
)

// KeptWithin limits how long a script waits until something is kept, or found where it is.
const KeptWithin = 5 * time.Second

// ErrTimeout ends a wait that has lasted as long as its script permits.
var ErrTimeout = errors.New("timeout")

var errGone = errors.New("the call has hung up; after that a wait needs a time limit")

// Aside returns a context in which a script may wait for something other than
// FreeSWITCH: it ends when its call hangs up too (outbound.Call.Aside). Call stop when
// nothing is waited for any more.
func (e *Env) Aside(ctx context.Context) (_ context.Context, stop func()) {
	if e.Call == nil {
		return ctx, func() {}
	}
	return e.Call.Aside(ctx)
}

// AsideToKeep returns what Aside does, for what takes at most KeptWithin.
func (e *Env) AsideToKeep(ctx context.Context) (_ context.Context, stop func()) {
	ctx, leave := e.Aside(ctx)
	ctx, cancel := context.WithTimeoutCause(ctx, KeptWithin, fmt.Errorf("%w within %v", context.DeadlineExceeded, KeptWithin))
	return ctx, func() { cancel(); leave() }
}

// AsideFor returns what Aside does, for as many milliseconds as a parameter of the function
// says, and no less than least, after which the cause is ErrTimeout. Without the parameter
// only a hangup ends the wait, and after one there is an error.
func (e *Env) AsideFor(a *vm.Args, parameter int, least time.Duration) (_ context.Context, stop func(), err error) {
	limited := a.Has(parameter)
	if !limited && e.Call != nil && e.Call.Gone() {
		return nil, nil, errGone
	}
	ctx, leave := e.Aside(a.Context())
	if !limited {
		return ctx, leave, nil
	}
	wait := max(time.Duration(a.Int(parameter))*time.Millisecond, least)
	ctx, cancel := context.WithTimeoutCause(ctx, wait, ErrTimeout)
	return ctx, func() { cancel(); leave() }, nil
}
