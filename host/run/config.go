package run

import (
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// Config is the part of the configuration that holds for one run.
type Config struct {
	Limits   guard.Limits
	Switch   int64          // bytes that the run may have FreeSWITCH start and keep; 0: no limit
	Grants   *grant.Grants  // nil: grant.Default()
	Settings map[string]any // the script's global settings
}

// FlowConfig returns the settings in force for a flow: its own, else the general
// ones.
func FlowConfig(cfg *config.Config, flow string) Config {
	c := GeneralConfig(cfg)
	own := cfg.Flows[flow]
	if own.Limits != nil {
		c.Limits, c.Switch = limits(*own.Limits), int64(own.Limits.Switch)
	}
	if own.Grants != nil {
		c.Grants = own.Grants
	}
	c.Settings = own.Settings
	return c
}

// GeneralConfig returns the settings in force for a script that is no flow.
func GeneralConfig(cfg *config.Config) Config {
	return Config{Limits: limits(cfg.Limits), Switch: int64(cfg.Limits.Switch), Grants: &cfg.Grants}
}

func limits(l config.Limits) guard.Limits {
	return guard.Limits{
		Memory:      int64(l.Memory),
		Burst:       time.Duration(l.Burst),
		CPU:         time.Duration(l.CPU),
		AfterHangup: time.Duration(l.AfterHangup),
		Duration:    time.Duration(l.Duration),
		Stack:       l.Stack,
		Source:      int(l.Source),
	}
}
