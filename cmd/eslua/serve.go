package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/web"
)

// serve takes calls until it is told to stop. The first signal takes no new
// calls and lets the others end; the second gives them back to their dialplans.
func serve(p *program, ctx context.Context, args []string) error {
	cfg, rest, err := p.settings("serve", args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return &usageError{fmt.Sprintf("eslua serve takes no argument %q", rest[0])}
	}
	log := p.logger(cfg.Log)
	h, err := build(cfg, log, clock.System(), audience{})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", string(cfg.Listen))
	if err != nil {
		return fmt.Errorf("eslua cannot listen on %s: %w; is another eslua running, or the address not of this machine? --listen names another", cfg.Listen, err)
	}
	log.Info("taking calls", "listen", l.Addr().String(), "scripts", h.scripts.Status().Scripts, "generation", h.scripts.Current().Name())

	drained := make(chan struct{}, 1)
	h.desk.open(web.SocketPath(cfg.Admin, p.getenv), cfg.Metrics, steering{
		reload: h.scripts.Reload,
		drain: func() {
			select {
			case drained <- struct{}{}:
			default:
			}
		},
	})
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx, l) }()
	leave := func() {
		h.desk.drains(time.Time{})
		_ = l.Close()
	}
	for taking := true; ; {
		select {
		case err := <-ended:
			return err
		case <-drained:
			leave()
		case <-p.signals:
			if !taking {
				log.Warn("ending the calls that are left; their dialplans go on", "calls", h.server.Calls())
				abort()
				continue
			}
			log.Info("taking no new calls; a second signal ends the others", "calls", h.server.Calls())
			taking = false
			leave()
		}
	}
}
