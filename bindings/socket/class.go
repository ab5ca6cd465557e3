package socket

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

var (
	one      = []vm.Result{{Name: "done", Kind: vm.Int, Doc: "1"}}
	failing  = []vm.Result{{Name: "done", Kind: vm.Int, Doc: "1; nil if it failed"}, {Name: "why", Kind: vm.String, Doc: `"timeout", "closed", "connection refused" or another reason`}}
	endpoint = []vm.Result{{Name: "ip", Kind: vm.String, Doc: "its address; nil if there is no connection"}, {Name: "port", Kind: vm.String, Doc: "its port; the reason if ip is nil"}, {Name: "family", Kind: vm.String, Doc: `"inet" or "inet6"`}}
)

func class() *vm.Class {
	const open = "local sock = assert(require(\"socket\").connect(\"127.0.0.1\", 2000))\n"
	return &vm.Class{
		Name: "tcp", Value: (*tcp)(nil),
		Doc:     "A connection of LuaSocket's. It has no time-out until settimeout gives it one; the hangup of the call ends a wait as a time-out does.",
		Example: open + "sock:settimeout(3)\nsock:send(\"hello\\n\")\nprint(sock:receive())\nsock:close()",
		Methods: []vm.Func{
			{
				Name: "connect", Params: []vm.Param{host(), port()}, Results: failing,
				Doc:     "Connects. Raises an error if the host is not granted to the flow (grants: hosts:). After a time-out it goes on beside; select for writing waits for it.",
				Example: "local sock = require(\"socket\").tcp()\nsock:settimeout(2)\nprint(sock:connect(\"127.0.0.1\", 2000))",
				Go: func(a *vm.Args) error {
					number, ok := readPort(a.String(1))
					if !ok {
						a.Return(lua.LNil, lua.LString(badPort))
						return nil
					}
					if err := a.Self().(*tcp).connect(a, a.String(0), number); err != nil {
						return give(a, err)
					}
					a.ReturnInt(1)
					return nil
				},
			},
			{
				Name: "send", Params: []vm.Param{{Name: "data", Kind: vm.String, Most: mostSent, Doc: "what is sent"},
					{Name: "from", Kind: vm.Int, Optional: true, Default: "1", Doc: "the first byte that is sent; negative: from the end"}, {Name: "to", Kind: vm.Int, Optional: true, Default: "-1", Doc: "the last one"}},
				Results: []vm.Result{{Name: "last", Kind: vm.Int, Doc: "the last byte that was sent; nil if not all were"}, {Name: "why", Kind: vm.String, Doc: `"timeout", "closed" or another reason`}, {Name: "sent", Kind: vm.Int, Doc: "the last byte that was sent, if last is nil"}},
				Doc:     "Sends data.", Example: open + "assert(sock:send(\"hello\\n\"))", Go: send,
			},
			{
				Name: "receive", Params: []vm.Param{{Name: "pattern", Kind: vm.Any, Optional: true, Default: `"*l"`, Doc: `"*l": a line, without its end; "*a": all until the connection is closed; a number: so many bytes`},
					{Name: "prefix", Kind: vm.String, Most: mostSent, Optional: true, Default: `""`, Doc: "is put before what is received, and counts"}},
				Results: []vm.Result{{Name: "data", Kind: vm.String, Doc: "nil if it did not come whole"}, {Name: "why", Kind: vm.String, Doc: `"timeout", "closed" or another reason`}, {Name: "partial", Kind: vm.String, Doc: "what came of it, if data is nil"}},
				Doc:     "Receives data.", Example: open + "local line, why, partial = sock:receive()\nprint(line or why)", Go: receive,
			},
			setTimeout(open), getTimeout(open),
			{
				Name: "close", Results: one, Doc: "Closes the connection. What the script has forgotten is closed at its end.", Example: open + "sock:close()",
				Go: func(a *vm.Args) error { a.Self().(*tcp).close(); a.ReturnInt(1); return nil },
			},
			{
				Name: "shutdown", Params: []vm.Param{{Name: "mode", Kind: vm.String, Optional: true, Default: `"both"`, Doc: `"send", "receive" or "both"`}},
				Results: one, Doc: "Ends one direction of the connection, or both.", Example: open + "sock:shutdown(\"send\")", Go: shutdown,
			},
			{
				Name: "getpeername", Results: endpoint, Doc: "Returns the address and the port to which the socket is connected.", Example: open + "print(sock:getpeername())",
				Go: func(a *vm.Args) error { return name(a, net.Conn.RemoteAddr) },
			},
			{
				Name: "getsockname", Results: endpoint, Doc: "Returns the own end of the connection.", Example: open + "print(sock:getsockname())",
				Go: func(a *vm.Args) error { return name(a, net.Conn.LocalAddr) },
			},
			{
				Name: "getfamily", Results: []vm.Result{{Name: "family", Kind: vm.String, Doc: `"inet4" or "inet6"`}}, Doc: "Returns the family of its address.", Example: open + "print(sock:getfamily())",
				Go: func(a *vm.Args) error {
					family := "inet4"
					if t := a.Self().(*tcp); t.conn != nil && t.conn.RemoteAddr().(*net.TCPAddr).IP.To4() == nil {
						family = "inet6"
					}
					a.ReturnString(family)
					return nil
				},
			},
			setOption(open, optionNames, `"keepalive" or "tcp-nodelay"; "linger", "reuseaddr" and the other ones of LuaSocket change nothing`),
			getOption(open, optionNames),
			{
				Name: "getstats", Results: []vm.Result{{Name: "received", Kind: vm.Int, Doc: "bytes"}, {Name: "sent", Kind: vm.Int, Doc: "bytes"}, {Name: "age", Kind: vm.Number, Doc: "seconds"}},
				Doc: "Counts what went over the connection.", Example: open + "print(sock:getstats())",
				Go: func(a *vm.Args) error {
					t := a.Self().(*tcp)
					a.Return(lua.LNumber(t.received), lua.LNumber(t.sent), lua.LNumber(t.of.env.Clock.Now().Sub(t.born).Seconds()))
					return nil
				},
			},
			{
				Name: "dirty", Results: []vm.Result{{Name: "dirty", Kind: vm.Bool, Doc: "true if something has been received that the script has not taken"}}, Doc: "Tells whether receive has something without waiting.", Example: open + "print(sock:dirty())",
				Go: func(a *vm.Args) error { a.ReturnBool(len(a.Self().(*tcp).in) > 0); return nil },
			},
			{Name: "bind", Params: []vm.Param{anything()}, Doc: "Raises an error: scripts do not wait for connections.", Example: "print(pcall(function() require(\"socket\").tcp():bind(\"*\", 2000) end))", Go: noServer},
			{Name: "listen", Params: []vm.Param{anything()}, Doc: "As bind.", Example: "print(pcall(function() require(\"socket\").tcp():listen() end))", Go: noServer},
			{Name: "accept", Params: []vm.Param{anything()}, Doc: "As bind.", Example: "print(pcall(function() require(\"socket\").tcp():accept() end))", Go: noServer},
		},
	}
}

