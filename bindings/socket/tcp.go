package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

const (
	mostOpen    = 8                // connections that a script may hold
	connectTime = 2 * time.Minute  // for a connection without a time-out, as systems have it
	goneTime    = 5 * time.Second  // for a wait after the hangup, at most
	noWait      = time.Millisecond // for a wait whose time-out is 0
	callCost    = 500              // units of a system call
	openCost    = 8000             // units of a new socket, with what other goroutines do for it
)

// A closer is a socket of either kind.
type closer interface {
	close()
	size(visit func(lua.LValue)) int
}

// sockets holds the sockets of one run.
type sockets struct {
	env     *run.Env
	dialer  *network.Dialer // nil: this program connects to nothing
	open    map[closer]bool
	dialing sync.WaitGroup
}

// Holds counts the open sockets, also those that the script has forgotten.
func (s *sockets) Holds(visit func(lua.LValue)) (bytes int) {
	for t := range s.open {
		bytes += t.size(visit)
	}
	return bytes
}

// holds counts a socket that the script has, unless the run does.
func (s *sockets) holds(t closer, visit func(lua.LValue)) int {
	if s.open[t] {
		return 0
	}
	return t.size(visit)
}

// End closes what the script has forgotten.
func (s *sockets) End(context.Context) {
	for t := range s.open {
		t.close()
	}
	s.dialing.Wait()
}

// A tcp is an object of socket.tcp. Only the script's goroutine uses it, and those that
// it waits for.
type tcp struct {
	of   *sockets
	conn net.Conn // nil: not connected
	dial *dialing // under way; nil: none

	client bool // it was told to connect

	in   []byte // received and not taken by the script
	lost error  // why nothing more is received
	full bool   // the last send did not send all

	settings

	received, sent int64
	born           time.Time
}

// A dialing is a connection that is being made.
type dialing struct {
	cancel context.CancelFunc
	done   chan struct{}
	conn   net.Conn
	err    error
}

// Holds counts what was received.
func (t *tcp) Holds(visit func(lua.LValue)) int { return t.of.holds(t, visit) }

func (t *tcp) size(visit func(lua.LValue)) int {
	t.holds(visit)
	return 512 + cap(t.in)
}

func (s *sockets) create(a *vm.Args) *tcp {
	a.ChargeMemory(512)
	return &tcp{of: s, settings: newSettings(), born: s.env.Clock.Now()}
}

// close gives the connection up; the object can connect again.
func (t *tcp) close() {
	if d := t.dial; d != nil {
		d.cancel()
		<-d.done
		if d.conn != nil {
			_ = d.conn.Close()
		}
	}
	if t.conn != nil {
		_ = t.conn.Close() // what was sent was sent
	}
	t.conn, t.dial, t.in, t.lost, t.full = nil, nil, nil, nil, false
	delete(t.of.open, t)
}

// limit returns how long a wait may take in an operation that has begun at a time; < 0: as
// long as it takes.
func (t *tcp) limit(began time.Time) time.Duration {
	return t.of.bound(t.within(t.of.env.Clock, began))
}

// bound returns a limit that ends every wait.
func (s *sockets) bound(limit time.Duration) time.Duration {
	switch {
	case limit == 0:
		return noWait
	case (limit < 0 || limit > goneTime) && s.env.Call != nil && s.env.Call.Gone():
		return goneTime
	}
	return limit
}

var errTimeout = errors.New("timeout")

// connect connects, and goes on with it beside if the time is over.
func (t *tcp) connect(a *vm.Args, host string, port uint16) error {
	s := t.of
	t.client = true
	switch {
	case t.conn != nil:
		return nil // as LuaSocket does
	case t.dial == nil:
		if err := s.begin(a, t, host, port); err != nil {
			return err
		}
	default:
		select {
		case <-t.dial.done:
		default:
			return errors.New("Operation already in progress") //nolint:staticcheck // C's text
		}
	}
	a.ChargeCPU(openCost)
	if err := s.await(a, t.dial.done, t.limit(s.env.Clock.Now())); err != nil {
		return err
	}
	return t.dialled()
}

// dialled takes the connection that was made, if it was.
func (t *tcp) dialled() error {
	if t.dial == nil {
		return nil
	}
	select {
	case <-t.dial.done:
	default:
		return nil
	}
	conn, err := t.dial.conn, t.dial.err
	if t.dial, t.conn = nil, conn; err != nil {
		delete(t.of.open, t)
		return err
	}
	for name, v := range t.options {
		t.apply(name, v)
	}
	return nil
}

// begin begins to connect.
func (s *sockets) begin(a *vm.Args, t *tcp, host string, port uint16) error {
	if err := s.admit(); err != nil {
		return err
	}
	if err := s.env.Grants.CheckHost(host, port); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background()) // it may go on while the script does
	d := &dialing{cancel: cancel, done: make(chan struct{})}
	t.dial, s.open[t] = d, true
	s.dialing.Go(func() {
		defer close(d.done)
		defer cancel()
		d.conn, d.err = s.dialer.Dial(ctx, s.env.Grants, host, port, connectTime)
	})
	return nil
}

// admit refuses one more open socket.
func (s *sockets) admit() error {
	switch {
	case s.dialer == nil:
		return errors.New("this program connects to nothing")
	case len(s.open) >= mostOpen:
		return &tooManyError{}
	}
	return nil
}

// A tooManyError says that a script holds too many connections.
type tooManyError struct{}

func (*tooManyError) Error() string {
	return fmt.Sprintf("socket: the script holds %d sockets; close one first", mostOpen)
}

// raised returns the error if it is a mistake in the script or its configuration.
func raised(err error) error {
	var refused *grant.RefusedError
	var many *tooManyError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &many):
		return many
	}
	return nil
}

// give returns nil and LuaSocket's word for an error, or raises it.
func give(a *vm.Args, err error, more ...lua.LValue) error {
	if wrong := raised(err); wrong != nil {
		return wrong
	}
	a.Return(append([]lua.LValue{lua.LNil, lua.LString(network.Word(err))}, more...)...)
	return nil
}

// await waits until done is closed, the time is over or the call has hung up.
func (s *sockets) await(a *vm.Args, done <-chan struct{}, limit time.Duration) error {
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	late := make(chan struct{})
	if limit >= 0 {
		defer s.env.Clock.AfterFunc(limit, func() { close(late) }).Stop()
	}
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	select {
	case <-done:
	case <-late:
		return errTimeout
	case <-ctx.Done():
		return errTimeout
	}
	return nil
}

// wait does something that blocks on connections, which interrupt ends when the time is
// over or the call has hung up.
func (s *sockets) wait(a *vm.Args, limit time.Duration, interrupt func(), do func()) {
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	var mu sync.Mutex
	over := false
	end := func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			interrupt()
		}
	}
	defer context.AfterFunc(ctx, end)()
	if limit >= 0 {
		defer s.env.Clock.AfterFunc(limit, end).Stop()
	}
	a.ChargeCPU(callCost)
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	do()
	blocker.Unblock()
	mu.Lock()
	defer mu.Unlock()
	over = true
}

// past is a deadline that ends what waits.
var past = time.Unix(1, 0)

// do reads from or writes to the connection.
func (t *tcp) do(a *vm.Args, began time.Time, what func() error) (err error) {
	_ = t.conn.SetDeadline(time.Time{}) // if it is closed, what follows says so
	t.of.wait(a, t.limit(began), func() { _ = t.conn.SetDeadline(past) }, func() { err = what() })
	return err
}

// readPort reads a port as scripts give it.
func readPort(text string) (uint16, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return uint16(n), err == nil && n > 0
}
