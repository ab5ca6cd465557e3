package job

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// A Prompt is a state in which an admin types Lua.
type Prompt struct {
	Flow    string // whose limits, grants, settings and files it has; "": the general ones
	Node    string // the FreeSWITCH that it uses; "": one is chosen
	Channel string // on which it may act; "": none
	Log     *slog.Logger
	Print   func(line string)
	Said    func(level, line string)
	// Serve is called once, with the state ready and the limit of the time of each line, 0
	// for none. The state is over when Serve returns.
	Serve func(env *run.Env, duration time.Duration) error
}

// typed is the flow of a Prompt that names none.
const typed = "console"

// Open makes the state of a Prompt and serves it.
func (s *Source) Open(ctx context.Context, p Prompt) error {
	sw, err := s.node(p.Node)
	if err != nil {
		return err
	}
	flow := cmp.Or(p.Flow, typed)
	generation := s.deps.Stable(flow)
	settings := run.GeneralConfig(s.cfg.Load())
	if p.Flow != "" {
		settings = run.FlowConfig(s.cfg.Load(), flow)
	}
	lines := settings.Limits.Duration
	settings.Limits.Duration = 0
	r := &run.Run{
		Flow: flow, Generation: generation.Name(),
		Scripts:   empty{generation},
		Config:    settings,
		Env:       run.Env{Switch: sw, Log: p.Log, Channel: p.Channel},
		Print:     p.Print,
		Said:      p.Said,
		Completed: func(env *run.Env) error { return p.Serve(env, lines) },
	}
	if l := s.listener.Load(); l != nil {
		r.Env.Listener = *l
	}
	return s.deps.Runner.Run(ctx, r)
}

// empty is a generation of which an empty script runs.
type empty struct{ *store.Generation }

func (empty) Script(string) (*vm.Script, error) { return vm.Compile(typed, nil) }
