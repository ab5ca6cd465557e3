//go:build unix

// Package memnet is a network for tests in a bubble of testing/synctest: who waits
// for a connection or for bytes waits on a channel, and so the bubble's time does
// not pass before everything that was sent has been read. The bytes go through
// sockets, so what reads these by system calls, as esl.Own does, finds what it needs.
package memnet

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// A Network has ports on one address, 127.0.0.1.
type Network struct {
	mu        sync.Mutex
	last      int // port that was given away
	listeners map[string]*listener
}

// New returns a network on which nobody listens.
func New() *Network { return &Network{listeners: map[string]*listener{}} }

// address returns one that nobody has.
func (n *Network) address() *net.TCPAddr {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n.last}
}

// Listen opens a port.
func (n *Network) Listen() net.Listener {
	l, err := n.ListenOn("tcp", ":0")
	if err != nil {
		panic(err) // nobody has a port that was just given away
	}
	return l
}

// ListenOn does what net.Listen does: the address is a path or host:port, with 0 for
// any port.
func (n *Network) ListenOn(network, address string) (net.Listener, error) {
	var addr net.Addr = &net.UnixAddr{Net: network, Name: address}
	if network == "tcp" {
		port := n.address()
		if _, fixed, err := net.SplitHostPort(address); err != nil {
			return nil, err
		} else if fixed != "0" {
			if port.Port, err = strconv.Atoi(fixed); err != nil {
				return nil, err
			}
		}
		addr = port
	}
	l := &listener{network: n, addr: addr, arrived: make(chan net.Conn, 1000), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[addr.String()] != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, syscall.EADDRINUSE)
	}
	n.listeners[addr.String()] = l
	return l, nil
}

// Dial connects to host:port, or to a path.
func (n *Network) Dial(_ context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("connect to %s: %w", address, syscall.ECONNREFUSED)
	}
	ours, theirs, err := pair(n.address(), l.addr)
	if err != nil {
		return nil, err
	}
	select {
	case l.arrived <- theirs:
		return ours, nil
	case <-l.closed:
		_, _ = ours.Close(), theirs.Close()
		return nil, fmt.Errorf("connect to %s: %w", address, syscall.ECONNREFUSED)
	}
}

type listener struct {
	network *Network
	addr    net.Addr
	arrived chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *listener) Addr() net.Addr { return l.addr }

func (l *listener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.arrived:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close closes the connections that nobody has accepted, too.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, l.addr.String())
		l.network.mu.Unlock()
		close(l.closed)
	})
	for {
		select {
		case nc := <-l.arrived:
			_ = nc.Close()
		default:
			return nil
		}
	}
}
