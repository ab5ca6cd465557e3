package flowtest

import (
	"context"
	"net"
	"syscall"
)

// A socket is a connection of memnet.
type socket interface {
	net.Conn
	syscall.Conn
}

// A conn is the host's end of a connection, which its stage knows.
type conn struct {
	socket
	end func()
}

func (c *conn) Close() error {
	defer c.end()
	return c.socket.Close()
}

// A port is where calls arrive.
type port struct {
	net.Listener
	stage *Stage
}

func (p *port) Accept() (net.Conn, error) {
	nc, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return p.stage.track(nc)
}

// Refuse, Drain and Probe do for this port what those of listener.Listener do.
func (p *port) Refuse()                   { _ = p.Close() }
func (p *port) Drain(context.Context)     { p.Refuse() }
func (*port) Probe(context.Context) error { return nil }
