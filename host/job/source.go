package job

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/logbound"
	"github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// Deps lists everything that a Source needs.
type Deps struct {
	// Choose returns the generation for a run of a script, by a key such as a channel's
	// UUID. When it runs, begin must be called, and ended once, with whether the script failed.
	Choose func(flow, key string) (g *store.Generation, begin func() (ended func(failed bool)))
	// Stable returns the generation that most runs of a script get.
	Stable func(flow string) *store.Generation
	// Hooks returns the names of the scripts under hooks/ of which Stable has one.
	Hooks func() []string
	// Changed returns a channel that is closed when Stable may return another generation.
	Changed func() <-chan struct{}
	// Claim reports whether this host, of those that share a cluster, is to do what has a
	// name; nil: there is no other host.
	Claim func(ctx context.Context, name string) (mine bool, err error)
	// Refusal returns why the scripts that were saved last do not serve, "" if they do.
	Refusal func() string
	Runner  *run.Runner
	Nodes   []*node.Link
	Queues  *queue.Queues // nil: there are none
	Log     *slog.Logger
	Clock   clock.Clock
}

// A Source makes jobs and runs them.
type Source struct {
	deps     Deps
	cfg      atomic.Pointer[config.Config]
	accounts map[Kind]*run.Account
	listener atomic.Pointer[string]

	serving       context.Context // ends with Retire
	retire        context.CancelFunc
	hooks         *hooks
	queuesChanged chan struct{}              // holds one signal: the configuration is another one
	background    chan func(context.Context) // to be run beside Run
	turns         chan struct{}              // as many as lookups may be answered at a time
	xmlLog        *slog.Logger               // bounds what the scripts that answer them write together
}

// A Kind is a way into a script besides a call.
type Kind string

// The kinds of jobs.
const (
	Command Kind = "run"
	Startup Kind = "startup"
	Hook    Kind = "hook"
	XML     Kind = "xml"
	Goodbye Kind = "on_hangup"
	Push    Kind = "push"
	Queue   Kind = "queue"
)

var kinds = []Kind{Command, Startup, Hook, XML, Goodbye, Push, Queue}

// New returns a Source. Of cfg it uses the startup scripts, the hooks, the limits, the
// grants and what the flows have of their own.
func New(cfg config.Config, d Deps) *Source {
	s := &Source{deps: d, accounts: map[Kind]*run.Account{}, hooks: newHooks(), queuesChanged: make(chan struct{}, 1), background: make(chan func(context.Context)),
		turns: make(chan struct{}, max(1, cfg.XML.Parallel)), xmlLog: logbound.Script(d.Log)}
	for _, k := range kinds {
		s.accounts[k] = run.NewJobAccount()
	}
	for _, l := range d.Nodes {
		l.Watch(func(c node.Change) { s.hooks.nodeChanged(l, c) })
	}
	s.serving, s.retire = context.WithCancel(context.Background())
	s.Configure(cfg)
	return s
}

// Run runs the startup scripts, the hooks, the scripts of queues and what goes on in the background, until ctx ends and they
// have ended.
func (s *Source) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { s.runStartup(ctx) })
	all.Go(func() { s.runHooks(ctx) })
	all.Go(func() { s.runQueues(ctx) })
	for {
		select {
		case do := <-s.background:
			all.Go(func() { do(ctx) })
		case <-ctx.Done():
			return nil
		}
	}
}

// Configure sets the configuration for the jobs that begin from now on.
func (s *Source) Configure(cfg config.Config) {
	s.cfg.Store(&cfg)
	s.hooks.configure()
	select {
	case s.queuesChanged <- struct{}{}:
	default:
	}
}

// SetListener tells the host:port at which FreeSWITCH reaches this host, so that jobs
// can dial.
func (s *Source) SetListener(address string) { s.listener.Store(&address) }

// Retire ends the startup scripts, and lets no more messages be taken from queues: the
// host takes no more calls.
func (s *Source) Retire() { s.retire() }

// A job describes one run.
type job struct {
	kind      Kind
	name      string // of the script, as it is written
	args      []string
	sw        run.Switch
	log       *slog.Logger  // nil: the Source's
	timeout   time.Duration // 0: that of the limits
	channel   string
	given     map[string]any
	print     func(line string)
	said      func(level, line string)
	completed func(*run.Env) error
	message   *queue.Delivery
	pinned    *store.Generation // nil: rollout chooses
}

// run runs a job to its end and logs how it ended.
func (s *Source) run(ctx context.Context, j job) error {
	flow := config.FlowName(j.name)
	generation, ended := j.pinned, func(bool) {}
	if generation == nil {
		chosen, begin := s.deps.Choose(flow, cmp.Or(j.channel, uuid.NewString()))
		generation, ended = chosen, begin()
	}
	log := cmp.Or(j.log, s.deps.Log).With("job", string(j.kind), "flow", flow, "generation", generation.Name())
	if j.channel != "" {
		log = log.With("uuid", j.channel)
	}
	r := &run.Run{
		Flow: flow, Args: j.args,
		Generation: generation.Name(), Version: generation.Version(flow),
		Scripts:   scripts{generation, s.deps.Refusal},
		Config:    s.limited(flow, j),
		Env:       run.Env{Switch: j.sw, Log: log, Channel: j.channel, Given: j.given, Message: j.message},
		Print:     j.print,
		Said:      j.said,
		Completed: j.completed,
		Ended:     ended,
		Account:   s.accounts[j.kind],
	}
	if l := s.listener.Load(); l != nil {
		r.Env.Listener = *l
	}
	log.Debug("the job begins", "argv", r.Args)
	err := s.deps.Runner.Run(ctx, r)
	report(ctx, log, err)
	return err
}

// limited returns the settings in force for a job.
func (s *Source) limited(flow string, j job) run.Config {
	c := run.FlowConfig(s.cfg.Load(), flow)
	if j.kind == Startup {
		c.Limits.CPU = endless // it may go on for months; limits.burst holds
	}
	if d := c.Limits.Duration; j.timeout > 0 && (d == 0 || d > j.timeout) {
		c.Limits.Duration = j.timeout
	}
	return c
}

const endless = 100 * 365 * 24 * time.Hour

// report logs how a job ended.
func report(ctx context.Context, log *slog.Logger, err error) {
	var failed *vm.ScriptError
	switch {
	case err == nil, errors.As(err, new(run.Exit)):
		log.Debug("the job has ended")
	case ctx.Err() != nil:
		log.Info("the job was stopped", "error", context.Cause(ctx))
	case errors.As(err, &failed) && failed.Traceback != "":
		log.Error("the job failed", "error", err, "traceback", failed.Traceback)
	default:
		log.Error("the job failed", "error", err)
	}
}

// scripts is a generation whose error for a script that does not exist says which do.
type scripts struct {
	*store.Generation
	refusal func() string
}

func (s scripts) Script(flow string) (*vm.Script, error) {
	if store.IsHook(flow) {
		return nil, &store.HookError{Flow: flow}
	}
	script, err := s.Generation.Script(flow)
	if missing := (*store.NotFoundError)(nil); errors.As(err, &missing) {
		err = &unknownError{missing, s, flow}
	}
	return script, err
}

// unknownError says that a job names a script that does not exist.
type unknownError struct {
	*store.NotFoundError
	scripts scripts
	flow    string
}

func (e *unknownError) Error() string {
	return e.NotFoundError.Error() + "; " + e.scripts.DescribeFlows(e.flow) + e.scripts.refusal()
}