const badPort = "service not supported for socket type" // LuaSocket's text

func host() vm.Param {
	return vm.Param{Name: "host", Kind: vm.String, Doc: "a name or an address that the flow is granted (grants: hosts:)"}
}
func port() vm.Param { return vm.Param{Name: "port", Kind: vm.String, Doc: "a number"} }
func anything() vm.Param {
	return vm.Param{Name: "value", Kind: vm.Any, Variadic: true, Doc: "ignored"}
}

// name returns one end of the connection.
func name(a *vm.Args, end func(net.Conn) net.Addr) error {
	t := a.Self().(*tcp)
	_ = t.dialled() // a failure shows as no connection
	if t.conn == nil {
		a.Return(lua.LNil, lua.LString("Bad file descriptor"))
		return nil
	}
	giveEnd(a, end(t.conn).(*net.TCPAddr).AddrPort())
	return nil
}

// giveEnd returns one end of a connection as LuaSocket does.
func giveEnd(a *vm.Args, at netip.AddrPort) {
	ip, family := at.Addr().Unmap(), "inet"
	if ip.Is6() {
		family = "inet6"
	}
	a.Return(lua.LString(ip.String()), lua.LString(strconv.Itoa(int(at.Port()))), lua.LString(family))
}

func shutdown(a *vm.Args) error {
	mode := a.String(0)
	if !a.Has(0) {
		mode = "both"
	}
	if !slices.Contains([]string{"both", "send", "receive"}, mode) {
		return fmt.Errorf("bad argument #1 to 'shutdown' (invalid option '%.40s')", mode)
	}
	if conn, ok := a.Self().(*tcp).conn.(*net.TCPConn); ok {
		if mode != "receive" {
			_ = conn.CloseWrite() // LuaSocket does not say either
		}
		if mode != "send" {
			_ = conn.CloseRead()
		}
	}
	a.ReturnInt(1)
	return nil
}

var optionNames = []string{"keepalive", "reuseaddr", "reuseport", "tcp-nodelay", "tcp-keepidle", "tcp-keepcnt", "tcp-keepintvl", "ipv6-v6only", "linger", "recv-buffer-size", "send-buffer-size", "error"}

// apply sets an option of the connection, if there is one yet.
func (t *tcp) apply(option string, v lua.LValue) {
	conn, ok := t.conn.(*net.TCPConn)
	switch {
	case !ok:
	case option == "keepalive":
		_ = conn.SetKeepAlive(v == lua.LTrue) // a closed connection says so when it is used
	case option == "tcp-nodelay":
		_ = conn.SetNoDelay(v == lua.LTrue)
	}
}
