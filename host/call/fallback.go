package call

import (
	"context"
	"errors"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

// fallback returns the fallback in force for a flow: its own, else the general
// one.
func fallback(cfg *config.Config, flow string) config.Fallback {
	if own := cfg.Flows[flow].Fallback; own != nil {
		return *own
	}
	return cfg.Fallback
}

// finish logs how the flow ended and, if it failed, runs the fallback.
func (f *flow) finish(ctx context.Context, c *outbound.Call, err error) {
	log := f.run.Env.Log
	if err == nil || errors.As(err, new(run.Exit)) {
		f.trace.ScriptEnded(nil)
		log.Debug("the flow ended")
		return
	}
	f.trace.ScriptEnded(err)
	if c.Displaced() {
		log.Info("the flow was stopped: FreeSWITCH went to the dialplan's next socket, and that socket's host has the call now", "error", err)
		return
	}
	if ctx.Err() != nil {
		log.Warn("the flow was stopped with the host; the dialplan continues", "error", err)
		return
	}
	attrs := []any{"error", err}
	var failed *vm.ScriptError
	if errors.As(err, &failed) && failed.Traceback != "" {
		attrs = append(attrs, "traceback", failed.Traceback)
	}
	if f.trace != nil {
		attrs = append(attrs, "trace", "eslua trace "+c.UUID())
	}
	if _, over := c.HungUp(); over {
		log.Error("the flow failed after the call had hung up", attrs...)
		return
	}
	if c.Moved() {
		log.Error("the flow failed after the call had moved on; it is not touched", attrs...)
		return
	}
	log.Error("the flow failed", append(attrs, "fallback", f.fallback.String())...)
	f.trace.Fallback(f.fallback.String())
	switch f.fallback.Action {
	case config.Hangup:
		err = c.Hangup(ctx, f.fallback.Data)
	case config.Transfer:
		err = c.TransferAtEnd(f.fallback.Data)
	default:
		return // outbound gives the call back to its dialplan
	}
	if hungUp := (*outbound.HangupError)(nil); err != nil && !errors.As(err, &hungUp) {
		log.Error("the fallback failed", "error", err)
	}
}
