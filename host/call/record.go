package call

import (
	"context"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/trace"
)

// A recording is what is needed to keep a call's conversation when the call is over.
type recording struct {
	tape   *conversation.Tape
	failed bool // the script
}

// tape returns the recording of a call, nil if its connection is not recorded.
func (s *Source) tape(cfg *config.Config, c *outbound.Call, stamp checkpoint.Stamp, args []string, g *store.Generation, traced *trace.Call, seed uint64) *recording {
	tape, ok := c.Tape().(*conversation.Tape)
	if !ok || traced == nil {
		return nil
	}
	r := &recording{tape: tape}
	c.Finally(func(context.Context) {
		if !s.deps.Conversations.Keeps(tape, r.failed) {
			return
		}
		own := run.FlowConfig(cfg, stamp.Flow)
		limits := cfg.Limits
		if flow := cfg.Flows[stamp.Flow]; flow.Limits != nil {
			limits = *flow.Limits
		}
		h := conversation.Header{
			Eslua: s.deps.Program, Seed: seed, Args: args, Sources: map[string]string{}, Ladder: traced.Ladder(),
			Settings: conversation.Settings{
				Settings: own.Settings, Limits: limits, Grants: *own.Grants, Fallback: fallback(cfg, stamp.Flow), Linger: cfg.Calls.Linger, Trace: cfg.Trace,
			},
		}
		h.Zone, _ = s.deps.Clock.Now().Zone()
		for _, name := range g.Dependencies(stamp.Flow) {
			h.Sources[name], _ = g.ReadFile(name)
		}
		s.deps.Conversations.Keep(tape, h)
	})
	return r
}

// fails notes that the script has failed. It does nothing on nil.
func (r *recording) fails() {
	if r != nil {
		r.failed = true
	}
}
