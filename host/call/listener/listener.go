// Package listener owns the TCP port that FreeSWITCH's socket application dials. It
// opens the port, takes it over from an older eslua, closes it without a reset, and
// probes whether it accepts connections. Package outbound serves the connections.
//
// Closing a listening socket resets the connections that wait in its accept queue.
// For FreeSWITCH such a call has been handed over, so it does not dial the next
// host of its list. A Listener therefore closes its socket only after its queue is
// empty and nothing can get into the queue any more.
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

// A Listener accepts calls.
type Listener struct {
	*net.TCPListener
	clock     clock.Clock
	inherited bool // another process has the socket, too, and keeps it open
	accepted  atomic.Int64

	mu     sync.Mutex
	probes map[int]chan struct{} // by source port
}

// Listen opens addr, host:port, which no other process may have open. A later
// Takeover may open it beside this Listener.
func Listen(addr string, clk clock.Clock) (*Listener, error) {
	l, err := listenConfig(nil).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	// Set after the bind, or a second eslua that was started by mistake would share the port.
	if err := allowTakeover(l.(*net.TCPListener)); err != nil {
		_ = l.Close()
		return nil, err
	}
	return open(l.(*net.TCPListener), clk), nil
}

// listenConfig returns a configuration without MPTCP, which FreeSWITCH does not
// speak and on whose sockets Linux accepts no filters.
func listenConfig(control func(network, address string, raw syscall.RawConn) error) *net.ListenConfig {
	l := net.ListenConfig{Control: control}
	l.SetMultipathTCP(false)
	return &l
}

// Takeover opens addr beside the Listener that another process of the same user may
// have there. When it returns, every new connection comes here; the other process
// should Drain its Listener.
func Takeover(addr string, clk clock.Clock) (*Listener, error) {
	l, err := listenBeside(addr)
	if err != nil {
		return nil, err
	}
	return open(l, clk), nil
}

// Inherit returns a Listener of a listening TCP socket that another process, such as
// systemd, opened and keeps open. It closes f.
func Inherit(f *os.File, clk clock.Clock) (*Listener, error) {
	defer func() { _ = f.Close() }() // the listener has a copy
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("the socket %s does not listen for TCP: %w", f.Name(), err)
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		_ = l.Close()
		return nil, fmt.Errorf("the socket %s listens on %s %s, not for TCP; write ListenStream=127.0.0.1:8084", f.Name(), l.Addr().Network(), l.Addr())
	}
	if !isListening(tcp) {
		_ = l.Close()
		return nil, fmt.Errorf("the socket %s does not listen; a socket unit for eslua has Accept=no", f.Name())
	}
	p := open(tcp, clk)
	p.inherited = true
	return p, nil
}

func open(l *net.TCPListener, clk clock.Clock) *Listener {
	return &Listener{TCPListener: l, clock: clk, probes: map[int]chan struct{}{}}
}

// Accept returns the next connection that is not a Probe.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.TCPListener.Accept()
		if err != nil {
			return nil, err
		}
		l.accepted.Add(1)
		if !l.isProbe(nc) {
			return nc, nil
		}
		_ = nc.Close()
	}
}

// A Listener that drains checks its queue so often, and at most so many times.
const (
	drainPause  = 200 * time.Millisecond // many times what the last step of a TCP handshake takes
	drainChecks = 25
)

// Refuse stops new connections: when it returns they get no answer, and they are
// refused once Drain has closed the port. On an inherited socket it does nothing.
func (l *Listener) Refuse() {
	if !l.inherited {
		refuseNew(l.TCPListener)
	}
}

// Drain refuses new connections and closes the port when those under way have been
// accepted, so Accept must still be called. It returns when the port is closed; the
// end of ctx closes it at once. Connections queued on an inherited socket are left
// for the next process that inherits it.
func (l *Listener) Drain(ctx context.Context) {
	defer func() { _ = l.Close() }() // it may be closed already
	if l.inherited {
		return
	}
	l.Refuse()
	seen := l.accepted.Load()
	for range drainChecks {
		if clock.Sleep(ctx, l.clock, drainPause) != nil {
			return
		}
		now := l.accepted.Load()
		if now == seen && queued(l.TCPListener) == 0 {
			return
		}
		seen = now
	}
}
