package main

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// reload reads the configuration file and the scripts again, at SIGHUP. If one of
// the two is wrong, what was in force stays; the log says what is wrong.
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
	if err := s.reconfigure(); err != nil {
		s.log.Error("the configuration is wrong; the previous one stays in force", "error", err)
		s.app.admin.SetConfigProblem(err)
	}
	if err := s.app.scripts.Reload(ctx); err != nil {
		s.log.Error("the scripts are wrong; the previous ones stay in force", "error", err)
		return
	}
	s.log.Info("scripts reloaded", "generation", s.app.scripts.Current().Name())
}

// reconfigure puts the settings that may change while calls run into force.
func (s *service) reconfigure() error {
	cfg, err := s.overrides.load()
	if err != nil {
		return err
	}
	if fixed := slices.DeleteFunc(differences(s.initial, cfg), changeable); len(fixed) > 0 {
		s.log.Warn("these settings have changed and need a restart", "settings", strings.Join(fixed, ", "))
	}
	changed := slices.DeleteFunc(differences(s.current, cfg), func(name string) bool { return !changeable(name) })
	s.level.Set(slog.Level(cfg.Log.Level))
	s.drainTimeout.Store(int64(cfg.Drain))
	s.app.calls.Configure(cfg)
	s.app.rollout.Configure(cfg)
	s.app.admin.SetConfig(s.overrides.file, cfg)
	s.current = cfg
	s.log.Info("configuration reloaded", "file", s.overrides.file, "changed", strings.Join(changed, ", "))
	return nil
}

// changeable reports whether a reload changes a setting, or the setting only
// matters to another command or at the start.
func changeable(setting string) bool {
	group, _, _ := strings.Cut(setting, ".")
	switch group {
	case "routes", "flows", "default_flow", "fallback", "limits", "grants", "drain", "hosts", "parked":
		return true
	}
	return setting == "log.level"
}

// differences returns the names of the settings in which two configurations differ,
// as the documentation lists them.
func differences(a, b config.Config) []string {
	return differ(nil, "", reflect.ValueOf(a), reflect.ValueOf(b))
}

func differ(names []string, prefix string, a, b reflect.Value) []string {
	for i := range a.NumField() {
		field := a.Type().Field(i)
		name := prefix + field.Tag.Get("yaml")
		switch {
		case !field.IsExported():
		case field.Tag.Get("doc") == "" && field.Type.Kind() == reflect.Struct:
			names = differ(names, name+".", a.Field(i), b.Field(i))
		case !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()):
			names = append(names, name)
		}
	}
	return names
}
