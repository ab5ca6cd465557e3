package run

import (
	"path/filepath"
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// Config holds the part of the configuration that is in force for one run.
type Config struct {
	Limits   guard.Limits
	Switch   int64          // bytes that the run may have FreeSWITCH start and keep; 0: no limit
	Grants   *grant.Grants  // nil: grant.Default()
	Written  int64          // bytes that the run may write into files; 0: no limit
	File     int64          // bytes of a file into which it writes; 0: no limit
	Settings map[string]any // the script's global settings
	Root     string         // the absolute path of the script directory; "": there is none
}

// FlowConfig returns the settings in force for a flow: its own, else the general
// ones.
func FlowConfig(cfg *config.Config, flow string) Config {
	c := GeneralConfig(cfg)
	own := cfg.Flows[flow]
	if own.Limits != nil {
		c.limit(*own.Limits)
	}
	if own.Grants != nil {
		c.Grants = own.Grants
	}
	c.Settings = own.Settings
	return c
}

// GeneralConfig returns the settings in force for a script that is no flow.
func GeneralConfig(cfg *config.Config) Config {
	c := Config{Grants: &cfg.Grants, Root: absolute(cfg.Scripts)}
	c.limit(cfg.Limits)
	return c
}

func (c *Config) limit(l config.Limits) {
	c.Limits, c.Switch, c.Written, c.File = limits(l), int64(l.Switch), int64(l.Written), int64(l.File)
}

func absolute(dir string) string {
	if dir == "" {
		return ""
	}
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return ""
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
