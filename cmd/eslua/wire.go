package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
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

// seams let tests look in and replace parts. The zero value changes nothing.
type seams struct {
	traced  func(c *outbound.Call, t vm.Trace) // in the call's goroutine, after each bound function that the script called
	began   func(c *outbound.Call)             // there, before the script
	ended   func(c *outbound.Call)             // there, after the script
	covered func(file string, line int)        // hears of each line that a script runs
	pace    vm.Tracer                          // has scripts take their time
	seed    func() uint64                      // instead of the system's, for math.random
	scripts fs.FS                              // instead of the configured directory
	guest   bool                               // the process is not only for this app, which leaves its memory alone
	keeps   func()                             // is called before anything is kept that must not be lost
	written func(dir string) (string, error)   // the directory that scripts have instead of one in which they may write
	alone   bool                               // scripts reach HTTP servers through dial, without TLS, and nothing else

	// Instead of the machine's network and of notifications of changed files, on which
	// nobody can wait in a bubble of testing/synctest:
	port   func(address string) (port, error)
	listen func(network, address string) (net.Listener, error)         // everywhere but at the port for calls
	dial   func(ctx context.Context, address string) (net.Conn, error) // nodes, HTTP servers, and an admin socket
	notify func() (*fsnotify.Watcher, error)
}

// A port is where calls arrive, a *listener.Listener.
type port interface {
	net.Listener
	Refuse()
	Drain(ctx context.Context)
	Probe(ctx context.Context) error
}

// open opens a TCP port.
func (s seams) open(address string) (net.Listener, error) {
	if s.listen != nil {
		return s.listen("tcp", address)
	}
	return net.Listen("tcp", address)
}

// client returns a client for HTTP servers.
func (s seams) client(c config.HTTP, clk clock.Clock) (*network.Client, error) {
	if s.dial == nil {
		return network.NewClient(c, clk)
	}
	client, err := network.NewClientOver(c, clk, func(ctx context.Context, _ network.Permits, host string, port uint16) (net.Conn, error) {
		return s.dial(ctx, net.JoinHostPort(host, strconv.Itoa(int(port))))
	})
	if err == nil && s.alone {
		client.WithoutTLS()
	}
	return client, err
}

// adminClient returns a client for the socket at path.
func (s seams) adminClient(path string) *admin.Client {
	if s.dial != nil {
		return admin.NewClientOver(path, s.dial)
	}
	return admin.NewClient(path)
}

