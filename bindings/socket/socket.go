// Package socket owns what scripts use of LuaSocket besides HTTP: the module socket, whose
// connections host/network makes, and the module socket.url.
package socket

import (
	_ "embed"
	"errors"
	"fmt"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

//go:embed url.lua
var urlSource string

//go:embed socket.lua
var socketSource string

// mostSent limits the bytes of a text that is sent.
const mostSent = 1 << 20

// Module declares the module socket.
type Module struct{ Dialer *network.Dialer }

// Bind returns the run's connections.
func (m Module) Bind(env *run.Env) any {
	return &sockets{env: env, dialer: m.Dialer, open: map[closer]bool{}}
}

// URL declares the module socket.url.
type URL struct{}

// Bind returns nothing: the module has no state.
func (URL) Bind(*run.Env) any { return nil }

// Declare declares the table and its class.
func (Module) Declare() *vm.Module {
	family := vm.Param{Name: "family", Kind: vm.Any, Variadic: true, Doc: "ignored: an address and a port of this machine, and a family"}
	made := []vm.Result{{Name: "sock", Kind: vm.Object, Class: "tcp", Doc: "not connected yet"}}
	datagrams := []vm.Result{{Name: "sock", Kind: vm.Object, Class: "udp", Doc: "not connected"}}
	connected := []vm.Result{{Name: "sock", Kind: vm.Object, Class: "tcp", Doc: "nil if there is no connection"}, failing[1]}
	function := func(name, doc string) []vm.Result { return []vm.Result{{Name: name, Kind: vm.Function, Doc: doc}} }
	kind := vm.Param{Name: "kind", Kind: vm.Any, Optional: true, Default: `"default"`, Doc: "absent: the socket comes first"}
	sock := vm.Param{Name: "sock", Kind: vm.Any, Optional: true, Default: "none", Doc: "a connection"}
	anything := anything()
	return &vm.Module{
		Name: "socket", Required: true, AfterHangup: "Works as before: it does not concern the call. A wait ends after 5 seconds at the latest.",
		Doc: "The connections, the datagrams and the clock of LuaSocket. A script reaches hosts that it is granted (grants: hosts:), with " +
			fmt.Sprintf("%d sockets at a time; it cannot wait for connections.", mostOpen),
		Source:  socketSource,
		Classes: []*vm.Class{class(), udpClass()},
		Constants: []vm.Constant{
			{Name: "_VERSION", Value: lua.LString("LuaSocket 3.0.0"), Doc: "the version of LuaSocket whose functions it has"},
			{Name: "BLOCKSIZE", Value: lua.LNumber(2048), Doc: "how many bytes a source takes at once"},
			{Name: "_DATAGRAMSIZE", Value: lua.LNumber(mostTaken), Doc: "how many bytes of a datagram are received, unless receive is told otherwise"},
			{Name: "_SETSIZE", Value: lua.LNumber(4 * mostOpen), Doc: "how many sockets select takes"},
		},
		Funcs: []vm.Func{
			{
				Name: "gettime", Results: []vm.Result{{Name: "seconds", Kind: vm.Number, Doc: "seconds since 1970, with their fraction"}},
				Doc: "Returns the time.", Example: "print(require(\"socket\").gettime())",
				Go: func(a *vm.Args) error {
					a.Return(lua.LNumber(float64(a.Instance().(*sockets).env.Clock.Now().UnixMicro()) / 1e6))
					return nil
				},
			},
			{
				Name: "sleep", Params: []vm.Param{{Name: "seconds", Kind: vm.Number, Doc: "how long to wait"}},
				Doc: "Waits. The hangup of the call ends it.", Example: "require(\"socket\").sleep(0.2)",
				AfterHangup: "Waits all the same.",
				Go: func(a *vm.Args) error {
					env := a.Instance().(*sockets).env
					ctx, stop := env.Aside(a.Context())
					defer stop()
					err := clock.Sleep(ctx, env.Clock, max(0, seconds(a.Number(0))))
					if err != nil && a.Context().Err() == nil {
						return nil // the call has hung up
					}
					return err
				},
			},
			{Name: "tcp", Outside: true, Results: made, Doc: "Returns a socket that connects.", Example: "local sock = require(\"socket\").tcp()", Go: create},
			{Name: "tcp4", Outside: true, Results: made, Doc: "As tcp.", Example: "local sock = require(\"socket\").tcp4()", Go: create},
			{Name: "tcp6", Outside: true, Results: made, Doc: "As tcp.", Example: "local sock = require(\"socket\").tcp6()", Go: create},
			{
				Name: "connect", Outside: true, Params: []vm.Param{host(), port(), family}, Results: connected,
				Doc:     "Connects, without a time-out of its own: write socket.tcp() and settimeout if one is needed. Raises an error if the host is not granted to the flow (grants: hosts:).",
				Example: "local sock, why = require(\"socket\").connect(\"127.0.0.1\", 2000)\nif not sock then print(why) end", Go: connect,
			},
			{Name: "connect4", Outside: true, Params: []vm.Param{host(), port(), family}, Results: connected, Doc: "As connect.", Example: "print(require(\"socket\").connect4(\"127.0.0.1\", 2000))", Go: connect},
			{Name: "connect6", Outside: true, Params: []vm.Param{host(), port(), family}, Results: connected, Doc: "As connect.", Example: "print(require(\"socket\").connect6(\"::1\", 2000))", Go: connect},
			{
				Name: "select", Outside: true, Params: []vm.Param{{Name: "read", Kind: vm.Table, Optional: true, Default: "nil", Doc: "connections from which something is to come"}, {Name: "write", Kind: vm.Table, Optional: true, Default: "nil", Doc: "connections to which something is to be sent"},
					{Name: "seconds", Kind: vm.Number, Optional: true, Default: "no limit", Doc: "how long at most"}},
				Results: []vm.Result{{Name: "readable", Kind: vm.Table, Doc: "the list of those; each is also a key, whose value is its place"}, {Name: "writable", Kind: vm.Table, Doc: "as readable"}, {Name: "why", Kind: vm.String, Doc: `"timeout" if both are empty`}},
				Doc:     "Waits until something can be done with one of several connections.",
				Example: "local socket = require(\"socket\")\nlocal sock = socket.tcp()\nsock:settimeout(0)\nsock:connect(\"127.0.0.1\", 2000)\nlocal _, writable = socket.select(nil, {sock}, 2)\nprint(writable[sock])", Go: wait,
			},
			{Name: "udp", Outside: true, Results: datagrams, Doc: "Returns a socket for datagrams.", Example: "local sock = require(\"socket\").udp()\nsock:settimeout(1)", Go: createUDP("udp")},
			{Name: "udp4", Outside: true, Results: datagrams, Doc: "As udp, for IPv4.", Example: "local sock = require(\"socket\").udp4()", Go: createUDP("udp4")},
			{Name: "udp6", Outside: true, Results: datagrams, Doc: "As udp, for IPv6.", Example: "local sock = require(\"socket\").udp6()", Go: createUDP("udp6")},
			{Name: "bind", Params: []vm.Param{anything}, Doc: "Raises an error: scripts do not wait for connections.", Example: "print(pcall(require(\"socket\").bind, \"*\", 2000))", Go: noServer},
			{Name: "newtry", Params: []vm.Param{{Name: "finally", Kind: vm.Function, Optional: true, Default: "none", Doc: "is called before the error is raised"}}, Results: function("try", "raises its second argument if the first one is nil or false, and else returns all"),
				Doc: "Makes a function that makes errors of results.", Example: "local sock = require(\"socket\").tcp()\nlocal try = require(\"socket\").newtry(function() sock:close() end)"},
			{Name: "protect", Params: []vm.Param{{Name: "f", Kind: vm.Function, Doc: "a function that uses try"}}, Results: function("safe", "returns nil and what try has raised"),
				Doc: "Makes results of errors that try has raised.", Example: "local socket = require(\"socket\")\nlocal f = socket.protect(function() return socket.try(nil, \"no\") end)\nprint(f())"},
			{Name: "try", Params: []vm.Param{anything}, Results: []vm.Result{{Name: "values", Kind: vm.Any, Doc: "its arguments"}}, Doc: "Is what newtry() returns.", Example: "print(require(\"socket\").try(1))"},
			{Name: "skip", Params: []vm.Param{{Name: "count", Kind: vm.Int, Doc: "how many"}, anything}, Results: []vm.Result{{Name: "values", Kind: vm.Any, Doc: "the other arguments"}}, Doc: "Leaves the first arguments out.", Example: "print(require(\"socket\").skip(1, \"a\", \"b\"))"},
			{Name: "choose", Params: []vm.Param{{Name: "list", Kind: vm.Table, Doc: "functions by name"}}, Results: function("chooser", "calls the one that its first argument names"), Doc: "Is what sink and source are made with.", Example: "print(require(\"socket\").choose({default = print}))"},
			{Name: "sink", Params: []vm.Param{kind, sock}, Results: function("sink", "sends what it gets"), Doc: `Makes a sink for ltn12: "keep-open" or "close-when-done".`, Example: "local socket = require(\"socket\")\nlocal sink = socket.sink(\"keep-open\", socket.tcp())"},
			{Name: "source", Params: []vm.Param{kind, sock, {Name: "length", Kind: vm.Int, Optional: true, Default: "none", Doc: "of by-length"}}, Results: function("source", "gives what it receives"), Doc: `Makes a source for ltn12: "until-closed" or "by-length".`, Example: "local socket = require(\"socket\")\nlocal source = socket.source(\"until-closed\", socket.tcp())"},
		},
	}
}

func createUDP(network string) func(*vm.Args) error {
	return func(a *vm.Args) error {
		a.ChargeMemory(512)
		a.Return(a.State().NewObject("udp", &udp{of: a.Instance().(*sockets), network: network, settings: newSettings()}))
		return nil
	}
}

var errServer = errors.New("socket: a script cannot wait for connections: what connects finds FreeSWITCH, whose calls and events run scripts; write socket.connect(host, port) to connect to somebody")

func noServer(*vm.Args) error { return errServer }

func create(a *vm.Args) error {
	a.Return(a.State().NewObject("tcp", a.Instance().(*sockets).create(a)))
	return nil
}

func connect(a *vm.Args) error {
	t := a.Instance().(*sockets).create(a)
	number, ok := readPort(a.String(1))
	if !ok {
		a.Return(lua.LNil, lua.LString(badPort))
		return nil
	}
	if err := t.connect(a, a.String(0), number); err != nil {
		t.close()
		return give(a, err)
	}
	a.Return(a.State().NewObject("tcp", t))
	return nil
}

// Declare declares the table.
func (URL) Declare() *vm.Module {
	const most = 64 << 10
	text := func(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Most: most, Doc: doc} }
	parts := vm.Param{Name: "parts", Kind: vm.Table, Doc: "as parse returns them"}
	url := vm.Result{Name: "url", Kind: vm.String, Doc: "the URL"}
	return &vm.Module{
		Name: "socket.url", Required: true, AfterHangup: "Works as before: it does not concern the call.",
		Doc: "Takes URLs apart and puts them together, as LuaSocket's module does.", Source: urlSource,
		Funcs: []vm.Func{
			{Name: "escape", Params: []vm.Param{text("text", "any text")}, Results: []vm.Result{{Name: "escaped", Kind: vm.String, Doc: "with % and two digits for all but letters, digits and _"}},
				Doc: "Writes a text so that it can be a part of a URL.", Example: "print(require(\"socket.url\").escape(\"a b&c\"))"},
			{Name: "unescape", Params: []vm.Param{text("text", "a part of a URL")}, Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "as it was"}},
				Doc: "Reads what escape writes.", Example: "print(require(\"socket.url\").unescape(\"a%20b\"))"},
			{Name: "parse", Params: []vm.Param{text("url", "the URL"), {Name: "default", Kind: vm.Table, Optional: true, Default: "none", Doc: "parts that the URL may lack"}},
				Results: []vm.Result{{Name: "parts", Kind: vm.Table, Doc: "url, scheme, authority, userinfo, user, password, host, port, path, params, query, fragment"}},
				Doc:     "Takes a URL apart.", Example: "print(require(\"socket.url\").parse(\"http://example.com:8080/x?y=1\").host)"},
			{Name: "build", Params: []vm.Param{parts}, Results: []vm.Result{url}, Doc: "Puts a URL together.", Example: "print(require(\"socket.url\").build({scheme = \"http\", host = \"example.com\", path = \"/\"}))"},
			{Name: "absolute", Params: []vm.Param{text("base", "a URL"), text("relative", "another one, which may be relative to it")}, Results: []vm.Result{url},
				Doc: "Returns what a relative URL means in a page.", Example: "print(require(\"socket.url\").absolute(\"http://example.com/a/b\", \"../c\"))"},
			{Name: "parse_path", Params: []vm.Param{text("path", "a path")}, Results: []vm.Result{{Name: "segments", Kind: vm.Table, Doc: "its parts, unescaped; is_absolute and is_directory tell the rest"}},
				Doc: "Takes a path apart.", Example: "print(require(\"socket.url\").parse_path(\"/a/b%20c/\")[2])"},
			{Name: "build_path", Params: []vm.Param{{Name: "segments", Kind: vm.Table, Doc: "as parse_path returns them"}, {Name: "unsafe", Kind: vm.Any, Optional: true, Default: "false", Doc: "true: they are not escaped"}},
				Results: []vm.Result{{Name: "path", Kind: vm.String, Doc: "the path"}}, Doc: "Puts a path together.", Example: "print(require(\"socket.url\").build_path({\"a\", \"b c\", is_absolute = 1}))"},
		},
	}
}
