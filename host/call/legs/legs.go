// Package legs owns the calls this host dials for a script: it originates them
// onto this host's own listener, recognises each when it arrives there, and
// lends it to the script that waits for it.
//
// Who owns a leg's goroutine does not change: the one that serves the
// connection waits in Claim while the script's goroutine drives the call, so
// that a Call is used by one goroutine at a time.
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

// pathPrefix begins the socket path of every leg; a flow cannot have this name.
const pathPrefix = "eslua-leg/"

// arrival is how long an answered leg may take to reach our listener, and how
// long giving an order up may take.
const arrival = 10 * time.Second

// glance is how often it is looked whether the leg on its way is still there:
// who was called may hang up at once.
const glance = 500 * time.Millisecond

// Registry knows the legs that are being dialled.
type Registry struct {
	clock   clock.Clock
	mu      sync.Mutex
	waiting map[string]chan *Leg // by token; one place each
	moved   string               // the port that legs come to instead; "" is the calls'
}

// New makes a Registry.
func New(clk clock.Clock) *Registry {
	return &Registry{clock: clk, waiting: map[string]chan *Leg{}}
}

// Leg is a dialled call on loan. Give it back with Release.
type Leg struct {
	*outbound.Call
	released chan struct{}
}

// Release gives the call back to the goroutine that serves it. Nothing may be
// called on it afterwards.
func (l *Leg) Release() { close(l.released) }

// Claim lends a call that arrived to the script that dialled it and returns
// when it is given back; false if the call is no leg of ours. A leg that
// nobody waits for any more is hung up.
func (r *Registry) Claim(ctx context.Context, c *outbound.Call) bool {
	token, ours := strings.CutPrefix(c.Path(), pathPrefix)
	if !ours {
		return false
	}
	place := r.take(token)
	if place == nil {
		c.Log().Info("a dialled leg arrived after its script had given it up")
		if err := c.Hangup(ctx, "ORIGINATOR_CANCEL"); err != nil {
			c.Log().Warn("the leg could not be hung up", "error", err)
		}
		return true
	}
	leg := &Leg{Call: c, released: make(chan struct{})}
	place <- leg
	<-leg.released
	return true
}

// take removes a token: whoever gets its place must fill or empty it.
func (r *Registry) take(token string) chan *Leg {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := r.waiting[token]
	delete(r.waiting, token)
	return place
}

// Waiting is how many legs are being dialled.
func (r *Registry) Waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting)
}

// Switch is the FreeSWITCH a leg is dialled from.
type Switch interface {
	API(ctx context.Context, line string) (string, error)
	BgAPI(ctx context.Context, line string) (string, error)
}

// Order is one leg to dial.
type Order struct {
	Listener  string        // host:port at which FreeSWITCH reaches our listener
	Dial      string        // FreeSWITCH's dial string: {variables}user/1000
	Timeout   time.Duration // whole seconds for an answer
	Variables []syntax.Var  // set on the leg unless Dial sets them
}

// FailedError is a leg that was not reached.
type FailedError struct{ Cause string }

func (e *FailedError) Error() string { return "the leg was not reached: " + e.Cause }

// Dial originates a leg and returns it once it has answered (or early media
// flows) and arrived here. The error is a *FailedError with FreeSWITCH's cause,
// what the Switch gives, or ctx's; the leg is then cancelled.
func (r *Registry) Dial(ctx context.Context, sw Switch, o Order) (*Leg, error) {
	token, place := uuid.NewString(), make(chan *Leg, 1)
	r.mu.Lock()
	r.waiting[token] = place
	r.mu.Unlock()

	o.Listener = r.reached(o.Listener)
	id := o.ownUUID()
	leg, err := r.reach(ctx, sw, o.line(token, id), o.Listener, place)
	if err == nil {
		return leg, nil
	}
	if r.take(token) == nil { // it arrived while we gave it up
		leg := <-place
		r.cancel(ctx, func(ctx context.Context) error { return leg.Hangup(ctx, "ORIGINATOR_CANCEL") })
		leg.Release()
		return nil, err
	}
	if failed := (*FailedError)(nil); id != "" && !errors.As(err, &failed) {
		r.cancel(ctx, func(ctx context.Context) error {
			_, err := sw.API(ctx, "uuid_kill "+id+" ORIGINATOR_CANCEL")
			return err
		})
	}
	return nil, err
}

// cancel gives a last command some time although ctx may have ended.
func (r *Registry) cancel(ctx context.Context, kill func(context.Context) error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	late := r.clock.AfterFunc(arrival, stop)
	defer late.Stop()
	_ = kill(ctx) // the caller reports why it gave up; a leg that still arrives is hung up by Claim
}

func (r *Registry) reach(ctx context.Context, sw Switch, line, listener string, place chan *Leg) (*Leg, error) {
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
	for range arrival / glance {
		next := r.clock.NewTimer(glance)
		select {
		case leg := <-place:
			next.Stop()
			return leg, nil
		case <-ctx.Done():
			next.Stop()
			return nil, ctx.Err()
		case <-next.C:
		}
		answer, err := sw.API(ctx, "uuid_exists "+strings.TrimPrefix(out, "+OK "))
		if err == nil && strings.TrimSpace(answer) == "false" {
			return nil, fmt.Errorf("%w: it answered and was gone before it came to eslua; if that is always so, FreeSWITCH cannot reach %s", &FailedError{Cause: "NORMAL_CLEARING"}, listener)
		}
	}
	return nil, fmt.Errorf("the leg answered but did not arrive: can FreeSWITCH reach eslua at %s?", listener)
}

// cause is the hangup cause of "-ERR USER_BUSY"; an originate that could not
// even be tried has what mod_lua begins with.
func cause(out string) string {
	if c, ok := strings.CutPrefix(out, "-ERR "); ok && c != "" && !strings.Contains(c, " ") {
		return c
	}
	return "DESTINATION_OUT_OF_ORDER"
}
