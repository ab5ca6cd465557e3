package run

import (
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// ofFlow is a configuration as it holds for one flow.
type ofFlow struct {
	*config.Config
	flow string
}

func (c ofFlow) own() config.Flow { return c.Flows[c.flow] }

func (c ofFlow) limits() guard.Limits {
	if own := c.own().Limits; own != nil {
		return Limits(*own)
	}
	return Limits(c.Limits)
}

func (c ofFlow) grants() *grant.Grants {
	if own := c.own().Grants; own != nil {
		return own
	}
	return &c.Grants
}

func (c ofFlow) fallback() config.Fallback {
	if own := c.own().Fallback; own != nil {
		return *own
	}
	return c.Fallback
}

// Limits are configured limits as the guard takes them.
func Limits(l config.Limits) guard.Limits {
	return guard.Limits{
		Memory:   int64(l.Memory),
		Burst:    time.Duration(l.Burst),
		CPU:      time.Duration(l.CPU),
		Duration: time.Duration(l.Duration),
		Stack:    l.Stack,
		Source:   int(l.Source),
	}
}
