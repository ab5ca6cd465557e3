package main

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/call"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/call/recovery"
	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/console"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/memory"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/outbox"
	"github.com/eslua/eslua/host/push"
	"github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/lint"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/spans"
	"github.com/eslua/eslua/host/trace"
	"github.com/eslua/eslua/scripts"
)

// An app holds the services of the running program in the order in which they start.
type app struct {
	history  *store.History
	scripts  *store.Store
	rollout  *rollout.Rollout
	runner   *run.Runner
	account  *run.Account
	traces   *trace.Recorder
	records  *conversation.Recorder
	spans    *spans.Exporter // nil: no collector is told of calls
	calls    *call.Source
	jobs     *job.Source
	lookups  net.Listener // for mod_xml_curl; nil: no script answers it
	peers    *esl.Budget
	nodes    []*node.Link
	drains   *node.Drains
	gates    *node.Gates
	recovery *recovery.Recovery
	server   *outbound.Server
	legs     *legs.Registry
	data     *database.Databases
	http     *network.Client
	durable  *durable.Store
	outbox   *outbox.Outbox
	buckets  *kv.Buckets
	pushes   *push.Pushes
	queues   *queue.Queues
	lists    *campaign.Campaigns
	mailer   *network.Mailer
	admin    *admin.Service
	consoles *console.Consoles
	metrics  *prometheus.Registry
	log      *slog.Logger
	// hostMemory limits the heap; 0: memory.Default().
	hostMemory int64
	// ballast is never written and so takes no memory, but the garbage collector
	// counts it: it runs once per so many bytes allocated, and not once per the few
	// MiB that calls hold. BenchmarkCall takes 1.75 times the CPU of the floor
	// with it, 2.4 times without. GOGC=400 instead would let the heap of many calls
	// grow to five times what they hold.
	ballast []byte
	guest   bool // see seams
}

const ballastBytes = 64 << 20

// peerBytes returns what all connections together may hold of what FreeSWITCH has
// sent: a quarter of the host's memory. Ten thousand calls keep 100 MB, a description
// of their channel each.
func (a *app) peerBytes() int64 { return max(cmp.Or(a.hostMemory, memory.Default())/4, 64<<20) }

// A builder makes the services of an app.
type builder struct {
	*app
	cfg   config.Config
	clk   clock.Clock
	test  seams
	state string // the directory for what outlives a restart; "": none
	kept  string // the directory of what must not be lost
}

// build makes the services; run starts them. It fails if ctx ends while it reads the
// scripts.
func build(ctx context.Context, cfg config.Config, log *slog.Logger, clk clock.Clock, test seams) (*app, error) {
	b := builder{app: &app{log: log, hostMemory: int64(cfg.HostMemory), guest: test.guest}, cfg: cfg, clk: clk, test: test, state: stateDir(cfg), kept: stateDir(cfg)}
	if !b.guest {
		b.ballast = make([]byte, ballastBytes)
	}
	if test.alone {
		b.state, b.kept = "", cfg.State
	}
	if err := b.makeServers(); err != nil {
		return nil, err
	}
	b.makeDurable()
	b.makeNodes()
	if err := b.makeScripts(ctx); err != nil {
		return nil, err
	}
	if err := b.makeSources(); err != nil {
		return nil, err
	}
	b.makePort()
	b.makeAdmin()
	return b.app, nil
}

// makeServers makes what asks servers other than FreeSWITCH.
func (b *builder) makeServers() (err error) {
	if b.data, err = database.New(b.cfg.Databases, b.clk); err != nil {
		return err
	}
	if b.http, err = b.test.client(b.cfg.HTTP, b.clk); err != nil {
		return err
	}
	b.mailer, err = network.NewMailer(b.cfg.Mail, b.clk)
	return err
}

// makeDurable makes what must not be lost.
func (b *builder) makeDurable() {
	b.durable = durable.New(b.cfg.NATS, b.kept, durable.Network{Listen: b.test.listen, Dial: b.test.dial, First: b.test.keeps}, b.log, b.clk)
	b.outbox = outbox.New(b.cfg.Endpoints, outbox.Deps{Store: b.durable, HTTP: b.http, Rand: rand.Float64, NewID: newID, Log: b.log, Clock: b.clk})
	b.buckets = kv.New(b.cfg.KV, b.cfg.Buckets, kv.Deps{Store: b.durable, NewID: newID, Rand: rand.Float64, Log: b.log, Clock: b.clk})
	b.queues = queue.New(b.cfg.Queues, queue.Deps{Store: b.durable, NewID: newID, Rand: rand.Float64, Log: b.log, Clock: b.clk})
}

