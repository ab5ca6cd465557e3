package bindings_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/script/grant"
)

// withSockets lets the scripts connect to a server that reads all and says nothing, whose
// port is their first argument.
func (h *harness) withSockets() *harness {
	h.t.Helper()
	port := lineServer(h.t)
	g := grant.Default()
	g.Hosts = []grant.Host{grant.Host("127.0.0.1:" + port), "example.com:80"}
	h.dialer, h.grants, h.args = network.NewDialer(clock.System()), &g, []string{port}
	h.use()
	return h
}

// socketScript begins with what the scripts of these tests need.
func (h *harness) socketScript(script string) string {
	return "local socket, port = require('socket'), " + h.args[0] + "\n" + script
}

// The hangup ends each kind of wait, as a time-out does, and what is left can be done then.
func TestTheHangupEndsASocketsWait(t *testing.T) {
	for name, wait := range map[string]string{
		"receive":        `r = select(2, sock:receive())`,
		"receive all":    `r = select(2, sock:receive("*a"))`,
		"receive within": `sock:settimeout(600) r = select(2, sock:receive(7))`,
		"select":         `r = select(3, socket.select({sock}))`,
		"datagram":       `local u = socket.udp() r = select(2, u:receive())`,
		"datagrams":      `local u = socket.udp() u:setsockname("*", 0) r = select(3, socket.select({u}))`,
		"select alone":   `r = select(3, socket.select())`,
		"send":           `r = select(2, sock:send(("x"):rep(2^20))) while r ~= "timeout" do r = select(2, sock:send(("x"):rep(2^20))) end`,
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, "").withSockets()
			if name == "send" { // nobody reads, and the hangup may come before the wait
				h.clock = hasty{clock.System()}
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { l.Close() })
				_, port, _ := net.SplitHostPort(l.Addr().String())
				h.args = []string{port}
				h.grants.Hosts = []grant.Host{"127.0.0.1"}
			}
			h.compile(h.socketScript("local sock = assert(socket.connect('127.0.0.1', port))\nprint(session.uuid)\n" + wait + "\nr2 = sock:close()"))
			h.print = func(uuid string) { h.sw.API("uuid_kill " + uuid) }
			h.call()
			o := h.end()
			if o.err != nil {
				t.Fatal(o.err)
			}
			o.want(t, "r", "timeout", "r2", "1")
		})
	}
}

// A script reaches what it is granted, holds a few connections, and gives them back.
func TestSocketsAreGrantedAndFew(t *testing.T) {
	h := open(t, "").withSockets()
	for script, want := range map[string]string{
		`local ok, err = pcall(socket.connect, "127.0.0.1", 1) r = err`:                                            "the address 127.0.0.1 is not granted to this flow; to grant it, write grants: {hosts:",
		`local ok, err = pcall(socket.connect, "example.org", 80) r = err`:                                         "the host example.org is not granted",
		`local ok, err = pcall(socket.connect, "127.1", port) r = err`:                                             "unusual notation",
		`local s = socket.tcp() local ok, err = pcall(s.connect, s, "10.0.0.1", 80) r = err`:                       "not granted",
		`local ok, err = pcall(socket.protect(function() socket.try(socket.connect("10.0.0.1", 80)) end)) r = err`: "not granted",
		`local ok, err = pcall(socket.dns.toip, "example.org") r = err`:                                            "the host example.org is not granted",
		`local u = socket.udp() local ok, err = pcall(u.sendto, u, "x", "127.0.0.1", 1) r = err`:                   "the address 127.0.0.1 is not granted to this flow; to grant it, write grants: {hosts:",
		`local u = socket.udp() local ok, err = pcall(u.setpeername, u, "10.0.0.1", 53) r = err`:                   "the address 10.0.0.1 is not granted",
		`local u = socket.udp() local ok, err = pcall(u.sendto, u, "x", "example.org", 53) r = err`:                "the host example.org is not granted",
		`local u = socket.udp() local ok, err = pcall(u.sendto, u, "x", "127.1", port) r = err`:                    "unusual notation",
		`local u = socket.udp() local ok, err = pcall(u.setsockname, u, "*", 5060) r = err`:                        "no port of its own choice",
		`local all = {} for i = 1, 8 do all[i] = socket.udp() assert(all[i]:setsockname("*", 0)) end local ok, err = pcall(socket.connect, "127.0.0.1", port) all[1]:close() r = err .. tostring(socket.connect("127.0.0.1", port) ~= nil)`: "holds 8 sockets; close one firsttrue",
		`local ok, err = pcall(socket.bind, "*", 80) r = err`:               "cannot wait for connections",
		`local s = socket.tcp() local ok, err = pcall(s.listen, s) r = err`: "cannot wait for connections",
		`local all = {} for i = 1, 8 do all[i] = assert(socket.connect("127.0.0.1", port)) end local ok, err = pcall(socket.connect, "127.0.0.1", port) all[1]:close() r = err .. tostring(socket.connect("127.0.0.1", port) ~= nil)`: "holds 8 sockets; close one firsttrue",
		`r = "" for i = 1, 50 do local s = socket.tcp() s:settimeout(0) s:connect("127.0.0.1", port) s:close() end`:                                                                                                                   "",
	} {
		_, o := h.runScript(h.socketScript(script))
		if o.err != nil || !strings.Contains(o.text("r"), want) {
			t.Errorf("%s\n%v, %s", script, o.err, o.text("r"))
		}
	}
}

