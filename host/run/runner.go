package run

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/script/vm"
)

// Deps are what a Runner shares between all runs. Seed may be nil, everything
// else is needed.
type Deps struct {
	Machine *vm.Machine
	Binder  Binder
	Clock   clock.Clock
	Seed    func() uint64 // seeds math.random; nil: from the system
}

// A Runner runs scripts, each in its own Lua state. Its methods may be called
// from any goroutine.
type Runner struct{ deps Deps }

// New returns a Runner.
func New(d Deps) *Runner {
	if d.Seed == nil {
		d.Seed = rand.Uint64
	}
	return &Runner{d}
}

var errPanicked = errors.New("eslua itself crashed in this run, not the script; the log has the stack")

// Run runs a script to its end in the calling goroutine, and completes run.Env.
// The error is that of Run.Scripts or a *vm.ScriptError.
func (r *Runner) Run(ctx context.Context, run *Run) error {
	entry := run.Account.begin(run, r.deps.Clock.Now())
	err := errPanicked // unless execute returns
	defer func() {
		failed := ctx.Err() == nil && blames(err)
		entry.end(failed, err, r.deps.Clock.Now())
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
	st := r.deps.Machine.NewState(vm.StateOptions{
		Limits:   run.Limits,
		Require:  run.Scripts.Require,
		ReadFile: run.Scripts.ReadFile,
		Print:    run.Print,
		Trace:    run.Trace,
		Clock:    r.deps.Clock,
		Seed:     r.deps.Seed(),
	})
	defer st.Close()
	defer func() { entry.used(st.Used()) }()
	st.SetGlobal("settings", st.Table(run.Settings))
	if run.Began != nil {
		run.Began(ctx)
	}
	env.State = st
	end := r.deps.Binder.Bind(env)
	defer func() { end(endContext(ctx, env)) }()
	return st.Run(ctx, script, append([]string{run.Flow}, run.Args...))
}

// complete fills what the source of a run left out.
func (r *Runner) complete(run *Run) *Env {
	env := &run.Env
	env.Clock, env.Grants = r.deps.Clock, run.Grants
	env.Log = cmp.Or(env.Log, slog.New(slog.DiscardHandler))
	if env.Switch == nil {
		env.Switch = NoSwitch{}
	}
	env.Console = NewConsole(env.Log, env.Clock)
	if run.Print == nil {
		run.Print = func(line string) { env.Console.Write("INFO", line) }
	}
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
// call that hung up or FreeSWITCH that is gone.
func blames(err error) bool {
	var (
		hungUp *outbound.HangupError
		gone   *esl.DisconnectError
	)
	return err != nil && !errors.As(err, &hungUp) && !errors.As(err, &gone)
}
