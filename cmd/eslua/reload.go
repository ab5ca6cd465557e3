package main

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// Reload reads the configuration file and the scripts anew, as SIGHUP asks for.
// Whichever of the two is wrong stays as it was; the error says what is wrong.
func (s *service) Reload(ctx context.Context) error {
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
	wrong := s.reconfigure()
	if wrong != nil {
		s.log.Error("the configuration is wrong; the one before goes on", "error", wrong)
		s.app.admin.SetConfigProblem(wrong)
	}
	err := s.app.scripts.Reload(ctx)
	switch {
	case err != nil:
		s.log.Error("the scripts are wrong; those before go on", "error", err)
	default:
		s.log.Info("the scripts are read anew", "generation", s.app.scripts.Current().Name())
	}
	return errors.Join(wrong, err)
}

// reconfigure puts the settings into force that may change while calls run.
func (s *service) reconfigure() error {
	cfg, err := s.overrides.load()
	if err != nil {
		return err
	}
	if late := slices.DeleteFunc(differences(s.initial, cfg), changeable); len(late) > 0 {
		s.log.Warn("these settings differ now, and take a restart", "settings", strings.Join(late, ", "))
	}
	changed := slices.DeleteFunc(differences(s.current, cfg), func(name string) bool { return !changeable(name) })
	s.level.Set(slog.Level(cfg.Log.Level))
	s.drainTimeout.Store(int64(cfg.Drain))
	s.app.calls.Configure(cfg)
	s.app.rollout.Configure(cfg)
	s.app.admin.SetConfig(s.overrides.file, cfg)
	s.current = cfg
	s.log.Info("the configuration is read anew", "file", s.overrides.file, "changed", strings.Join(changed, ", "))
	return nil
}

// changeable names the settings that a reload changes, or that only matter to
// another command or at a start.
func changeable(setting string) bool {
	room, _, _ := strings.Cut(setting, ".")
	switch room {
	case "routes", "flows", "default_flow", "fallback", "limits", "grants", "drain", "hosts", "parked":
		return true
	}
	return setting == "log.level"
}

// differences are the names of the settings in which two configurations differ,
// as the README lists them.
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
