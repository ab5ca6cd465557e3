package switchsim

import (
	"net"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// socketApp runs "host[:port][/path][|...] [async] [full]"
// (mod_event_socket.c:socket_function). If no host can be reached the dialplan
// continues.
func socketApp(c *channel, arg string) {
	words := text.Split(arg, ' ', 25)
	if len(words) == 0 {
		c.trace(WhoSwitch, "error", "socket: Parse Error!")
		return
	}
	has := func(option string) bool {
		return slices.ContainsFunc(words[1:], func(w string) bool { return strings.EqualFold(w, option) })
	}
	f := load(&c.sw.mu, &c.sw.fault)
	conn := c.dialSocket(words[0], f)
	if conn == nil {
		return
	}
	l := c.sw.newConnection(conn, f)
	l.authed, l.outbound, l.full, l.async = true, true, has("full"), has("async")
	if !l.control(c) {
		conn.Close()
		return
	}
	if !c.sw.addConnection(l) || !c.sw.spawn(l.read) { // the switch is closed
		l.abandon()
		return
	}
	if !l.async {
		l.run()
		return
	}
	connected := make(chan struct{})
	l.onConnect = func() { close(connected) }
	if !c.sw.spawn(l.run) {
		l.abandon()
		return
	}
	c.awaitConnect(l, connected)
	c.park()
	for c.ready() && c.runMessageInside() {
		continue
	}
	c.update(func() {
		if l.resumes(c) {
			c.state = csExecute
		}
	})
}

// awaitConnect holds the channel, not parked, until the application has sent
// connect, the connection has ended or the channel has to leave.
func (c *channel) awaitConnect(l *connection, connected chan struct{}) {
	for c.ready() {
		select {
		case <-connected:
			return
		case <-l.closed:
			return
		case <-c.wake:
		}
	}
	signal(c.wake)
}

// A socketHost is one host of a socket application's list.
type socketHost struct {
	host, port, path string
	hasPath          bool
}

// socketHosts splits host[:port][/path]|...: a host without a port inherits that
// of the one before; the default is 8084.
func socketHosts(list string) []socketHost {
	var hosts []socketHost
	port := "8084"
	for _, item := range strings.Split(list, "|") {
		var h socketHost
		h.host, h.path, h.hasPath = strings.Cut(item, "/")
		if i := strings.LastIndexByte(h.host, ':'); i >= 0 {
			h.host, port = h.host[:i], h.host[i+1:]
		}
		h.port = port
		hosts = append(hosts, h)
	}
	return hosts
}

// dialSocket tries the hosts in order. socket_host and socket_path are those of
// the last host tried; the path stays if that one has none.
func (c *channel) dialSocket(list string, f Fault) net.Conn {
	for _, h := range socketHosts(list) {
		if h.hasPath {
			c.set("socket_path", h.path)
		}
		c.set("socket_host", h.host)
		addr := net.JoinHostPort(h.host, h.port)
		if f.Refuse {
			c.trace(WhoSwitch, "socket", "connect to "+addr+" refused")
			continue
		}
		conn, err := c.sw.dialSocket(addr)
		if err != nil {
			c.trace(WhoSwitch, "socket", "Socket Error! "+err.Error())
			continue
		}
		c.trace(WhoSwitch, "socket", "connected to "+addr)
		return conn
	}
	return nil
}

// connectReply returns the reply to connect: a plain CHANNEL_DATA event with the
// reply's own headers at its end.
func (l *connection) connectReply() []byte {
	c := l.channel
	e := c.sw.newEvent("CHANNEL_DATA", "", 160)
	c.sw.bus.Number(e) // first, so that an event that is not in it has a higher number
	c.mu.Lock()
	e.Headers = c.caller.appendTo(e.Headers, &channelHeaders)
	e.Headers = c.appendDataLocked(e.Headers, true)
	c.mu.Unlock()
	mode, control := "static", "single-channel"
	if l.async {
		mode = "async"
	}
	if l.full {
		control = "full"
	}
	e.Headers = append(e.Headers,
		wire.Header{Name: "Content-Type", Value: "command/reply"},
		wire.Header{Name: "Reply-Text", Value: "+OK\n"},
		wire.Header{Name: "Socket-Mode", Value: mode},
		wire.Header{Name: "Control", Value: control},
	)
	return e.Plain()
}