// makeNodes makes the connections to FreeSWITCH, and what is done through them.
func (b *builder) makeNodes() {
	b.legs = legs.New(b.clk)
	b.peers = esl.NewBudget(b.peerBytes())
	b.gates = node.NewGates(b.cfg.Commands.Parallel, b.cfg.Commands.Waiting, b.clk)
	b.nodes = newNodes(b.cfg.Nodes, node.Options{Wire: b.wire(), Dial: b.test.dial, Gates: b.gates}, b.log, b.clk)
	b.drains = node.NewDrains(b.nodes, b.state, b.log, b.clk)
	b.lists = campaign.New(b.cfg.Campaigns, campaign.Deps{Store: b.durable, Nodes: b.nodes, Blocked: b.blocked, NewID: newID, Log: b.log, Clock: b.clk})
	b.recovery = newRecovery(b.cfg, b.nodes, b.log, b.clk)
}

func (b *builder) wire() esl.Options { return esl.Options{Budget: b.peers} }

// makeScripts makes what runs scripts, and chooses which.
func (b *builder) makeScripts(ctx context.Context) (err error) {
	deps := bindings.Deps{Legs: b.legs, Databases: b.data, HTTP: b.http, Dialer: network.NewDialer(b.clk), Mailer: b.mailer, Outbox: b.outbox, Buckets: b.buckets, Queues: b.queues, Campaigns: b.lists, Nodes: b.nodes}
	if b.test.alone {
		deps.Dialer, deps.Mailer = nil, nil
	}
	if b.runner, err = newRunner(deps, b.gates, b.clk, b.test); err != nil {
		return err
	}
	if b.history, err = store.OpenHistory(b.state, b.cfg.History, b.log, b.clk); err != nil {
		return err
	}
	trees := checkedTrees(b.cfg)
	trees.History, trees.Notify = b.history, b.test.notify
	if b.test.scripts != nil {
		b.scripts, err = store.OpenFS(b.test.scripts, trees, vm.Compile, b.log, b.clk)
	} else {
		b.scripts, err = openScripts(ctx, b.cfg.Scripts, trees, b.log, b.clk)
	}
	if err != nil {
		return err
	}
	b.rollout = rollout.New(b.cfg, rollout.Deps{Scripts: b.scripts, History: b.history, StateDir: b.state, Log: b.log, Clock: b.clk})
	return nil
}

// makeSources makes the sources of runs, and what is noted of them.
func (b *builder) makeSources() (err error) {
	b.account = run.NewAccount()
	b.traces = trace.New(b.cfg.Trace, b.clk)
	b.records = conversation.New(b.cfg.Record, conversation.Deps{Dir: recordedDir(b.cfg), Rand: rand.Float64, Log: b.log, Clock: b.clk})
	if b.spans, err = spans.New(b.cfg.OTLP, programVersion(), b.log, b.clk); err != nil {
		return err
	}
	b.jobs = job.New(b.cfg, job.Deps{Choose: b.rollout.Choose, Stable: b.rollout.Stable, Hooks: b.rollout.HookNames, Changed: b.rollout.Changed, Claim: b.claim(), Refusal: b.scripts.Refusal, Runner: b.runner, Nodes: b.nodes, Queues: b.queues, Log: b.log, Clock: b.clk})
	b.pushes = push.New(b.cfg.Pushes, push.Deps{Outbox: b.outbox, Nodes: b.nodes, Shape: b.jobs.Shape, Log: b.log, Clock: b.clk})
	b.calls = call.New(b.cfg, call.Deps{Choose: b.rollout.Choose, Runner: b.runner, Account: b.account, Clock: b.clk, Trace: b.test.traced, Pace: b.test.pace, Outside: b.test.outside, Recorder: b.traces, Conversations: b.records, Program: programVersion(), Spans: b.spans, Farewell: b.jobs.Farewell, Pushes: b.pushes, Refusal: b.scripts.Refusal})
	return nil
}

// makePort makes what serves the calls that FreeSWITCH hands over.
func (b *builder) makePort() {
	b.server = outbound.New(outbound.Config{
		MaxCalls:  b.cfg.Calls.Max,
		Handshake: time.Duration(b.cfg.Calls.Handshake),
		Linger:    time.Duration(b.cfg.Calls.Linger),
		Wire:      b.wire(),
		Controls:  b.control,
		Tape: func() outbound.Tape {
			if tape := b.records.Tape(); tape != nil {
				return tape
			}
			return nil
		},
	}, b.serveCall, b.log, b.clk)
}

// control returns the control connection to the FreeSWITCH with a Core-UUID, nil if none is up.
func (b *builder) control(core string) outbound.Control {
	if l := node.Nodes(b.nodes).OfCore(core); l != nil && l.Status().Up {
		return l
	}
	return nil
}

func (b *builder) serveCall(ctx context.Context, c *outbound.Call) {
	defer b.recovery.Track(c.UUID())()
	if b.legs.Deliver(ctx, c) { // a leg that a script dialled is that script's
		return
	}
	if b.test.began != nil {
		b.test.began(c)
	}
	b.calls.Serve(ctx, c)
	if b.test.ended != nil {
		b.test.ended(c)
	}
}

