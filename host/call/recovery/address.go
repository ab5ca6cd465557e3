package recovery

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// machine answers questions about the computer this process runs on.
type machine interface {
	addresses() []netip.Addr                               // of its interfaces
	resolve(ctx context.Context, host string) []netip.Addr // empty if the name does not resolve
	others(port string) (serving bool, err error)          // whether another process has connections to port
}

// localListener decides which sockets that FreeSWITCH dials lead to this process.
type localListener struct {
	ctx         context.Context
	machine     machine
	port        string
	bound       []netip.Addr // addresses we listen on
	wildcard    bool         // we listen on every address
	sameMachine bool         // the node runs on this machine, so its loopback is ours
}

// newLocalListener describes our listener as one node sees it; listen and node are host:port.
// If listen is not an address, no socket matches.
func newLocalListener(ctx context.Context, m machine, listen, node string) localListener {
	l := localListener{ctx: ctx, machine: m}
	at, err := netip.ParseAddrPort(listen)
	if err != nil {
		return l
	}
	_, l.port, _ = net.SplitHostPort(listen)
	interfaces := m.addresses()
	if at.Addr().IsUnspecified() {
		l.bound, l.wildcard = interfaces, true
	} else {
		l.bound = []netip.Addr{at.Addr().Unmap()}
	}
	if host, _, err := net.SplitHostPort(node); err == nil {
		l.sameMachine = slices.ContainsFunc(l.resolve(host), func(a netip.Addr) bool {
			return a.IsLoopback() || slices.Contains(interfaces, a)
		})
	}
	return l
}

func (l localListener) resolve(host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	return l.machine.resolve(l.ctx, host)
}

// mayMatch reports whether one of the hosts in a socket's data is this listener.
func (l localListener) mayMatch(data string) bool {
	return slices.ContainsFunc(syntax.SocketHosts(data), l.matches)
}

// dialledPorts returns the ports of this machine that FreeSWITCH may have dialled last when
// it dialled host, if ours is among them. A list may name a host twice, and FreeSWITCH does
// not say which of the entries it used. The result is nil if another machine may have been
// dialled.
func (l localListener) dialledPorts(data, host string) (ports []string) {
	for _, h := range syntax.SocketHosts(data) {
		if h.Name != host {
			continue
		}
		if !l.isLocal(h.Name) {
			return nil
		}
		ports = append(ports, h.Port)
	}
	if !slices.Contains(ports, l.port) {
		return nil
	}
	return ports
}

// matches reports whether an entry of a socket's host list is this listener.
func (l localListener) matches(h syntax.SocketHost) bool {
	return l.port != "" && h.Port == l.port && l.isLocal(h.Name)
}

// isLocal reports whether we listen on every address that host resolves to.
func (l localListener) isLocal(host string) bool {
	_, err := netip.ParseAddr(host)
	byName := err != nil
	addresses := l.resolve(host)
	return len(addresses) > 0 && !slices.ContainsFunc(addresses, func(a netip.Addr) bool {
		return !l.listensOn(a.Unmap(), byName)
	})
}

// listensOn reports whether we listen on an address that FreeSWITCH dials. A host name that
// resolves to one loopback address covers all of them.
func (l localListener) listensOn(a netip.Addr, byName bool) bool {
	if !a.IsLoopback() {
		return slices.Contains(l.bound, a)
	}
	return l.sameMachine && (l.wildcard || slices.Contains(l.bound, a) ||
		byName && slices.ContainsFunc(l.bound, netip.Addr.IsLoopback))
}