// build makes the services; run starts them. It fails if ctx ends while it reads the
// scripts.
func build(ctx context.Context, cfg config.Config, log *slog.Logger, clk clock.Clock, test seams) (*app, error) {
	a := app{log: log, hostMemory: int64(cfg.HostMemory), guest: test.guest}
	if !a.guest {
		a.ballast = make([]byte, ballastBytes)
	}
	state, kept := stateDir(cfg), stateDir(cfg)
	if test.alone {
		state, kept = "", cfg.State
	}
	var err error
	a.legs = legs.New(clk)
	if a.data, err = database.New(cfg.Databases, clk); err != nil {
		return nil, err
	}
	if a.http, err = test.client(cfg.HTTP, clk); err != nil {
		return nil, err
	}
	if a.mailer, err = network.NewMailer(cfg.Mail, clk); err != nil {
		return nil, err
	}
	a.durable = durable.New(cfg.NATS, kept, durable.Network{Listen: test.listen, Dial: test.dial, First: test.keeps}, log, clk)
	a.outbox = outbox.New(cfg.Endpoints, outbox.Deps{Store: a.durable, HTTP: a.http, Rand: rand.Float64, NewID: newID, Log: log, Clock: clk})
	a.buckets = kv.New(cfg.KV, cfg.Buckets, kv.Deps{Store: a.durable, NewID: newID, Rand: rand.Float64, Log: log, Clock: clk})
	a.queues = queue.New(cfg.Queues, queue.Deps{Store: a.durable, NewID: newID, Rand: rand.Float64, Log: log, Clock: clk})
	a.peers = esl.NewBudget(a.peerBytes())
	wire := esl.Options{Budget: a.peers}
	a.gates = node.NewGates(cfg.Commands.Parallel, cfg.Commands.Waiting, clk)
	a.nodes = newNodes(cfg.Nodes, node.Options{Wire: wire, Dial: test.dial, Gates: a.gates}, log, clk)
	a.drains = node.NewDrains(a.nodes, state, log, clk)
	a.lists = campaign.New(cfg.Campaigns, campaign.Deps{Store: a.durable, Nodes: a.nodes, Blocked: a.blocked, NewID: newID, Log: log, Clock: clk})
	deps := bindings.Deps{Legs: a.legs, Databases: a.data, HTTP: a.http, Dialer: network.NewDialer(clk), Mailer: a.mailer, Outbox: a.outbox, Buckets: a.buckets, Queues: a.queues, Campaigns: a.lists, Nodes: a.nodes}
	if test.alone {
		deps.Dialer, deps.Mailer = nil, nil
	}
	if a.runner, err = newRunner(deps, a.gates, clk, test); err != nil {
		return nil, err
	}
	if a.history, err = store.OpenHistory(state, cfg.History, log, clk); err != nil {
		return nil, err
	}
	trees := checkedTrees(cfg)
	trees.History, trees.Notify = a.history, test.notify
	if test.scripts != nil {
		a.scripts, err = store.OpenFS(test.scripts, trees, vm.Compile, log, clk)
	} else {
		a.scripts, err = openScripts(ctx, cfg.Scripts, trees, log, clk)
	}
	if err != nil {
		return nil, err
	}
	a.rollout = rollout.New(cfg, rollout.Deps{Scripts: a.scripts, History: a.history, StateDir: state, Log: log, Clock: clk})
	a.account = run.NewAccount()
	a.traces = trace.New(cfg.Trace, clk)
	a.records = conversation.New(cfg.Record, conversation.Deps{Dir: recordedDir(cfg), Rand: rand.Float64, Log: log, Clock: clk})
	if a.spans, err = spans.New(cfg.OTLP, programVersion(), log, clk); err != nil {
		return nil, err
	}
	a.jobs = job.New(cfg, job.Deps{Choose: a.rollout.Choose, Stable: a.rollout.Stable, Hooks: a.rollout.HookNames, Changed: a.rollout.Changed, Claim: a.claim(), Refusal: a.scripts.Refusal, Runner: a.runner, Nodes: a.nodes, Queues: a.queues, Log: log, Clock: clk})
	a.pushes = push.New(cfg.Pushes, push.Deps{Outbox: a.outbox, Nodes: a.nodes, Shape: a.jobs.Shape, Log: log, Clock: clk})
	a.calls = call.New(cfg, call.Deps{Choose: a.rollout.Choose, Runner: a.runner, Account: a.account, Clock: clk, Trace: test.traced, Pace: test.pace, Recorder: a.traces, Conversations: a.records, Program: programVersion(), Spans: a.spans, Farewell: a.jobs.Farewell, Pushes: a.pushes, Refusal: a.scripts.Refusal})
	a.recovery = newRecovery(cfg, a.nodes, log, clk)
	a.server = outbound.New(outbound.Config{
		MaxCalls:  cfg.Calls.Max,
		Handshake: time.Duration(cfg.Calls.Handshake),
		Linger:    time.Duration(cfg.Calls.Linger),
		Wire:      wire,
		Tape: func() outbound.Tape {
			if tape := a.records.Tape(); tape != nil {
				return tape
			}
			return nil
		},
	}, func(ctx context.Context, c *outbound.Call) {
		defer a.recovery.Track(c.UUID())()
		if !a.legs.Deliver(ctx, c) { // a leg that a script dialled is that script's
			if test.began != nil {
				test.began(c)
			}
			a.calls.Serve(ctx, c)
			if test.ended != nil {
				test.ended(c)
			}
		}
	}, log, clk)
	a.admin = admin.NewService(admin.Parts{
		Scripts: a.scripts, History: a.history, Rollout: a.rollout, Runs: a.account, Traces: a.traces, Jobs: a.jobs, Calls: a.server, Nodes: a.nodes, Databases: a.data, HTTP: a.http, Durable: a.durable, Outbox: a.outbox, Buckets: a.buckets, Campaigns: a.lists, Pushes: a.pushes, Queues: a.queues,
	}, programVersion(), log, clk)
	a.consoles = console.New(console.Deps{
		Open: a.jobs.Open, Nodes: a.nodes, Running: a.account.Running, Version: programVersion(), Log: log, Clock: clk,
		HasFlow: func(name string) bool { return a.rollout.Stable(name).Version(name) != "" },
	})
	a.metrics = a.register()
	return &a, nil
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

// run serves l until it is closed and the last call has ended, ctx ends, or a
// service fails. The calls end before the services stop: they may need scripts
// and nodes until then. server may be nil.
func (a *app) run(ctx context.Context, l net.Listener, server *admin.Server) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	var services sync.WaitGroup
	start := func(name string, run func(context.Context) error) {
		services.Go(func() {
			if err := run(background); err != nil && background.Err() == nil {
				abort(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	if !a.guest {
		start("memory", a.watchMemory)
	}
	stopDurable := a.holdDurable(ctx)
	defer stopDurable()
	start("outbox", a.outbox.Run)
	start("recorded calls", a.records.Run)
	start("scripts", a.scripts.Run)
	start("rollout", a.rollout.Run)
	if server != nil {
		start("admin", server.Run)
	}
	for _, n := range a.nodes {
		start("node "+n.Name(), n.Run)
	}
	if addr, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !addr.Addr().IsUnspecified() {
		a.jobs.SetListener(l.Addr().String())
		a.lists.SetListener(l.Addr().String())
	}
	start("jobs", a.jobs.Run)
	start("campaigns", a.lists.Run)
	start("pushes", a.pushes.Run)
	if a.lookups != nil {
		start("xml", func(ctx context.Context) error { return a.jobs.AnswerLookups(ctx, a.lookups) })
	}
	start("parked calls", func(ctx context.Context) error { return a.recovery.Run(ctx, l.Addr().String()) })
	a.admin.SetListen(l.Addr())
	err := a.server.Serve(ctx, l)
	a.finishHooks(ctx)
	a.finishPushes(ctx)
	stop()
	services.Wait()
	a.data.Close()
	a.http.Close()
	a.close(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// finishHooks lets the hooks handle the last events, for a short time.
func (a *app) finishHooks(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	a.jobs.FinishHooks(ctx)
}

// finishPushes has what was pushed last kept, for a short time.
func (a *app) finishPushes(ctx context.Context) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	a.pushes.Finish(ctx)
}

// holdDurable keeps what must not be lost until it is stopped: after everything that
// uses it.
func (a *app) holdDurable(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = a.durable.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
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

// watchMemory ends calls when the heap holds more than it may. Go's collector works
// harder before that.
func (a *app) watchMemory(ctx context.Context) error {
	limit := cmp.Or(a.hostMemory, memory.Default())
	before := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(before, limit/10*9+ballastBytes))
	defer debug.SetMemoryLimit(before)
	return a.runner.WatchMemory(ctx, run.HostMemory{
		Limit: limit, Live: func() int64 { return memory.Live() - ballastBytes }, Collected: memory.Collections(ctx), Log: a.log,
	})
}

// close waits a short time for the history to be written.
func (a *app) close(ctx context.Context) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	a.spans.Close(ctx)
	_ = a.history.Close(ctx) // it has logged what it could not write
}
