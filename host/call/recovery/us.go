package recovery

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// machine is what a Sweep asks of the machine it runs on.
type machine interface {
	addresses() []netip.Addr                               // of its interfaces
	resolve(ctx context.Context, host string) []netip.Addr // none if it cannot
	others(port string) (serving bool, err error)          // whether another process has connections to port
}

// us tells which sockets of one node lead to this process.
type us struct {
	ctx     context.Context
	machine machine
	port    string
	own     []netip.Addr // where we listen
	all     bool         // we listen on every address
	near    bool         // the node is on this machine: its loopback is ours
}

// ourselves is us as one node sees us; listen and node are host:port.
func ourselves(ctx context.Context, m machine, listen, node string) us {
	u := us{ctx: ctx, machine: m}
	at, err := netip.ParseAddrPort(listen)
	if err != nil {
		return u // nothing is ours
	}
	_, u.port, _ = net.SplitHostPort(listen)
	all := m.addresses()
	if at.Addr().IsUnspecified() {
		u.own, u.all = all, true
	} else {
		u.own = []netip.Addr{at.Addr().Unmap()}
	}
	if host, _, err := net.SplitHostPort(node); err == nil {
		u.near = slices.ContainsFunc(u.addresses(host), func(a netip.Addr) bool {
			return a.IsLoopback() || slices.Contains(all, a)
		})
	}
	return u
}

func (u us) addresses(host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	return u.machine.resolve(u.ctx, host)
}

// mayBe tells whether one of the hosts in a socket's data is us.
func (u us) mayBe(data string) bool { return slices.ContainsFunc(syntax.SocketHosts(data), u.is) }

// dialled are the ports of this machine of which one was dialled last, when host
// was, and ours is among them; nil if it may have been another machine's. Where
// a list names a host twice, FreeSWITCH does not say which entry it was.
func (u us) dialled(data, host string) (ports []string) {
	for _, h := range syntax.SocketHosts(data) {
		switch {
		case h.Name != host:
		case !u.here(h):
			return nil
		default:
			ports = append(ports, h.Port)
		}
	}
	if !slices.Contains(ports, u.port) {
		return nil
	}
	return ports
}

// is tells whether an entry of a socket's list is us.
func (u us) is(h syntax.SocketHost) bool { return u.port != "" && h.Port == u.port && u.here(h) }

// here tells whether an entry is at our address. A name that stands for several
// machines is not.
func (u us) here(h syntax.SocketHost) bool {
	_, err := netip.ParseAddr(h.Name)
	named := err != nil
	addresses := u.addresses(h.Name)
	return len(addresses) > 0 && !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return !u.at(a.Unmap(), named) })
}

// at tells whether we listen at an address that FreeSWITCH dials; a name for
// the loopback stands for all of it.
func (u us) at(a netip.Addr, named bool) bool {
	if !a.IsLoopback() {
		return slices.Contains(u.own, a)
	}
	return u.near && (u.all || slices.Contains(u.own, a) || named && slices.ContainsFunc(u.own, netip.Addr.IsLoopback))
}
