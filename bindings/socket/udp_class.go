package socket

import (
	"net"
	"net/netip"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

var udpOptions = []string{
	"broadcast", "reuseaddr", "reuseport", "dontroute", "recv-buffer-size", "send-buffer-size", "ip-multicast-if", "ip-multicast-ttl", "ip-multicast-loop",
	"ip-add-membership", "ip-drop-membership", "ipv6-v6only", "ipv6-unicast-hops", "ipv6-multicast-hops", "ipv6-multicast-loop", "ipv6-add-membership", "ipv6-drop-membership", "error",
}

func udpClass() *vm.Class {
	const open = "local sock = require(\"socket\").udp()\n"
	const connected = open + "sock:setpeername(\"127.0.0.1\", 2000)\n"
	data := vm.Param{Name: "data", Kind: vm.String, Most: mostSent, Doc: "the datagram"}
	sent := []vm.Result{{Name: "sent", Kind: vm.Int, Doc: "bytes; nil if it was not sent"}, failing[1]}
	most := vm.Param{Name: "most", Kind: vm.Int, Optional: true, Default: "8192", Doc: "how many bytes of it; what is more is lost"}
	taken := vm.Result{Name: "data", Kind: vm.String, Doc: "the datagram; nil if there is none"}
	return &vm.Class{
		Name: "udp", Value: (*udp)(nil),
		Doc: "A UDP socket of LuaSocket's. A script sends to hosts that it is granted (grants: hosts:), and hears those to which it has sent, and who is granted by address. " +
			"It has no time-out until settimeout gives it one; the hangup of the call ends a wait as a time-out does.",
		Example: open + "sock:settimeout(1)\nsock:sendto(\"hello\", \"127.0.0.1\", 2000)\nprint(sock:receivefrom())\nsock:close()",
		Methods: []vm.Func{
			{
				Name: "sendto", Params: []vm.Param{data, host(), port()}, Results: sent,
				Doc:     "Sends a datagram. Raises an error if the host is not granted to the flow (grants: hosts:), or if the socket is connected.",
				Example: open + "print(sock:sendto(\"calls:1|c\", \"127.0.0.1\", 8125))", Go: sendTo,
			},
			{
				Name: "receivefrom", Params: []vm.Param{most}, Results: []vm.Result{taken, {Name: "ip", Kind: vm.String, Doc: "who has sent it; the reason if data is nil"}, {Name: "port", Kind: vm.Int, Doc: "its port"}},
				Doc: "Waits for a datagram. Raises an error if the socket is connected.", Example: open + "sock:settimeout(1)\nsock:sendto(\"hello\", \"127.0.0.1\", 2000)\nprint(sock:receivefrom())", Go: receiveUDP(true),
			},
			{
				Name: "receive", Params: []vm.Param{most}, Results: []vm.Result{taken, failing[1]},
				Doc: "Waits for a datagram.", Example: connected + "sock:settimeout(1)\nsock:send(\"hello\")\nprint(sock:receive())", Go: receiveUDP(false),
			},
			{
				Name: "send", Params: []vm.Param{data}, Results: sent,
				Doc: "Sends a datagram to the peer. Raises an error if the socket is not connected.", Example: connected + "print(sock:send(\"hello\"))", Go: sendUDP,
			},
			{
				Name: "setpeername", Params: []vm.Param{host(), {Name: "port", Kind: vm.String, Optional: true, Default: "none", Doc: "a number"}}, Results: failing,
				Doc:     "Connects the socket: it sends to one peer, and hears it only. \"*\" takes that back. Raises an error if the host is not granted to the flow (grants: hosts:).",
				Example: connected, Go: setPeerName,
			},
			{
				Name: "setsockname", Params: []vm.Param{{Name: "address", Kind: vm.String, Doc: `"*"`}, {Name: "port", Kind: vm.String, Doc: "0"}}, Results: failing,
				Doc: "Takes a port of this machine. Raises an error if the script chooses it.", Example: open + "sock:setsockname(\"*\", 0)", Go: setSockName,
			},
			{
				Name: "getpeername", Results: endpoint, Doc: "Returns the address and the port of the peer. Raises an error if the socket is not connected.", Example: connected + "print(sock:getpeername())",
				Go: func(a *vm.Args) error {
					u := a.Self().(*udp)
					if !u.connected() {
						return wrongState("getpeername", "connected")
					}
					giveEnd(a, u.port.Conn().RemoteAddr().(*net.UDPAddr).AddrPort())
					return nil
				},
			},
			{
				Name: "getsockname", Results: endpoint, Doc: "Returns the own end.", Example: connected + "print(sock:getsockname())",
				Go: func(a *vm.Args) error {
					u := a.Self().(*udp)
					at := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
					if u.network == "udp6" {
						at = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
					}
					if u.port != nil {
						at = u.port.Conn().LocalAddr().(*net.UDPAddr).AddrPort()
					}
					giveEnd(a, at)
					return nil
				},
			},
			{
				Name: "getfamily", Results: []vm.Result{{Name: "family", Kind: vm.String, Doc: `"inet4" or "inet6"`}}, Doc: "Returns the family of its address.", Example: open + "print(sock:getfamily())",
				Go: func(a *vm.Args) error {
					u, family := a.Self().(*udp), "inet4"
					if u.network == "udp6" || u.port != nil && u.port.Conn().LocalAddr().(*net.UDPAddr).IP.To4() == nil {
						family = "inet6"
					}
					a.ReturnString(family)
					return nil
				},
			},
			setTimeout(open), getTimeout(open),
			setOption(open, udpOptions, `"broadcast" or another one of LuaSocket's; none changes anything`), getOption(open, udpOptions),
			{
				Name: "dirty", Results: []vm.Result{{Name: "dirty", Kind: vm.Bool, Doc: "false, as LuaSocket has it"}}, Doc: "Returns false: nothing is kept between two datagrams.", Example: open + "print(sock:dirty())",
				Go: func(a *vm.Args) error { a.Return(lua.LFalse); return nil },
			},
			{
				Name: "close", Results: one, Doc: "Closes the socket. What the script has forgotten is closed at its end.", Example: open + "sock:close()",
				Go: func(a *vm.Args) error {
					u := a.Self().(*udp)
					u.close()
					u.closed = true
					a.ReturnInt(1)
					return nil
				},
			},
		},
	}
}
