package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/call/listener"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/systemd"
)

// serve takes calls until it is told to stop. The first signal takes no new
// calls and lets the others end; the second gives them back to their dialplans.
func serve(p *program, ctx context.Context, args []string) error {
	from, rest, err := p.overrides("serve", args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return &usageError{fmt.Sprintf("eslua serve takes no argument %q", rest[0])}
	}
	cfg, err := from.load()
	if err != nil {
		return err
	}
	s := newService(p, from, cfg)
	env := systemd.Environment{Get: p.getenv, Unset: os.Unsetenv, PID: os.Getpid()}
	s.systemd = systemd.NewNotifier(env, s.log)
	if s.host, err = build(cfg, s.log, s.clock, audience{}); err != nil {
		return err
	}
	if s.port, err = s.openPort(env); err != nil {
		s.host.close(ctx)
		return err
	}
	socket := admin.SocketPath(cfg.Admin, p.getenv)
	if from.takeover {
		s.host.parked.Disable() // the calls of the one before look like parked ones
		s.relieve(ctx, socket)
	}
	s.admin = s.newAdmin(socket, string(cfg.Metrics))
	s.host.admin.SetConfig(from.file, cfg)
	return s.run(ctx, p.signals)
}

// service is eslua serve from its start to its end.
type service struct {
	from    overrides
	started config.Config // the settings that take a restart are these
	log     *slog.Logger
	level   *slog.LevelVar
	clock   clock.Clock
	host    *host
	admin   *admin.Server
	port    *listener.Listener
	systemd *systemd.Notifier

	asked   chan struct{} // to drain, by the admin
	leaving atomic.Bool   // no new calls are taken

	reloading sync.Mutex // guards the next
	inForce   config.Config
	patience  atomic.Int64 // inForce.Drain
}

func newService(p *program, from overrides, cfg config.Config) *service {
	s := &service{
		from: from, started: cfg, inForce: cfg,
		level: new(slog.LevelVar), clock: clock.System(),
		asked: make(chan struct{}, 1),
	}
	s.level.Set(slog.Level(cfg.Log.Level))
	s.log = p.loggerAt(s.level, cfg.Log.Format)
	s.patience.Store(int64(cfg.Drain))
	return s
}

func (s *service) newAdmin(socket, metrics string) *admin.Server {
	return admin.New(socket, metrics, admin.Deps{
		StatusSource: s.host.admin, ScriptControl: s.host.admin, ProcessControl: s, Metrics: s.host.metrics,
	}, s.log, s.clock)
}

// run takes calls and heeds signals until the last call is over.
func (s *service) run(ctx context.Context, signals <-chan os.Signal) error {
	var aside sync.WaitGroup
	defer aside.Wait()
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	ended := make(chan error, 1)
	go func() { ended <- s.host.run(ctx, s.port, s.admin) }()
	aside.Go(func() { s.systemd.Watch(ctx, s.clock, s.progress) })

	s.log.Info("taking calls", "listen", s.port.Addr().String(), "scripts", s.host.scripts.Status().Scripts, "generation", s.host.scripts.Current().Name())
	select {
	case <-s.admin.Tried(): // who is told can ask it, or relieve it
	case err := <-ended:
		return err
	}
	s.systemd.Ready(s.takingCalls())
	d := departure{clock: s.clock}
	defer d.stop()
	for {
		select {
		case err := <-ended:
			if s.leaving.Load() {
				s.log.Info("the last call is over")
			}
			return err
		case sig := <-signals:
			switch {
			case sig == syscall.SIGHUP:
				aside.Go(func() { _ = s.Reload(ctx) }) // it is logged
			case !s.leaving.Load():
				s.leave(ctx, &d, &aside)
			default:
				s.giveBack("a second signal came", &d, &aside, abort)
			}
		case <-s.asked:
			if !s.leaving.Load() {
				s.leave(ctx, &d, &aside)
			}
		case <-d.told():
			s.tellLeft(&d)
		case <-d.over():
			s.giveBack("their time is over", &d, &aside, abort)
		}
	}
}

func (s *service) takingCalls() string { return "taking calls on " + s.port.Addr().String() }

// Drain does what SIGTERM does.
func (s *service) Drain() {
	select {
	case s.asked <- struct{}{}:
	default:
	}
}

func (s *service) drainTime() time.Duration { return time.Duration(s.patience.Load()) }
