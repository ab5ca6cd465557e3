package run

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/prometheus/client_golang/prometheus"
)

// Deps lists everything that a Runner shares between all runs. Seed, Gates and Line may be nil.
type Deps struct {
	Machine *vm.Machine
	Binder  Binder
	Clock   clock.Clock
	Seed    func() uint64               // seeds math.random; nil: from the system
	Gates   *node.Gates                 // nil: scripts may give FreeSWITCH any number of commands at a time
	Line    func(file string, line int) // hears of each line that runs; nil: nobody
	// Written returns the directory that scripts have instead of one in which they may
	// write; nil: they have that itself.
	Written func(dir string) (instead string, err error)
}

// A Runner runs scripts, each in its own Lua state. Its methods may be called
// from any goroutine.
type Runner struct {
	deps   Deps
	runs   population
	limits *prometheus.CounterVec
	full   atomic.Int64 // uses that did not fit into the burden of their run

	mu      sync.Mutex
	commons map[string]*grant.Common // by flow; only of flows that there are
}

// New returns a Runner.
func New(d Deps) *Runner {
	if d.Seed == nil {
		d.Seed = rand.Uint64
	}
	return &Runner{deps: d, limits: newLimits(), commons: map[string]*grant.Common{}}
}

var errPanicked = errors.New("eslua itself crashed in this run, not the script; the log has the stack")

// Run runs a script to its end in the calling goroutine, and completes run.Env.
// The error is that of Run.Scripts or a *vm.ScriptError.
func (r *Runner) Run(ctx context.Context, run *Run) error {
	entry := run.Account.begin(run, r.deps.Clock.Now())
	err := errPanicked // unless execute returns
	defer func() {
		why := err
		if !blames(why) {
			why = run.Env.failure
		}
		if limit := (*guard.LimitError)(nil); errors.As(why, &limit) {
			r.limits.WithLabelValues(limit.Limit).Inc()
		}
		failed := ctx.Err() == nil && why != nil
		entry.end(failed, why, r.deps.Clock.Now())
		if run.Ended != nil {
			run.Ended(failed)
		}
	}()
	err = r.execute(ctx, run, entry)
	return err
}

func (r *Runner) execute(ctx context.Context, run *Run, entry *entry) error {
	script, err := run.Scripts.Script(run.Flow)
	if err != nil {
		return err
	}
	env := r.complete(run)
	env.entry, env.Scripts = entry, run.Scripts
	st := r.newState(run)
	defer st.Close()
	defer func() { entry.used(st.Used(), st.Memory()) }()
	st.SetGlobal("settings", st.Table(run.Settings))
	if run.Began != nil {
		run.Began(ctx)
	}
	env.State = st
	end := r.deps.Binder.Bind(env)
	defer func() { end(endContext(ctx, env)) }()
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer r.runs.add(&living{state: st, run: run, end: stop, ended: make(chan struct{})})()
	err = st.Run(inner, script, append([]string{cmp.Or(run.Name, config.FlowName(run.Flow)+".lua")}, run.Args...))
	if (err == nil || errors.As(err, new(Exit))) && run.Completed != nil {
		err = run.Completed(env)
	}
	return err
}

// Seed returns a new seed for math.random of a run.
func (r *Runner) Seed() uint64 { return r.deps.Seed() }

// common returns the burden that the runs of a flow share whose calls FreeSWITCH itself
// has dialled, or that of a hook, nil for another run.
func (r *Runner) common(run *Run) *grant.Common {
	who := "the calls of this hook"
	if run.Env.Hook == nil {
		if run.Env.Call == nil || !dialledItself(run.Env.Call.Snapshot()) {
			return nil
		}
		who = "the calls of this flow that FreeSWITCH itself has dialled"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.commons[run.Flow] == nil {
		r.commons[run.Flow] = grant.NewCommon(who, r.deps.Clock.Now)
	}
	return r.commons[run.Flow]
}

// newState makes the run's state: not in execute, whose part of the stack a script that
// waits keeps.
func (r *Runner) newState(run *Run) *vm.State {
	options := vm.StateOptions{
		Limits:   run.Limits,
		Require:  run.Scripts.Require,
		ReadFile: run.Scripts.ReadFile,
		Print:    run.Print,
		Tracer:   run.Tracer,
		Outside:  run.Outside,
		Clock:    r.deps.Clock,
		Seed:     cmp.Or(run.Seed, r.deps.Seed()),
		Root:     run.Root,
		Line:     r.deps.Line,
		Path:     run.path,
	}
	if tree, ok := run.Scripts.(interface{ Names() []string }); ok {
		options.Names = tree.Names
	}
	if run.Env.Call != nil {
		options.HungUp = run.Env.Call.Gone
	}
	return r.deps.Machine.NewState(options)
}

// complete fills what the source of a run left out.
func (r *Runner) complete(run *Run) *Env {
	env := &run.Env
	env.Gates, env.Written = r.deps.Gates, r.deps.Written
	env.Flow, env.Clock, env.Grants, env.Args, env.Root = run.Flow, r.deps.Clock, run.Grants, run.Args, run.Root
	env.Quota = NewQuota(run.Written, run.File)
	if run.Switch > 0 {
		env.Burden = grant.NewBurden(run.Switch, r.common(run), func() { r.full.Add(1) })
	}
	env.Log = cmp.Or(env.Log, slog.New(slog.DiscardHandler))
	if env.Switch == nil {
		env.Switch = NoSwitch{}
	}
	env.Console = NewConsole(env.Log, nil)
	if env.Call != nil {
		env.Console = NewConsole(env.Log, env.Call.Lost)
	}
	env.Console.said = run.Said
	if run.Print == nil {
		run.Print = func(line string) {
			if run.Printed != nil {
				run.Printed(line)
			}
			env.Console.Write("INFO", line)
		}
	}
	env.Print = run.Print
	return env
}

// endContext returns the context in which the bindings end. When the host stops,
// a call is left for the next host; what a script without a call has dialled is
// nobody else's and must be hung up all the same.
func endContext(ctx context.Context, env *Env) context.Context {
	if env.Call == nil {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// blames reports whether a script is to blame for how it ended, rather than its
// call that hung up, at a time when it computed too, or FreeSWITCH that is gone.
// A script may also end by Exit.
func blames(err error) bool {
	var (
		hungUp *outbound.HangupError
		gone   *esl.DisconnectError
		limit  *guard.LimitError
		exit   Exit
	)
	return err != nil && !errors.As(err, &exit) && !errors.As(err, &hungUp) && !errors.As(err, &gone) && !(errors.As(err, &limit) && limit.Limit == guard.AfterHangup)
}
