package main

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/memory"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/logbound"
	"github.com/eslua/eslua/host/operate/page"
	"github.com/eslua/eslua/host/operate/systemd"
	"github.com/spf13/cobra"
)

func serveCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "serve calls from FreeSWITCH",
		Long: `Serve calls from FreeSWITCH until a signal: after the first one eslua takes no new calls and lets
the others end, at the second one it gives them back to their dialplans. SIGHUP has it read the
configuration and the scripts again.`,
		Example: examples(
			"serve as a configuration says", "eslua serve --config /etc/eslua/eslua.yaml",
			"serve a directory of flows, without a configuration", "eslua serve --scripts ./flows --listen 127.0.0.1:8084",
			"take over from the eslua that runs, for an update", "eslua serve --config /etc/eslua/eslua.yaml --takeover",
		),
		Args: noArguments,
	}
	o := p.overrides(c, "config", "listen", "scripts", "esl", "password")
	c.Flags().BoolVar(&o.takeover, "takeover", false, "take the port over from the eslua that runs, which ends after its last call")
	c.RunE = func(c *cobra.Command, _ []string) error { return p.serve(c.Context(), *o) }
	return c
}

// serve takes calls until a signal stops it. After the first signal it takes no
// new calls and lets the others end; at the second it gives them back to their
// dialplans.
func (p *program) serve(ctx context.Context, overrides overrides) error {
	cfg, err := overrides.loadToServe()
	if err != nil {
		return err
	}
	s := newService(p, overrides, cfg)
	defer s.logHandler.Close()
	warnOfReaders(overrides.file, cfg.Nodes, s.log)
	env := systemd.Environment{Get: p.getenv, Unset: os.Unsetenv, PID: os.Getpid()}
	s.systemd = systemd.NewNotifier(env, s.log)
	starting, started := p.untilSignal(ctx, syscall.SIGHUP)
	s.app, err = build(starting, cfg, s.log, s.clock, s.seams)
	stopped := starting.Err() != nil
	started()
	if stopped {
		s.log.Info("a signal came before eslua took calls")
		return nil
	}
	if err != nil {
		return err
	}
	s.logHandler.Register(s.app.metrics)
	socket := admin.SocketPath(cfg.Admin, p.getenv)
	if overrides.takeover {
		err = s.checkScripts(ctx, socket)
	}
	if err == nil {
		s.listener, err = s.openListener(env)
	}
	if err == nil {
		s.lookups, err = s.openLookups()
	}
	if err != nil {
		s.app.close(ctx)
		return err
	}
	if overrides.takeover {
		s.app.recovery.Disable() // the calls of the previous eslua look like parked ones
		s.drainPrevious(ctx, socket)
	}
	s.admin = s.newAdmin(socket, string(cfg.Metrics))
	s.app.admin.SetConfig(overrides.file, cfg, nil)
	return s.run(ctx, p.signals)
}

// warnOfReaders warns of a configuration with passwords that every user can read.
func warnOfReaders(file string, nodes []config.Node, log *slog.Logger) {
	info, err := os.Stat(file)
	if err == nil && len(nodes) > 0 && info.Mode().Perm()&0o004 != 0 {
		log.Warn("every user can read the passwords in the configuration; type: chmod o-r "+file, "mode", info.Mode().Perm().String())
	}
}

// service runs eslua serve from its start to its end.
type service struct {
	overrides  overrides
	initial    config.Config // the settings that a reload cannot change
	logHandler *logbound.Handler
	log        *slog.Logger // writes to it
	level      *slog.LevelVar
	clock      clock.Clock
	app        *app
	admin      *admin.Server
	seams      seams
	listener   port
	lookups    port // for mod_xml_curl; nil: no script answers it
	systemd    *systemd.Notifier

	drainRequested chan struct{} // by the admin
	draining       atomic.Bool   // no new calls are taken
	handover       atomic.Bool   // another eslua has the events and the lookups from then on

	reloading    sync.Mutex // guards current
	current      config.Config
	drainTimeout atomic.Int64 // current.Drain
}

func newService(p *program, from overrides, cfg config.Config) *service {
	s := &service{
		overrides: from, initial: cfg, current: cfg,
		level: new(slog.LevelVar), clock: p.clock, seams: p.seams,
		drainRequested: make(chan struct{}, 1),
	}
	s.level.Set(slog.Level(cfg.Log.Level))
	s.logHandler = p.logHandler(s.level, cfg.Log)
	s.log = slog.New(s.logHandler)
	s.drainTimeout.Store(int64(cfg.Drain))
	return s
}

func (s *service) newAdmin(socket, metrics string) *admin.Server {
	return admin.New(socket, metrics, admin.Deps{
		StatusSource: s.app.admin, ScriptControl: s.app.admin, ProcessControl: s, Jobs: s.app.jobs, Outbox: s.app.outbox, Queues: s.app.queues, Campaigns: s.app.lists, Nodes: s.app.drains, Traces: s.app.admin, Consoles: s.app.consoles, Page: s.newPage(metrics), Metrics: s.app.metrics, Listen: s.seams.listen,
	}, s.log, s.clock)
}

// newPage returns the operator's page, nil if it has no address.
func (s *service) newPage(address string) admin.Page {
	if address == "" {
		return nil
	}
	a := s.app
	p := page.New(s.initial.Page, page.Deps{
		StatusSource: a.admin, ScriptControl: a.admin, ProcessControl: s, Traces: a.admin, Limits: a.admin.Limits, Log: s.log, Clock: s.clock,
		Memory: func() (held, limit int64) {
			return memory.Live() - int64(len(a.ballast)), cmp.Or(a.hostMemory, memory.Default())
		},
	})
	p.Register(a.metrics)
	return p
}

// run takes calls and obeys signals until the last call has ended.
func (s *service) run(ctx context.Context, signals <-chan os.Signal) error {
	var background sync.WaitGroup
	defer background.Wait()
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	ended := make(chan error, 1)
	go func() { ended <- s.app.run(ctx, s.listener, s.admin) }()
	background.Go(func() { s.systemd.Watch(ctx, s.clock, s.Works) })

	s.log.Info("taking calls", "listen", s.listener.Addr().String(), "scripts", s.app.scripts.Status().Scripts, "generation", s.app.scripts.Current().Name())
	select {
	case <-s.admin.Tried(): // systemd's READY=1 promises that the admin socket answers
	case err := <-ended:
		return err
	}
	s.systemd.Ready(s.readyStatus())
	d := drain{clock: s.clock}
	defer d.stop()
	for {
		select {
		case err := <-ended:
			if s.draining.Load() {
				s.log.Info("the last call has ended")
			}
			return err
		case sig := <-signals:
			switch {
			case sig == syscall.SIGHUP:
				background.Go(func() { s.reload(ctx) })
			case !s.draining.Load():
				s.startDrain(ctx, &d, &background)
			default:
				s.giveBack("a second signal came", &d, &background, abort)
			}
		case <-s.drainRequested:
			if !s.draining.Load() {
				s.startDrain(ctx, &d, &background)
			}
		case <-d.reportDue():
			s.reportRemaining(&d)
		case <-d.expired():
			s.giveBack("the drain time is over", &d, &background, abort)
		}
	}
}

func (s *service) readyStatus() string { return "taking calls on " + s.listener.Addr().String() }

// Drain does what SIGTERM does: see serve. With handover another eslua has the events
// from now on.
func (s *service) Drain(handover bool) {
	s.handover.Store(handover)
	select {
	case s.drainRequested <- struct{}{}:
	default:
	}
}

func (s *service) drainTime() time.Duration { return time.Duration(s.drainTimeout.Load()) }
