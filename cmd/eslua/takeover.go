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

// openListener opens the listener for calls: on the socket that systemd passed, on
// the previous eslua's address, shared with it, or on a free address.
func (s *service) openListener(env systemd.Environment) (port, error) {
	sockets, err := systemd.Sockets(env)
	if err != nil {
		return nil, err
	}
	addr := string(s.initial.Listen)
	switch len(sockets) {
	case 0:
		return s.openPort(addr, "--listen")
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
		return nil, fmt.Errorf("systemd passed %d sockets, but eslua listens on one: write a single ListenStream= in the socket unit", len(sockets))
	}
}

// openLookups opens the address for FreeSWITCH's mod_xml_curl, nil if no script answers it.
func (s *service) openLookups() (port, error) {
	if len(s.initial.XML.Scripts) == 0 {
		return nil, nil
	}
	p, err := s.openPort(string(s.initial.XML.Address), "xml.address")
	if err == nil {
		s.app.lookups = p
	}
	return p, err
}

// openPort opens an address, or shares it with the previous eslua.
func (s *service) openPort(addr, setting string) (port, error) {
	if s.seams.port != nil {
		return s.seams.port(addr)
	}
	if s.overrides.takeover {
		p, err := listener.Takeover(addr, s.clock)
		if err != nil {
			err = fmt.Errorf("eslua cannot take over %s: %w; the port must be free or belong to another eslua of the same user", addr, err)
		}
		return p, err
	}
	p, err := listener.Listen(addr, s.clock)
	if err != nil {
		err = fmt.Errorf("eslua cannot listen on %s: %w; if another eslua is running, replace it with --takeover; if the address is not on this machine, choose another with %s", addr, err, setting)
	}
	return p, err
}

// takeoverTimeout limits the wait for the answer of the previous eslua. New connections
// wait as long.
const takeoverTimeout = 5 * time.Second

// checkScripts returns an error if scripts have errors, which have been logged, and the
// previous eslua serves them as they were before: after a takeover they would not serve.
func (s *service) checkScripts(ctx context.Context, socket string) error {
	own := s.app.scripts.Status()
	if own.Since.IsZero() {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, takeoverTimeout)
	defer stop()
	previous, err := s.seams.adminClient(socket).Status(ctx, false)
	if err != nil || previous.Scripts.Generation == own.Generation {
		return nil // nobody serves these scripts better
	}
	return fmt.Errorf("the scripts have errors, and the running eslua serves generation %s, from before: correct the scripts and start again, or stop the running eslua first", previous.Scripts.Generation)
}

// drainPrevious makes the previous eslua take no more calls and give up its admin
// socket. It ends by itself with its last call; until then its calls look like
// parked ones.
func (s *service) drainPrevious(ctx context.Context, socket string) {
	ctx, stop := context.WithTimeout(ctx, takeoverTimeout)
	defer stop()
	_, err := s.seams.adminClient(socket).Drain(ctx, true)
	if absent := (*admin.NotRunningError)(nil); errors.As(err, &absent) {
		s.log.Info("there is no eslua to take over from at this admin socket; if one runs with another socket, send it SIGTERM", "socket", socket)
		return
	}
	s.app.recovery.Disable()
	if err != nil {
		s.log.Error("new calls come here, but the previous eslua does not answer at its admin socket; send it SIGTERM", "error", err)
		return
	}
	s.log.Info("the previous eslua takes no more calls; it ends with its last one", "socket", socket)
}
