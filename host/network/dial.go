package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// Permits says which hosts a script may connect to.
type Permits interface {
	// CheckHost checks a host by its name or address, before the name is looked up. With
	// port 0 a name is permitted that is permitted with any port.
	CheckHost(host string, port uint16) error
	// CheckAddress checks an address that the host has.
	CheckAddress(host string, to netip.AddrPort) error
	// HostsKey is the same for Permits that permit the same.
	HostsKey() string
}

// A Dialer connects to hosts that are permitted.
type Dialer struct{ clock clock.Clock }

// NewDialer returns a Dialer.
func NewDialer(clk clock.Clock) *Dialer { return &Dialer{clock: clk} }

// Dial connects to a TCP port within a time.
func (d *Dialer) Dial(ctx context.Context, may Permits, host string, port uint16, within time.Duration) (net.Conn, error) {
	if err := may.CheckHost(host, port); err != nil {
		return nil, err
	}
	ctx, stop := expiring(ctx, d.clock, within, &slowError{text: fmt.Sprintf("%s: no connection within %v", host, within)})
	defer stop()
	conn, err := dial(ctx, may, host, port)
	return conn, because(ctx, err)
}

// Lookup returns the addresses that a host has. A name must be permitted, with any port.
func (d *Dialer) Lookup(ctx context.Context, may Permits, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	if err := may.CheckHost(host, 0); err != nil {
		return nil, err
	}
	list, err := resolver.LookupNetIP(ctx, "ip", host)
	return list, because(ctx, err)
}

var resolver = &net.Resolver{PreferGo: true}

// dial looks the name up itself, and not by the system's resolver, which cannot be
// interrupted and takes notations that grants do not.
func dial(ctx context.Context, may Permits, host string, port uint16) (net.Conn, error) {
	dialer := net.Dialer{
		Resolver: resolver,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			if err := may.CheckAddress(host, to); err != nil {
				return &refusedError{err}
			}
			return nil
		},
	}
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(int(port))))
}

// expiring returns a context that ends with an error after a time; 0: never.
func expiring(ctx context.Context, clk clock.Clock, after time.Duration, why error) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	if after <= 0 {
		return ctx, func() { cancel(nil) }
	}
	timer := clk.AfterFunc(after, func() { cancel(why) })
	return ctx, func() { timer.Stop(); cancel(nil) }
}

// because returns why ctx has ended, if it has, for an error that says only that it has.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// A refusedError says that an address is not permitted; the server is not to blame.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }
