package main

import (
	"context"
	"fmt"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// Works returns an error unless the program does its work, for systemd's
// watchdog: connections are accepted, as long as calls are taken, and scripts run.
func (s *service) Works(ctx context.Context) error {
	if err := s.listener.Probe(ctx); err != nil && !s.draining.Load() {
		return err
	}
	script, err := vm.Compile("watchdog", []byte(`local n = 0; for i = 1, 100 do n = n + #tostring(i) end; assert(n == 192)`))
	if err != nil {
		return err
	}
	cfg := config.Default()
	if err := s.app.runner.Run(ctx, &run.Run{Flow: "watchdog", Scripts: run.Single(script), Config: run.GeneralConfig(&cfg)}); err != nil {
		return fmt.Errorf("a script that only counts to 100 failed: %w", err)
	}
	return nil
}
