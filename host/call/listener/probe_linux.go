package listener

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// Probe connects to the port as FreeSWITCH does and returns when Accept has received
// the connection, which Accept does not return. It returns an error if ctx ends
// before that.
func (l *Listener) Probe(ctx context.Context) error {
	to := l.Addr().(*net.TCPAddr).AddrPort()
	if ip := to.Addr(); ip.IsUnspecified() && ip.Is4() {
		to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), to.Port())
	} else if ip.IsUnspecified() {
		to = netip.AddrPortFrom(netip.IPv6Loopback(), to.Port())
	}
	seen, from := make(chan struct{}), 0
	// Accept must know the source port before the connection arrives, so the socket is bound first.
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return onSocket(raw, func(fd int) (err error) {
			from, err = bindAny(fd, to.Addr())
			l.expect(from, seen)
			return err
		})
	}}
	nc, err := dialer.DialContext(ctx, "tcp", to.String())
	defer func() { l.expect(from, nil) }()
	if err != nil {
		return fmt.Errorf("cannot connect to %s: %w", to, err)
	}
	defer nc.Close()
	select {
	case <-seen:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("eslua did not accept a connection to %s: %w", to, context.Cause(ctx))
	}
}

// expect stores the channel of the probe from a port, or deletes it if seen is nil.
func (l *Listener) expect(from int, seen chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seen == nil {
		delete(l.probes, from)
	} else {
		l.probes[from] = seen
	}
}

// isProbe recognises a probe by its source: an address of this machine and a port
// that no other socket of this machine can have.
func (l *Listener) isProbe(nc net.Conn) bool {
	from, to := nc.RemoteAddr().(*net.TCPAddr), nc.LocalAddr().(*net.TCPAddr)
	if !from.IP.Equal(to.IP) && !(to.IP.IsLoopback() && from.IP.Equal(net.IPv4(127, 0, 0, 1))) { // Linux connects to all of 127.0.0.0/8 from there
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	seen, ours := l.probes[from.Port]
	if ours {
		delete(l.probes, from.Port)
		close(seen)
	}
	return ours
}

// bindAny binds a socket to a free port of any address and returns the port.
func bindAny(fd int, family netip.Addr) (int, error) {
	var free unix.Sockaddr = &unix.SockaddrInet4{}
	if family.Is6() {
		free = &unix.SockaddrInet6{}
	}
	if err := unix.Bind(fd, free); err != nil {
		return 0, err
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	switch a := bound.(type) {
	case *unix.SockaddrInet4:
		return a.Port, nil
	case *unix.SockaddrInet6:
		return a.Port, nil
	}
	return 0, unix.EAFNOSUPPORT
}
