// Package legs dials outgoing legs for scripts. A Registry originates a leg onto
// this host's own listener, recognises the leg when it arrives there, and lends it
// to the script that waits for it.
//
// The goroutine that serves the leg's connection stays its owner: it waits in
// Deliver while the script's goroutine uses the call, so one goroutine at a time
// uses a Call.
package legs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/google/uuid"
)

// pathPrefix begins the socket path of every leg; no flow can have such a name.
const pathPrefix = "eslua-leg/"

// arrivalTime limits an answered leg's way to our listener, and the cancelling of one.
const arrivalTime = 10 * time.Second

// checkPause is the interval at which an answered leg is checked until it arrives,
// because the called party may hang up at once.
const checkPause = 500 * time.Millisecond

// A Registry dials legs and lists the ones that have not arrived yet.
type Registry struct {
	clock    clock.Clock
	mu       sync.Mutex
	pending  map[string]chan *Leg // by token; each channel holds one leg
	redirect string               // the port that legs must come to; "" means the port of the calls
}

// New returns an empty Registry.
func New(clk clock.Clock) *Registry {
	return &Registry{clock: clk, pending: map[string]chan *Leg{}}
}

// A Leg is a dialled call on loan. Give it back with Release.
type Leg struct {
	*outbound.Call
	released chan struct{}
}

// Release gives the call back to the goroutine that serves it. The Leg must not be
// used afterwards.
func (l *Leg) Release() { close(l.released) }

// Deliver lends a call that has arrived to the script that dialled it, and returns
// when the script releases it. It returns false if the call is no leg. A leg that
// no script waits for any longer is hung up.
func (r *Registry) Deliver(ctx context.Context, c *outbound.Call) bool {
	token, isLeg := strings.CutPrefix(c.Path(), pathPrefix)
	if !isLeg {
		return false
	}
	arrival := r.remove(token)
	if arrival == nil {
		c.Log().Info("a dialled leg arrived after its script had cancelled it")
		if err := c.Hangup(ctx, "ORIGINATOR_CANCEL"); err != nil {
			c.Log().Warn("the leg could not be hung up", "error", err)
		}
		return true
	}
	leg := &Leg{Call: c, released: make(chan struct{})}
	leg.restoreCallerID(ctx)
	leg.freeOtherHalf(ctx)
	arrival <- leg
	<-leg.released
	return true
}

// remove removes a token. The caller must then send a leg to the channel, or
// receive the one that is sent.
func (r *Registry) remove(token string) chan *Leg {
	r.mu.Lock()
	defer r.mu.Unlock()
	arrival := r.pending[token]
	delete(r.pending, token)
	return arrival
}

// Pending returns the number of legs being dialled.
func (r *Registry) Pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.pending)
}

// A Switch is the FreeSWITCH that dials a leg.
type Switch interface {
	API(ctx context.Context, line string) (string, error)
	BgAPI(ctx context.Context, line string) (string, error)
}

// A Request is one leg to dial.
type Request struct {
	Listener  string        // host:port at which FreeSWITCH reaches our listener
	Dial      string        // FreeSWITCH's dial string: {variables}user/1000
	Timeout   time.Duration // for an answer, in whole seconds
	Variables []syntax.Var  // set on the leg unless Dial sets them
	Caller    []syntax.Var  // set like Variables while it is dialled, and unset then
	CallUUID  string        // of the call to which the leg belongs, for its record; "" if it is a call of its own
}

// A FailedError reports a leg that was not reached, with FreeSWITCH's cause.
type FailedError struct {
	Cause string
	UUID  string // of the channel that was dialled; "" if there was none, or if it is not known
}

func (e *FailedError) Error() string { return "the leg was not reached: " + e.Cause }

