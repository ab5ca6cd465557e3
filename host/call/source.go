package call

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/push"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/spans"
	"github.com/eslua/eslua/host/trace"
)

// Deps lists everything that a Source needs. Only Trace, Pace, Outside, Recorder, Conversations, Program, Spans, Farewell and Pushes may be nil.
type Deps struct {
	// Choose returns the generation for a call of a flow. If its script runs, begin must
	// be called, and ended once, with whether the script failed.
	Choose  func(flow, callUUID string) (g *store.Generation, begin func() (ended func(failed bool)))
	Runner  *run.Runner
	Account *run.Account
	Clock   clock.Clock
	// Trace receives each call that a script makes of a bound function.
	Trace func(c *outbound.Call, t vm.Trace)
	// Pace sees each call that a script is about to make, before everything else.
	Pace vm.Tracer
	// Outside answers in the place of what a script asks besides the connection of its call.
	Outside func(c *outbound.Call) vm.Outside
	// Recorder keeps a trace of each call.
	Recorder *trace.Recorder
	// Conversations keeps recorded calls, by what Tape of outbound.Config has recorded.
	Conversations *conversation.Recorder
	// Program is the version of the program, for recorded calls.
	Program string
	// Spans tells a collector of each call.
	Spans *spans.Exporter
	// Farewell prepares the script that runs after the hangup of a flow's call.
	Farewell func(job.Hangup) *job.Farewell
	// Pushes learn which flow serves a call, and of its end.
	Pushes *push.Pushes
	// Refusal returns why the scripts that were saved last do not serve, "" if they do.
	Refusal func() string
}

// A Source makes each call that arrives a run of the call's flow.
type Source struct {
	deps      Deps
	cfg       atomic.Pointer[config.Config]
	admission *admission
}

// New returns a Source. Of cfg it uses the routes, the default flow, the
// fallback, the limits, the grants and what the flows have of their own.
func New(cfg config.Config, d Deps) *Source {
	s := &Source{deps: d, admission: newAdmission(d.Clock)}
	s.Configure(cfg)
	return s
}

// Configure sets the configuration for the calls that arrive from now on; a
// running call keeps what it began with. It uses what New uses.
func (s *Source) Configure(cfg config.Config) { s.cfg.Store(&cfg) }

// Serve runs the call's flow to its end, in the goroutine that owns the call.
// Afterwards outbound gives the call back to its dialplan.
func (s *Source) Serve(ctx context.Context, c *outbound.Call) {
	f := s.begin(ctx, c)
	if f == nil {
		return
	}
	defer f.leave()
	err := s.deps.Runner.Run(ctx, f.run)
	if after := c.FirstCommand(); after > 0 {
		s.deps.Account.AddFirstCommand(f.run, after)
	}
	f.finish(ctx, c, err)
	if ctx.Err() == nil { // otherwise the next host continues the flow
		if err == nil {
			clearCause(ctx, c, f.run.Env.Log)
		}
		f.keeper.End(ctx)
	}
}

// A flow holds what a call runs. A function of its own makes it, whose part of the
// stack a call that waits does not keep.
type flow struct {
	run      *run.Run
	keeper   *checkpoint.Checkpoint
	fallback config.Fallback
	leave    func()      // tells the admission that the call has ended
	trace    *trace.Call // nil: there is none
}

