package listener

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// Probe connects to the port as FreeSWITCH does, and returns when Accept has
// got the connection, which it keeps to itself. The error says that it did not
// before ctx ended.
func (p *Listener) Probe(ctx context.Context) error {
	to := p.Addr().(*net.TCPAddr).AddrPort()
	if ip := to.Addr(); ip.IsUnspecified() && ip.Is4() {
		to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), to.Port())
	} else if ip.IsUnspecified() {
		to = netip.AddrPortFrom(netip.IPv6Loopback(), to.Port())
	}
	seen, from := make(chan struct{}), 0
	// The port it comes from has to be known before Accept can see it, so it is bound first.
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return onSocket(raw, func(fd int) (err error) {
			from, err = bindAny(fd, to.Addr())
			p.expect(from, seen)
			return err
		})
	}}
	nc, err := dialer.DialContext(ctx, "tcp", to.String())
	defer func() { p.expect(from, nil) }()
	if err != nil {
		return fmt.Errorf("%s cannot be reached from here: %w", to, err)
	}
	defer nc.Close()
	select {
	case <-seen:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a connection to %s was not accepted: %w", to, context.Cause(ctx))
	}
}

// expect notes the port a probe comes from, and forgets it without seen.
func (p *Listener) expect(from int, seen chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seen == nil {
		delete(p.probes, from)
	} else {
		p.probes[from] = seen
	}
}

// isProbe tells a probe by where it comes from: this machine, and a port that
// nobody else can have here.
func (p *Listener) isProbe(nc net.Conn) bool {
	from, to := nc.RemoteAddr().(*net.TCPAddr), nc.LocalAddr().(*net.TCPAddr)
	if !from.IP.Equal(to.IP) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	seen, ours := p.probes[from.Port]
	if ours {
		delete(p.probes, from.Port)
		close(seen)
	}
	return ours
}

// bindAny gives a socket a free port of any address.
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
