package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/call/listener"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/systemd"
)

// openPort opens the port for calls: the one systemd passed, one beside an
// older eslua's, or one of its own.
func (s *service) openPort(env systemd.Environment) (*listener.Listener, error) {
	sockets, err := systemd.Sockets(env)
	if err != nil {
		return nil, err
	}
	addr := string(s.started.Listen)
	switch len(sockets) {
	case 0:
	case 1:
		p, err := listener.Inherit(sockets[0], s.clock)
		if err == nil {
			s.log.Info("listening on the socket that systemd passed, not on listen", "socket", sockets[0].Name(), "address", p.Addr().String(), "listen", addr)
		}
		return p, err
	default:
		for _, f := range sockets {
			_ = f.Close()
		}
		return nil, fmt.Errorf("systemd passed %d sockets, and eslua listens on one: leave one ListenStream= in the socket unit", len(sockets))
	}
	if s.from.takeover {
		p, err := listener.Takeover(addr, s.clock)
		if err != nil {
			err = fmt.Errorf("eslua cannot take over %s: %w; only a port that another eslua of the same user has, or nobody, can be taken over", addr, err)
		}
		return p, err
	}
	p, err := listener.Listen(addr, s.clock)
	if err != nil {
		err = fmt.Errorf("eslua cannot listen on %s: %w; is another eslua running, or the address not of this machine? --listen names another, --takeover relieves it", addr, err)
	}
	return p, err
}

// reliefTime is how long the eslua before may take to answer; new connections
// wait meanwhile.
const reliefTime = 5 * time.Second

// relieve has the eslua before take no more calls, and leave its admin socket
// to this one. It ends by itself when its last call is over; until then its
// calls are no parked ones.
func (s *service) relieve(ctx context.Context, socket string) {
	ctx, stop := context.WithTimeout(ctx, reliefTime)
	defer stop()
	_, err := admin.NewClient(socket).Drain(ctx, true)
	if absent := (*admin.NotRunningError)(nil); errors.As(err, &absent) {
		s.log.Info("there is no eslua to take over from, or its admin socket is elsewhere: then send it SIGTERM", "socket", socket)
		return
	}
	s.host.parked.Disable()
	if err != nil {
		s.log.Error("new calls come here, but the eslua before could not be told; send it SIGTERM", "error", err)
		return
	}
	s.log.Info("the eslua before takes no more calls; it ends with its last one", "socket", socket)
}