// makeAdmin makes what answers admins.
func (b *builder) makeAdmin() {
	b.admin = admin.NewService(admin.Parts{
		Scripts: b.scripts, History: b.history, Rollout: b.rollout, Runs: b.account, Traces: b.traces, Jobs: b.jobs, Calls: b.server, Nodes: b.nodes, Databases: b.data, HTTP: b.http, Durable: b.durable, Outbox: b.outbox, Buckets: b.buckets, Campaigns: b.lists, Pushes: b.pushes, Queues: b.queues,
	}, programVersion(), b.log, b.clk)
	b.consoles = console.New(console.Deps{
		Open: b.jobs.Open, Nodes: b.nodes, Running: b.account.Running, Version: programVersion(), Log: b.log, Clock: b.clk,
		HasFlow: func(name string) bool { return b.rollout.Stable(name).Version(name) != "" },
	})
	b.metrics = b.register()
}

// register returns a registry of the metrics that the services collect.
func (a *app) register() *prometheus.Registry {
	r := prometheus.NewRegistry()
	a.admin.Register(r)
	a.scripts.Register(r)
	a.rollout.Register(r)
	a.runner.Register(r)
	a.jobs.Register(r)
	a.account.Register(r, func() []string { return a.scripts.Current().FlowNames() })
	a.server.Register(r)
	a.records.Register(r)
	a.peers.Register(r)
	a.data.Register(r)
	a.http.Register(r)
	a.outbox.Register(r)
	a.buckets.Register(r)
	a.pushes.Register(r)
	a.queues.Register(r)
	a.lists.Register(r)
	a.mailer.Register(r)
	for _, n := range a.nodes {
		n.Register(r)
	}
	return r
}

// stateDir returns the directory for what outlives a restart; "" if there is none.
func stateDir(cfg config.Config) string {
	first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":") // systemd's, which may be several
	return cmp.Or(cfg.State, first)
}

// recordedDir returns the directory of recorded calls; "" if there is none.
func recordedDir(cfg config.Config) string {
	dir := stateDir(cfg)
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "calls")
}

func newRunner(deps bindings.Deps, gates *node.Gates, clk clock.Clock, test seams) (*run.Runner, error) {
	set := bindings.New(deps)
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		return nil, err
	}
	return run.New(run.Deps{Machine: machine, Binder: set, Clock: clk, Gates: gates, Line: test.covered, Written: test.written, Seed: test.seed}), nil
}

// checkedTrees configures the checks that scripts pass before they serve.
func checkedTrees(cfg config.Config) store.Config {
	checker := lint.New(bindings.New(bindings.Deps{}).Modules())
	return store.Config{Lint: checker, Modules: checker.Libraries(), SourceLimit: sourceLimit(cfg)}
}

// sourceLimit returns how large the scripts of a flow may be.
func sourceLimit(cfg config.Config) func(flow string) int {
	return func(flow string) int { return run.FlowConfig(&cfg, flow).Limits.WithDefaults().Source }
}

// openScripts opens the configured directory, or the built-in flows if there is none.
func openScripts(ctx context.Context, dir string, cfg store.Config, log *slog.Logger, clk clock.Clock) (*store.Store, error) {
	if dir == "" {
		return store.OpenFS(scripts.Files, cfg, vm.Compile, log, clk)
	}
	return store.Open(ctx, dir, cfg, vm.Compile, log, clk)
}

func newNodes(nodes []config.Node, options node.Options, log *slog.Logger, clk clock.Clock) []*node.Link {
	var links []*node.Link
	for _, n := range nodes {
		links = append(links, node.New(node.Node{
			Name: n.Label(), Address: string(n.Address), User: n.User, Password: n.Password, Tags: n.Tags, Weight: n.Weight,
		}, log, clk, options))
	}
	return links
}

// newRecovery returns the Recovery of calls that an eslua which died left parked
// on the nodes.
func newRecovery(cfg config.Config, links []*node.Link, log *slog.Logger, clk clock.Clock) *recovery.Recovery {
	var nodes []recovery.Node
	for i, l := range links {
		nodes = append(nodes, recovery.Node{Switch: l, Address: string(cfg.Nodes[i].Address)})
	}
	// A call that is being handed to this host completes its handshake within this
	// time; otherwise it is left parked too.
	grace := time.Duration(cfg.Calls.Handshake) + 5*time.Second
	return recovery.New(recovery.Config{Policy: cfg.Parked, Grace: grace}, nodes, log, clk)
}

// blocked reports whether a bucket that flows share has a number.
func (a *app) blocked(ctx context.Context, bucket, number string) (bool, error) {
	b, err := a.buckets.Shared(bucket)
	if err != nil {
		return false, err
	}
	_, found, err := b.Get(ctx, number)
	return found, err
}

// claim returns what decides which host of a cluster runs a schedule, nil if there is no
// cluster.
func (a *app) claim() func(ctx context.Context, name string) (bool, error) {
	if !a.durable.Shared() {
		return nil
	}
	host := newID()
	return func(ctx context.Context, name string) (bool, error) { return a.durable.Claim(ctx, name, host) }
}

// newID returns an id for a push; later ones are greater.
func newID() string { return uuid.Must(uuid.NewV7()).String() }
