package call

import (
	"context"
	"maps"

	"github.com/eslua/eslua/host/answers"
	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/trace"
)

// A recording is what is needed to keep a call's conversation when the call is over.
type recording struct {
	tape   *conversation.Tape
	notes  *answers.Notes
	read   map[string]string // files of the tree that the script has read
	failed bool              // the script
}

// tape returns the recording of a call, nil if its connection is not recorded.
func (s *Source) tape(cfg *config.Config, c *outbound.Call, stamp checkpoint.Stamp, args []string, g *store.Generation, traced *trace.Call, seed uint64) *recording {
	tape, ok := c.Tape().(*conversation.Tape)
	if !ok || traced == nil || !s.deps.Conversations.Begins(tape) {
		return nil
	}
	r := &recording{tape: tape, notes: answers.NewNotes(tape, trace.NewMask(cfg.Trace).Hides), read: map[string]string{}}
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
		maps.Copy(h.Sources, r.read)
		s.deps.Conversations.Keep(tape, h)
	})
	return r
}

// outside returns what notes the answers that the script gets, or gives some; nil: nothing does.
func (s *Source) outside(c *outbound.Call, r *recording) vm.Outside {
	switch {
	case s.deps.Outside != nil:
		return s.deps.Outside(c)
	case r != nil:
		return r.notes
	}
	return nil
}

// files returns the files of a run, of which those that it reads are recorded.
func (r *recording) files(of scripts) run.Scripts {
	if r == nil {
		return of
	}
	return readFiles{of, r.read}
}

// readFiles notes which files are read, and what they hold.
type readFiles struct {
	scripts
	read map[string]string
}

// ReadFile returns what a file holds.
func (f readFiles) ReadFile(name string) (string, error) {
	text, err := f.scripts.ReadFile(name)
	if err == nil {
		f.read[name] = text
	}
	return text, err
}

// fails notes that the script has failed. It does nothing on nil.
func (r *recording) fails() {
	if r != nil {
		r.failed = true
	}
}