// dialled reports whether there was a channel: it is not made if FreeSWITCH does not
// know where to dial.
func (e *FailedError) dialled() bool {
	switch e.Cause {
	case "DESTINATION_OUT_OF_ORDER", "CHAN_NOT_IMPLEMENTED", "SUBSCRIBER_ABSENT", "USER_NOT_REGISTERED", "INVALID_GATEWAY", "GATEWAY_DOWN",
		"INVALID_URL", "INVALID_PROFILE", "NO_PICKUP":
		return false
	}
	return true
}

// Dial originates a leg and returns it when it has arrived here, after its answer
// or its early media. The error is a *FailedError, an error of sw, or ctx's error;
// in the last case the leg is cancelled.
func (r *Registry) Dial(ctx context.Context, sw Switch, req Request) (*Leg, error) {
	token, arrival := uuid.NewString(), make(chan *Leg, 1)
	r.mu.Lock()
	r.pending[token] = arrival
	r.mu.Unlock()

	req.Listener = r.listener(req.Listener)
	id := req.ownUUID()
	leg, err := r.originate(ctx, sw, req.line(token, id), req.Listener, arrival)
	if err == nil {
		caller, _ := sw.(*outbound.Call)
		leg.DialledBy(caller)
		req.finish(ctx, leg)
		return leg, nil
	}
	var failed *FailedError
	if errors.As(err, &failed) && failed.dialled() && !strings.HasPrefix(req.endpoint(), "error/") {
		failed.UUID = id
	}
	if r.remove(token) == nil { // the leg arrived at the same time
		leg := <-arrival
		r.cancel(ctx, func(ctx context.Context) error { return leg.Hangup(ctx, "ORIGINATOR_CANCEL") })
		leg.Release()
		return nil, err
	}
	if id != "" && failed == nil {
		r.cancel(ctx, func(ctx context.Context) error {
			_, err := sw.API(ctx, syntax.ForChannel("uuid_kill", id, "ORIGINATOR_CANCEL"))
			return err
		})
	}
	return nil, err
}

// cancel gives a last command some time although ctx may have ended.
func (r *Registry) cancel(ctx context.Context, kill func(context.Context) error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	late := r.clock.AfterFunc(arrivalTime, stop)
	defer late.Stop()
	_ = kill(ctx) // Dial returns why it failed; Deliver hangs up a leg that still arrives
}

// originate runs the originate command and waits until the leg arrives.
func (r *Registry) originate(ctx context.Context, sw Switch, line, listener string, arrival chan *Leg) (*Leg, error) {
	out, err := sw.BgAPI(ctx, line)
	if refused := (*esl.ReplyError)(nil); errors.As(err, &refused) {
		out = refused.Text
	} else if err != nil {
		return nil, err
	}
	out = strings.TrimSpace(out)
	if !strings.HasPrefix(out, "+OK") {
		return nil, &FailedError{Cause: cause(out)}
	}
	blocker := clock.BlockerOf(ctx)
	for range arrivalTime / checkPause {
		next := r.clock.NewTimer(checkPause)
		var leg *Leg
		blocker.Block()
		select {
		case leg = <-arrival:
		case <-ctx.Done():
		case <-next.C:
		}
		blocker.Unblock()
		next.Stop()
		if leg != nil {
			return leg, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		answer, err := sw.API(ctx, syntax.ForChannel("uuid_exists", strings.TrimPrefix(out, "+OK "), ""))
		if err == nil && strings.TrimSpace(answer) == "false" {
			return nil, fmt.Errorf("%w: it answered and ended before it reached eslua; if this always happens, FreeSWITCH cannot reach %s", &FailedError{Cause: "NORMAL_CLEARING"}, listener)
		}
	}
	return nil, fmt.Errorf("the leg answered but did not arrive: can FreeSWITCH reach eslua at %s?", listener)
}

// cause returns the hangup cause in an answer such as "-ERR USER_BUSY". For an
// originate that could not even be tried it is mod_lua's initial cause.
func cause(out string) string {
	if c, ok := strings.CutPrefix(out, "-ERR "); ok && c != "" && !strings.Contains(c, " ") {
		return c
	}
	return "DESTINATION_OUT_OF_ORDER"
}
