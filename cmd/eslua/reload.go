package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// reload reads the configuration file and the scripts again, at SIGHUP. If one of
// the two has errors, the previous one stays in force and the errors are logged.
func (s *service) reload(ctx context.Context) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if !s.draining.Load() {
		s.systemd.Reloading()
		defer func() {
			if !s.draining.Load() {
				s.systemd.Ready(s.readyStatus())
			}
		}()
	}
	cfg, err := s.overrides.loadToServe() // what a restart needs included
	if err == nil {
		s.app.scripts.SetSourceLimit(sourceLimit(cfg))
	}
	wrong := s.app.scripts.Reload(ctx) // before the configuration, which may name new flows
	if err == nil {
		s.reconfigure(cfg)
	} else {
		s.log.Error("the configuration has an error; the previous one stays in force", "error", err)
		s.app.admin.SetConfigProblem(err)
	}
	if wrong != nil {
		s.log.Error("the scripts have errors; the previous ones stay in force", "error", wrong)
		return
	}
	s.log.Info("scripts reloaded", "generation", s.app.scripts.Current().Name())
}

// reconfigure applies the settings that may change while calls run.
func (s *service) reconfigure(cfg config.Config) {
	_, restart := config.Differences(s.initial, cfg)
	if len(restart) > 0 {
		s.log.Warn("these settings have changed and need a restart", "settings", strings.Join(restart, ", "))
	}
	changed, _ := config.Differences(s.current, cfg)
	s.level.Set(slog.Level(cfg.Log.Level))
	s.drainTimeout.Store(int64(cfg.Drain))
	s.app.calls.Configure(cfg)
	s.app.jobs.Configure(cfg)
	if s.app.lookups == nil && len(cfg.XML.Scripts) > 0 {
		s.log.Warn("xml has scripts now, which answer after a restart only: the address is not open", "address", cfg.XML.Address)
	}
	s.app.rollout.Configure(cfg)
	s.app.outbox.Configure(cfg.Endpoints)
	s.app.buckets.Configure(cfg.KV, cfg.Buckets)
	s.app.pushes.Configure(cfg.Pushes)
	s.app.queues.Configure(cfg.Queues)
	s.app.gates.Configure(cfg.Commands.Parallel, cfg.Commands.Waiting)
	s.app.lists.Configure(cfg.Campaigns)
	s.app.traces.Configure(cfg.Trace)
	s.app.records.Configure(cfg.Record)
	if err := s.app.data.Configure(cfg.Databases); err != nil {
		s.log.Error("a database cannot be used", "error", err)
	}
	s.app.admin.SetConfig(s.overrides.file, cfg, restart)
	s.current = cfg
	s.log.Info("configuration reloaded", "file", s.overrides.file, "changed", strings.Join(changed, ", "))
}
