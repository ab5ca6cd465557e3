package switchsim

import (
	"net"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// socketApp is the dialplan application "socket host[:port][/path][|...] [async]
// [full]" (mod_event_socket.c:socket_function). When no host can be reached the
// dialplan simply continues.
func socketApp(c *channel, arg string) {
	words := separate(arg, ' ', 25)
	if len(words) == 0 {
		c.trace(WhoSwitch, "error", "socket: Parse Error!")
		return
	}
	var full, async bool
	for _, w := range words[1:] {
		full = full || strings.EqualFold(w, "full")
		async = async || strings.EqualFold(w, "async")
	}
	f := c.sw.currentFault()
	conn := c.dialSocket(words[0], f)
	if conn == nil {
		return
	}
	l := c.sw.newListener(conn, f)
	l.authed, l.outbound, l.full, l.async = true, true, full, async
	if !l.control(c) || !c.sw.addListener(l) {
		conn.Close()
		return
	}
	c.sw.spawn(l.read)
	if !async {
		l.run()
		return
	}
	connected := make(chan struct{})
	l.onConnect = func() { close(connected) }
	c.sw.spawn(l.run)
	c.awaitConnect(l, connected)
	c.park()
	for c.ready() && c.runQueued() {
		continue
	}
	c.mu.Lock()
	if c.cause == "" && !c.transferred && !c.reset && (l.resume.Load() || truth(c.getLocked("socket_resume"))) {
		c.state = csExecute
	}
	c.mu.Unlock()
	c.changed()
}

// awaitConnect holds the channel, not parked, until the application has sent
// connect, has gone, or the channel has.
func (c *channel) awaitConnect(l *listener, connected chan struct{}) {
	for c.ready() {
		select {
		case <-connected:
			return
		case <-l.closed:
			return
		case <-c.wake:
		}
	}
	c.signal()
}

// socketHost is one host of a socket application's list.
type socketHost struct {
	host, port, path string
	hasPath          bool
}

// socketHosts splits host[:port][/path]|...: a port is inherited by later hosts
// that have none; the default is 8084.
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
// the last one tried; a path stays when that one has none.
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
		conn, err := c.sw.dial(addr)
		if err != nil {
			c.trace(WhoSwitch, "socket", "Socket Error! "+err.Error())
			continue
		}
		c.trace(WhoSwitch, "socket", "connected to "+addr)
		return conn
	}
	return nil
}

// park waits under somebody's control (switch_ivr_park).
func (c *channel) park() {
	c.mu.Lock()
	if c.controlled {
		c.mu.Unlock()
		c.trace(WhoSwitch, "error", "Cannot park channels that are under control already.")
		return
	}
	if c.state == csReset {
		c.mu.Unlock()
		return
	}
	c.controlled = true
	p := pause{forever: true, deafToBreak: true, digit: func(digit) bool { return false },
		stop: func() bool { c.mu.Lock(); defer c.mu.Unlock(); return !c.controlled }}
	cause := "NORMAL_CLEARING"
	if limit := c.vars.get("park_timeout"); limit != "" {
		seconds, name, named := strings.Cut(limit, ":")
		if named {
			cause = causeName(name)
		}
		p.forever, p.d = false, c.sw.seconds(number(seconds))
		c.vars.set("park_timeout", "")
	}
	late := c.late
	c.late = 0
	c.mu.Unlock()
	c.fire("CHANNEL_PARK")
	if late > 0 {
		before := p
		before.forever, before.d = false, late
		c.pause(before)
		c.mu.Lock()
		c.controlled = false
		c.mu.Unlock()
	}
	switch c.pause(p) {
	case timedOut:
		c.hangup(cause)
	case moved: // park looks at its queue once more before it goes
		for c.runQueued() {
			continue
		}
	}
	c.mu.Lock()
	c.controlled = false
	c.mu.Unlock()
	c.fire("CHANNEL_UNPARK")
}

// connectReply is a plain CHANNEL_DATA event with the reply's headers at its end.
func (l *listener) connectReply() []byte {
	c := l.channel
	e := c.sw.newEvent("CHANNEL_DATA", "", 160)
	c.sw.bus.number(e) // before it looks, so that what is not in it has a higher number
	c.mu.Lock()
	e.Headers = c.caller.appendTo(e.Headers, channelNames)
	e.Headers = c.appendData(e.Headers, true)
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
