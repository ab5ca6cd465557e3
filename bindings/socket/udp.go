package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

const (
	mostTaken    = 8192     // bytes of a datagram, unless receive is told otherwise (udp.c)
	mostDatagram = 64 << 10 // bytes that a datagram can have
)

// A udp is an object of socket.udp. Only the script's goroutine uses it, and those that it
// waits for.
type udp struct {
	of      *sockets
	network string             // "udp": either family, "udp4", "udp6"
	port    *network.Datagrams // nil: nothing was sent yet, or it is closed
	closed  bool
	waiting *datagram // was received by select, and not taken by the script
	settings
}

// A datagram was received.
type datagram struct {
	data []byte
	from netip.AddrPort
}

// Holds counts what was received.
func (u *udp) Holds(visit func(lua.LValue)) int { return u.of.holds(u, visit) }

func (u *udp) size(visit func(lua.LValue)) int {
	u.holds(visit)
	if u.waiting != nil {
		return 512 + cap(u.waiting.data)
	}
	return 512
}

// close gives the port of this machine up; the object can be used again.
func (u *udp) close() {
	if u.port != nil {
		_ = u.port.Conn().Close() // what was sent was sent
	}
	u.port, u.waiting = nil, nil
	delete(u.of.open, u)
}

func (u *udp) apply(string, lua.LValue) {}

func (u *udp) connected() bool { return u.port != nil && u.port.Connected() }

// use has the object use a socket, in place of another.
func (u *udp) use(open func() (*network.Datagrams, error)) error {
	u.close()
	if err := u.of.admit(); err != nil {
		return err
	}
	port, err := open()
	if err != nil {
		return err
	}
	u.port, u.closed, u.of.open[u] = port, false, true
	return nil
}

// openFor opens the socket, if it is not, for addresses of the other end's family.
func (u *udp) openFor(to netip.Addr) error {
	if u.port != nil {
		return nil
	}
	family := u.network
	if family == "udp" {
		family = "udp4"
		if to.Is6() {
			family = "udp6"
		}
	}
	return u.use(func() (*network.Datagrams, error) { return u.of.dialer.OpenDatagrams(u.of.env.Grants, family) })
}

// address returns the address of a host.
func (u *udp) address(a *vm.Args, host string, port uint16) (to netip.AddrPort, err error) {
	if u.of.dialer == nil {
		return to, u.of.admit()
	}
	if _, err := netip.ParseAddr(host); err != nil {
		a.ChargeCPU(openCost) // it is looked up
	}
	ctx, cancel := context.WithCancelCause(a.Context())
	defer cancel(nil)
	u.of.wait(a, u.of.bound(u.within(u.of.env.Clock, u.of.env.Clock.Now())), func() { cancel(errTimeout) }, func() {
		to, err = u.of.dialer.Address(ctx, u.of.env.Grants, u.network, host, port)
	})
	return to, err
}

// do sends or receives.
func (u *udp) do(a *vm.Args, began time.Time, what func() error) (err error) {
	u.until(time.Time{})
	u.of.wait(a, u.of.bound(u.within(u.of.env.Clock, began)), func() { u.until(past) }, func() { err = what() })
	return err
}

// take waits for a datagram and returns so much of it as is wanted.
func (u *udp) take(a *vm.Args, wanted int) (d datagram, err error) {
	if err := u.openFor(netip.Addr{}); err != nil {
		return d, err
	}
	a.ChargeMemory(2 * wanted)
	for began, heard := u.of.env.Clock.Now(), false; !heard && err == nil && u.waiting == nil; {
		err = u.do(a, began, func() error { heard, err = u.read(); return err })
	}
	if u.waiting == nil {
		return d, err
	}
	d, u.waiting = *u.waiting, nil
	a.ChargeCPU(len(d.data) / 16)
	d.data = d.data[:min(wanted, len(d.data))]
	return d, nil
}

// read waits for a datagram, which may be one that is dropped.
func (u *udp) read() (heard bool, err error) {
	room := make([]byte, mostDatagram)
	n, from, heard, err := u.port.Receive(room)
	if heard && err == nil {
		u.waiting = &datagram{append([]byte(nil), room[:n]...), from}
	}
	return heard, err
}

func (u *udp) readable() bool { return u.waiting != nil }
func (u *udp) writable() bool { return !u.closed }

func (u *udp) until(deadline time.Time) {
	if u.port != nil {
		_ = u.port.Conn().SetDeadline(deadline) // if it is closed, what follows says so
	}
}

