package run

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// Bind shows a call to the state that runs its script (session, freeswitch,
// api ...), with its checkpoint and the grants of its flow. end is called when
// the script has ended, well or not, with the script's context; that has ended
// too when the host stops.
type Bind func(st *vm.State, c *outbound.Call, keep *checkpoint.Keeper, grants *grant.Grants, log *slog.Logger) (end func(context.Context))

// Deps is what a Runner stands on. Every field is needed but Trace.
type Deps struct {
	// Choose is the generation for a call of a flow; ended is told whether the
	// script failed.
	Choose  func(flow, callUUID string) (g *store.Generation, ended func(failed bool))
	Machine *vm.Machine
	Bind    Bind

	Clock clock.Clock
	Seed  func() uint64 // of each script's math.random
	// Trace sees every call a script makes of what it was given; nil sees nothing.
	Trace func(c *outbound.Call, t vm.Trace)
}

// Runner runs the flow of each call that arrives.
type Runner struct {
	Deps
	cfg  atomic.Pointer[config.Config]
	runs *runs
}

// New makes a Runner. Of cfg it uses the routes, the default flow, the
// fallback, the limits, the grants and what the flows have of their own.
func New(cfg config.Config, d Deps) *Runner {
	r := &Runner{Deps: d, runs: newRuns()}
	r.Configure(cfg)
	return r
}

// Configure takes another configuration for the calls that come from now on; a
// running call keeps what it began with. It uses what New uses.
func (r *Runner) Configure(cfg config.Config) { r.cfg.Store(&cfg) }

// Serve runs the call's flow to its end, in the goroutine that owns the call.
// Afterwards outbound gives the call back to its dialplan.
func (r *Runner) Serve(ctx context.Context, c *outbound.Call) {
	cfg := r.cfg.Load()
	came := arrive(c)
	what, ok := choose(came, cfg.Routes, cfg.DefaultFlow)
	if !ok {
		c.Log().Warn("no flow for this call; its dialplan goes on. Name one in the dialplan, socket "+c.Addr()+"/FLOW async full, or in routes or default_flow of the configuration",
			"destination", came.destination)
		return
	}
	generation, ended := r.Choose(what.flow, c.UUID())
	failed := true // should something panic
	defer func() { ended(failed) }()
	stamp := checkpoint.Stamp{Flow: what.flow, Generation: generation.Name(), Version: generation.Version(what.flow)}
	log := c.Log().With("flow", stamp.Flow, "generation", stamp.Generation)
	keep := checkpoint.Open(c, stamp, log)
	if err := keep.Settle(ctx); err != nil {
		log.Debug("the call went on before its flow began", "error", err)
		failed = false
		return
	}
	if keep.Ended() {
		log.Debug("the flow has ended here already; the dialplan goes on")
		failed = false
		return
	}
	run := r.runs.begin(RunningCall{UUID: c.UUID(), Flow: stamp.Flow, Generation: stamp.Generation, Version: stamp.Version, Since: r.Clock.Now()})
	var why error
	defer func() { r.runs.end(run, failed, why, r.Clock.Now()) }()
	own := ofFlow{cfg, what.flow}
	script, err := generation.Script(what.flow)
	if missing := (*store.NotFoundError)(nil); errors.As(err, &missing) {
		err = &unknownError{missing, generation}
	}
	if err == nil {
		log.Debug("the flow begins", "argv", what.args)
		keep.Begin(ctx)
		err = r.run(ctx, c, log, own, generation, script, what, keep)
	}
	failed, why = ctx.Err() == nil && blames(err), err
	finish(ctx, c, log, own.fallback(), err)
	if ctx.Err() == nil { // else the next host goes on
		keep.End(ctx)
	}
}

// unknownError is a flow that a call names and the scripts have not.
type unknownError struct {
	*store.NotFoundError
	generation *store.Generation
}

func (e *unknownError) Error() string {
	return e.NotFoundError.Error() + "; " + e.generation.DescribeFlows() + ": write one of them in the dialplan, the route or default_flow, in the same case"
}

// run makes the script's state and runs it.
func (r *Runner) run(ctx context.Context, c *outbound.Call, log *slog.Logger, cfg ofFlow, g *store.Generation, script *vm.Script, what choice, keep *checkpoint.Keeper) error {
	o := vm.StateOptions{
		Limits:   cfg.limits(),
		Require:  g.Require,
		ReadFile: g.ReadFile,
		Print:    func(line string) { log.Info(line) },
		Clock:    r.Clock,
		Seed:     r.Seed(),
	}
	if r.Trace != nil {
		o.Trace = func(t vm.Trace) { r.Trace(c, t) }
	}
	st := r.Machine.NewState(o)
	defer st.Close()
	st.SetGlobal("settings", st.Table(cfg.own().Settings))
	end := r.Bind(st, c, keep, cfg.grants(), log)
	defer end(ctx)
	return st.Run(ctx, script, append([]string{what.flow}, what.args...))
}

// blames tells whether a script is to blame for how it ended, rather than its
// call that hung up or FreeSWITCH that is gone.
func blames(err error) bool {
	var (
		hungUp *outbound.HangupError
		gone   *esl.DisconnectError
	)
	return err != nil && !errors.As(err, &hungUp) && !errors.As(err, &gone)
}

// finish says how the flow ended and, if it failed, runs the fallback.
func finish(ctx context.Context, c *outbound.Call, log *slog.Logger, fallback config.Fallback, err error) {
	if err == nil {
		log.Debug("the flow ended")
		return
	}
	if c.Displaced() {
		log.Info("the flow was stopped: FreeSWITCH has gone on to the dialplan's next socket, whose host has the call now", "error", err)
		return
	}
	if ctx.Err() != nil {
		log.Warn("the flow was stopped with the host; the dialplan goes on", "error", err)
		return
	}
	attrs := []any{"error", err}
	var failed *vm.ScriptError
	if errors.As(err, &failed) && failed.Traceback != "" {
		attrs = append(attrs, "traceback", failed.Traceback)
	}
	if _, over := c.HungUp(); over {
		log.Error("the flow failed after the call had hung up", attrs...)
		return
	}
	log.Error("the flow failed", append(attrs, "fallback", fallback.String())...)
	switch fallback.Action {
	case config.Hangup:
		err = c.Hangup(ctx, fallback.Data)
	case config.Transfer:
		_, err = c.Execute(ctx, "transfer", fallback.Data)
	default:
		return // outbound gives the call back to its dialplan
	}
	if over := (*outbound.HangupError)(nil); err != nil && !errors.As(err, &over) {
		log.Error("the fallback failed", "error", err)
	}
}

// RandomSeed seeds math.random from the system.
func RandomSeed() uint64 { return rand.Uint64() }