// A name that is granted with one port may be looked up.
func TestALookupNeedsTheName(t *testing.T) {
	g := &grant.Grants{Hosts: []grant.Host{"example.com:80"}}
	if err := g.CheckHost("example.com", 0); err != nil {
		t.Error(err)
	}
	if g.CheckHost("example.com", 81) == nil || g.CheckHost("example.org", 0) == nil {
		t.Error("permitted")
	}
}

// What is received is the script's memory.
func TestWhatASocketReceivesIsCharged(t *testing.T) {
	h := open(t, "").withSockets()
	h.limits.Memory = 8 << 20
	_, o := h.runScript(h.socketScript(`
		local sock = assert(socket.connect("127.0.0.1", port))
		sock:send("endless\n")
		sock:receive("*a")`))
	if o.err == nil || !strings.Contains(o.err.Error(), "memory") {
		t.Error(o.err)
	}
}

// What LuaSocket's requests may not do is an error of the script's own line.
func TestLuaSocketsRequestsAreGranted(t *testing.T) {
	h := open(t, "").withHTTP(echo)
	for script, want := range map[string]string{
		`require("socket.http").request("http://10.0.0.1/")`:                                        "test.lua:2: the address 10.0.0.1 is not granted to this flow; to grant it, write grants: {hosts:",
		`require("socket.http").request{url = "http://10.0.0.1/"}`:                                  "test.lua:2: the address 10.0.0.1 is not granted",
		`require("ssl.https").request("https://10.0.0.1/")`:                                         "test.lua:2: the address 10.0.0.1 is not granted",
		`require("socket.http").request{url = "http://10.0.0.1/", proxy = "http://10.0.0.1:3128"}`:  "test.lua:2: http: no proxy is asked",
		`local http = require("socket.http") http.PROXY = "http://10.0.0.1" http.request(url)`:      "test.lua:2: http: no proxy is asked",
		`require("socket.http").request{url = url, create = function() end}`:                        `test.lua:2: http: create is not supported`,
		`require("socket.http").request("ftp://10.0.0.1/")`:                                         "test.lua:2: http: ftp is not supported",
		`require("socket.http").request{url = url, method = "CONNECT"}`:                             `test.lua:2: request: "CONNECT" is no method`,
		`require("socket.http").request{url = url, headers = {a = "b\r\nc: d"}}`:                    "holds a character that no header can hold",
		`require("socket.http").request(5)`:                                                         "test.lua:2: request: write a URL or a table",
		`require("socket.http").request{url = url, source = function() return ("x"):rep(2^18) end}`: "memory",
	} {
		h.limits.Memory = 32 << 20
		_, o := h.runScript("local url = '" + h.url + "'\n" + script)
		if o.err == nil || !strings.Contains(o.err.Error(), want) {
			t.Errorf("%s\n%v", script, o.err)
		}
	}
}

// The time for a whole call ends it, though something comes all the time.
func TestATotalTimeoutEndsAReceive(t *testing.T) {
	h := open(t, "").withSockets()
	_, o := h.runScript(h.socketScript(`
		local sock = assert(socket.connect("127.0.0.1", port))
		sock:send("drip\n")
		sock:settimeout(0.05, "t")
		local data, why, partial = sock:receive("*a")
		r, r2 = tostring(data), why`))
	o.want(t, "r", "nil", "r2", "timeout")
}

// A connection that takes no more is not ready for writing, until the other side reads.
func TestSelectWaitsForRoom(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	reads, served := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(served)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		<-reads
		_, _ = io.Copy(io.Discard, conn)
	}()
	t.Cleanup(func() { l.Close(); <-served })
	h := open(t, "").withSockets()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	h.args, h.grants.Hosts = []string{port}, []grant.Host{"127.0.0.1"}
	h.print = func(string) { close(reads) }
	_, o := h.runScript(h.socketScript(`
		local sock = assert(socket.connect("127.0.0.1", port))
		sock:settimeout(0.01)
		local text = ("x"):rep(2^19)
		repeat local sent, why = sock:send(text) until why
		r = select(3, socket.select(nil, {sock}, 0.02))
		print("it is full")
		r2 = tostring(select(2, socket.select(nil, {sock}, 60))[1] == sock)
		sock:close()`))
	o.want(t, "r", "timeout", "r2", "true")
}

// A script hears those to which it has sent, and nobody else who finds its port.
func TestDatagramsOfStrangersAreDropped(t *testing.T) {
	server, stranger := packets(t), packets(t)
	served := make(chan struct{})
	go func() {
		defer close(served)
		room := make([]byte, 100)
		for _, answer := range []string{"answer", "second answer"} {
			_, script, err := server.ReadFrom(room)
			if err != nil {
				return
			}
			_, _ = stranger.WriteTo([]byte("not asked for"), script)
			_, _ = server.WriteTo([]byte(answer), script)
		}
	}()
	h := open(t, "").withSockets()
	_, port, _ := net.SplitHostPort(server.LocalAddr().String())
	h.args, h.grants.Hosts = []string{port}, []grant.Host{grant.Host("127.0.0.1:" + port)}
	_, o := h.runScript(h.socketScript(`
		local u = socket.udp()
		u:sendto("x", "127.0.0.1", port)
		r = u:receivefrom()
		u:sendto("x", "127.0.0.1", port)
		local readable = socket.select({u})
		r2 = tostring(readable[1] == u) .. u:receivefrom()`))
	<-served
	o.want(t, "r", "answer", "r2", "truesecond answer")
}

func packets(t *testing.T) net.PacketConn {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