func (u *udp) arrival() func() bool {
	if u.port == nil {
		return nil
	}
	return func() bool {
		for {
			if heard, err := u.read(); heard || err != nil {
				return u.waiting != nil || network.Word(err) != "timeout"
			}
		}
	}
}

func (u *udp) room(<-chan struct{}) func() bool { return nil } // a socket has room at once

// wrongState returns LuaSocket's error for a method that the object does not have now.
func wrongState(method, state string) error {
	return fmt.Errorf("bad argument #1 to '%s' (udp{%s} expected); setpeername(host, port) connects a socket, setpeername(\"*\") takes that back", method, state)
}

// giveUDP returns LuaSocket's word for an error, or raises it.
func giveUDP(a *vm.Args, err error) error {
	if errors.Is(err, net.ErrClosed) {
		a.Return(lua.LNil, lua.LString("refused"))
		return nil
	}
	return give(a, err)
}

// receive follows udp.c:meth_receive and meth_receivefrom.
func receiveUDP(named bool) func(*vm.Args) error {
	return func(a *vm.Args) error {
		u, wanted := a.Self().(*udp), mostTaken
		if a.Has(0) {
			wanted = min(max(0, a.Int(0)), mostDatagram)
		}
		switch {
		case named && u.connected():
			return wrongState("receivefrom", "unconnected")
		case u.closed:
			a.ReturnString("") // as LuaSocket does
			return nil
		}
		d, err := u.take(a, wanted)
		if err != nil {
			return giveUDP(a, err)
		}
		a.ReturnString(string(d.data))
		if named {
			a.Return(lua.LString(d.data), lua.LString(d.from.Addr().String()), lua.LNumber(d.from.Port()))
		}
		return nil
	}
}

func sendUDP(a *vm.Args) error {
	u := a.Self().(*udp)
	switch {
	case !u.connected():
		return wrongState("send", "connected")
	case !a.Has(0):
		return errNoData(a, "send")
	}
	return u.send(a, u.port.Send)
}

// send sends a method's first argument.
func (u *udp) send(a *vm.Args, to func(string) (int, error)) error {
	data, sent := a.String(0), 0
	a.ChargeCPU(len(data) / 16)
	if err := u.do(a, u.of.env.Clock.Now(), func() (err error) { sent, err = to(data); return err }); err != nil {
		return giveUDP(a, err)
	}
	a.ReturnInt(sent)
	return nil
}

func sendTo(a *vm.Args) error {
	u := a.Self().(*udp)
	number, ok := readPort(a.String(2))
	switch {
	case !a.Has(0):
		return errNoData(a, "sendto")
	case u.connected():
		return wrongState("sendto", "unconnected")
	case !ok:
		a.Return(lua.LNil, lua.LString("Name or service not known"))
		return nil
	case u.closed:
		return giveUDP(a, net.ErrClosed)
	}
	to, err := u.address(a, a.String(1), number)
	if err == nil {
		err = u.openFor(to.Addr())
	}
	if err != nil {
		return giveUDP(a, err)
	}
	return u.send(a, func(data string) (int, error) { return u.port.SendTo(data, to) })
}

// setPeerName connects the socket, or takes that back.
func setPeerName(a *vm.Args) error {
	u, host := a.Self().(*udp), a.String(0)
	if host == "*" {
		if u.connected() {
			u.close()
		}
		a.ReturnInt(1)
		return nil
	}
	if !a.Has(1) {
		return errors.New("bad argument #3 to 'setpeername' (string expected, got no value)")
	}
	number, ok := readPort(a.String(1))
	if !ok {
		a.Return(lua.LNil, lua.LString(badPort))
		return nil
	}
	to, err := u.address(a, host, number)
	if err == nil {
		err = u.use(func() (*network.Datagrams, error) { return u.of.dialer.ConnectDatagrams(to) })
	}
	if err != nil {
		return giveUDP(a, err)
	}
	a.ReturnInt(1)
	return nil
}

var errPort = errors.New("socket: a script gets no port of its own choice, since nobody is permitted to send to one: write setsockname(\"*\", 0), or nothing; answers to what it sends come to it")

// setSockName accepts what every socket has.
func setSockName(a *vm.Args) error {
	u := a.Self().(*udp)
	host, number := a.String(0), a.String(1)
	switch {
	case u.connected():
		return wrongState("setsockname", "unconnected")
	case number != "0" || host != "*" && host != "0.0.0.0" && host != "::":
		return errPort
	}
	family := netip.IPv4Unspecified()
	if host == "::" {
		family = netip.IPv6Unspecified()
	}
	if err := u.openFor(family); err != nil {
		return giveUDP(a, err)
	}
	a.ReturnInt(1)
	return nil
}