// begin chooses the call's flow, and returns nil if none may run.
func (s *Source) begin(ctx context.Context, c *outbound.Call) *flow {
	cfg := s.cfg.Load()
	chosen, ok := fromPath(c.Path())
	var a arrival
	if !ok {
		a = newArrival(c)
		chosen, ok = choose(a, cfg.Routes, cfg.DefaultFlow)
	}
	if !ok {
		s.deps.Account.AddUnnamed()
		c.Log().Warn("no flow for this call; its dialplan continues. Name one in the dialplan, in routes or in default_flow of the configuration",
			"in_the_dialplan", "socket "+c.Addr()+"/FLOW async full", "destination", a.destination)
		return nil
	}
	leave, limit := s.admission.admit(cfg, chosen.flow, c.Snapshot().Get("variable_"+checkpoint.Variable) != "")
	if leave == nil {
		s.deps.Account.AddLimited()
		c.Log().Warn("a flow has as many calls as it may have; the call's dialplan continues", "flow", chosen.flow, "limit", limit)
		return nil
	}
	generation, begin := s.deps.Choose(chosen.flow, c.UUID())
	stamp := checkpoint.Stamp{Flow: chosen.flow, Generation: generation.Name(), Version: generation.Version(chosen.flow)}
	log := c.Log().With("flow", stamp.Flow, "generation", stamp.Generation)
	keeper, ok := claim(ctx, c, stamp, log)
	if !ok {
		leave()
		return nil
	}
	ended := begin()
	traced, span := s.record(c, stamp, chosen.args), s.span(c, stamp)
	seed := s.deps.Runner.Seed()
	recorded := s.tape(cfg, c, stamp, chosen.args, generation, traced, seed)
	s.prepareEnd(cfg, c, stamp, generation)
	return &flow{keeper: keeper, leave: leave, fallback: fallback(cfg, stamp.Flow), trace: traced, run: &run.Run{
		Flow: stamp.Flow, Args: chosen.args,
		Generation: stamp.Generation, Version: stamp.Version,
		Scripts: recorded.files(scripts{generation, chosen.args, s.deps.Refusal}),
		Config:  run.FlowConfig(cfg, stamp.Flow),
		Env:     run.Env{Switch: c, Call: c, Checkpoint: keeper, Listener: c.Addr(), Log: log},
		Seed:    seed,
		Tracer:  s.tracer(c, traced, span),
		Outside: s.outside(c, recorded),
		Printed: traced.Printed,
		Began: func(ctx context.Context) {
			log.Debug("the flow begins", "argv", chosen.args)
			keeper.Begin(ctx)
			c.ScriptBegins()
		},
		Ended: func(failed bool) {
			if failed {
				recorded.fails()
				traced.Failed()
				span.Failed()
			}
			ended(failed)
		},
		Account: s.deps.Account,
	}}
}

// prepareEnd has the flow's script for after the hangup run, on whatever way the call
// ends, and the pushes learn of the hangup. A call that another host has taken over is
// that host's.
func (s *Source) prepareEnd(cfg *config.Config, c *outbound.Call, stamp checkpoint.Stamp, generation *store.Generation) {
	script, pushed := cfg.Flows[stamp.Flow].OnHangup, s.deps.Pushes.Wanted()
	if pushed {
		s.deps.Pushes.Begun(c.UUID(), stamp.Flow, stamp.Version)
	}
	var farewell *job.Farewell
	if script != "" && s.deps.Farewell != nil {
		farewell = s.deps.Farewell(job.Hangup{
			UUID: c.UUID(), Core: c.Snapshot().Get("Core-UUID"), Script: script, Generation: generation, Log: c.Log().With("flow", stamp.Flow),
		})
	}
	if farewell == nil && !pushed {
		return
	}
	c.Finally(func(ctx context.Context) {
		_, hungUp := c.HungUp()
		if hungUp && pushed {
			s.deps.Pushes.Ended(c.Snapshot())
		}
		switch {
		case farewell == nil:
		case hungUp:
			farewell.Run(ctx, c.Snapshot())
		case c.Displaced(), ctx.Err() != nil:
			farewell.Drop()
		default:
			farewell.Await(ctx)
		}
	})
}

// CauseVariable names a channel variable in which a dialplan keeps the cause with which
// it hangs up after a failure.
const CauseVariable = "eslua_cause"

// clearCause corrects the cause, if the dialplan has set one, because the flow has
// ended well.
func clearCause(ctx context.Context, c *outbound.Call, log *slog.Logger) {
	if _, hungUp := c.HungUp(); hungUp || c.Moved() || c.Snapshot().Get("variable_"+CauseVariable) == "" {
		return
	}
	if _, err := c.API(ctx, syntax.ForChannel("uuid_setvar", c.UUID(), CauseVariable+" NORMAL_CLEARING")); err != nil {
		log.Debug("the dialplan does not learn that the flow has ended well", "error", err)
	}
}

// claim opens the call's checkpoint. It reports false if the flow must not run
// here: the call moved on, another host has claimed it, or the flow has ended at
// this place before.
func claim(ctx context.Context, c *outbound.Call, stamp checkpoint.Stamp, log *slog.Logger) (*checkpoint.Checkpoint, bool) {
	keeper := checkpoint.Open(c, stamp, log)
	if err := keeper.ClaimRun(ctx); err != nil {
		log.Debug("the call left this socket before its flow began", "error", err)
		return nil, false
	}
	if keeper.Ended() {
		log.Debug("the flow has ended on this call before; the dialplan continues")
		return nil, false
	}
	return keeper, true
}
