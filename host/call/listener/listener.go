// Package listener owns the TCP port that FreeSWITCH's socket application dials:
// how it is opened, taken over from an older eslua, left without a reset, and
// seen to be alive. What is said on its connections is host/call/outbound's.
//
// Whoever closes a listening socket resets the connections that wait in its
// accept queue, and FreeSWITCH takes that for a call that was handed over: it
// does not go to the next host of its list. So no port is closed here before
// its queue is empty and nothing more can get into it.
package listener

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// Listener is a listener of calls.
type Listener struct {
	*net.TCPListener
	clock    clock.Clock
	passed   bool // its socket is somebody else's too, and stays open there
	accepted atomic.Int64

	mu     sync.Mutex
	probes map[int]chan struct{} // by the port they come from
}

// Listen opens addr, host:port. Nobody else may have it, but a later Takeover.
func Listen(addr string, clk clock.Clock) (*Listener, error) {
	l, err := plain(nil).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	// Set after the bind: with it a second eslua that was started by mistake would share the port.
	if err := mayBeTakenOver(l.(*net.TCPListener)); err != nil {
		_ = l.Close()
		return nil, err
	}
	return open(l.(*net.TCPListener), clk), nil
}

// plain listens without MPTCP, which FreeSWITCH does not speak, and on whose
// sockets Linux takes no filters.
func plain(control func(network, address string, raw syscall.RawConn) error) *net.ListenConfig {
	l := net.ListenConfig{Control: control}
	l.SetMultipathTCP(false)
	return &l
}

// Takeover opens addr beside the Port another process of the same user has
// there, if one has. From its return on every new connection comes here; the
// other one should Drain.
func Takeover(addr string, clk clock.Clock) (*Listener, error) {
	l, err := takeover(addr)
	if err != nil {
		return nil, err
	}
	return open(l, clk), nil
}

// Inherit is the listening TCP socket that another process opened and keeps, as
// systemd does. f is closed.
func Inherit(f *os.File, clk clock.Clock) (*Listener, error) {
	defer func() { _ = f.Close() }() // the listener has a copy
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("the socket %s is none that listens for TCP: %w", f.Name(), err)
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		_ = l.Close()
		return nil, fmt.Errorf("the socket %s listens on %s %s, not for TCP; write ListenStream=127.0.0.1:8084", f.Name(), l.Addr().Network(), l.Addr())
	}
	if !listens(tcp) {
		_ = l.Close()
		return nil, fmt.Errorf("the socket %s does not listen; a socket unit for eslua has Accept=no", f.Name())
	}
	p := open(tcp, clk)
	p.passed = true
	return p, nil
}

func open(l *net.TCPListener, clk clock.Clock) *Listener {
	return &Listener{TCPListener: l, clock: clk, probes: map[int]chan struct{}{}}
}

// Accept is the next connection that is not a Probe.
func (p *Listener) Accept() (net.Conn, error) {
	for {
		nc, err := p.TCPListener.Accept()
		if err != nil {
			return nil, err
		}
		p.accepted.Add(1)
		if !p.isProbe(nc) {
			return nc, nil
		}
		_ = nc.Close()
	}
}

// While a port is drained it is looked at so often, and at most so many times.
const (
	drainLook  = 200 * time.Millisecond // many times what the last step of a handshake takes
	drainLooks = 25
)

// Refuse takes no new connections: from its return on they get no answer, and
// are refused once Drain has closed the port. A passed socket is left alone.
func (p *Listener) Refuse() {
	if !p.passed {
		refuse(p.TCPListener)
	}
}

// Drain refuses new connections, and closes the port when those that were on
// their way have been accepted: somebody must go on calling Accept. It returns
// when the port is closed, which ctx's end hastens. What waits at a passed socket
// is for whom it is passed to next.
func (p *Listener) Drain(ctx context.Context) {
	defer func() { _ = p.Close() }() // closed already is closed
	if p.passed {
		return
	}
	p.Refuse()
	seen := p.accepted.Load()
	for range drainLooks {
		if clock.Sleep(ctx, p.clock, drainLook) != nil {
			return
		}
		now := p.accepted.Load()
		if now == seen && waiting(p.TCPListener) == 0 {
			return
		}
		seen = now
	}
}
