package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/call"
	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/call/recovery"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/scripts"
)

// app is the running program: its services in the order in which they start.
type app struct {
	history  *store.History
	scripts  *store.Store
	rollout  *rollout.Rollout
	runner   *run.Runner
	account  *run.Account
	calls    *call.Source
	nodes    []*node.Link
	recovery *recovery.Recovery
	server   *outbound.Server
	legs     *legs.Registry
	admin    *admin.Service
	metrics  *prometheus.Registry
	// ballast is never written and so takes no memory, but the garbage collector
	// counts it: it runs once per so many bytes allocated, and not once per the few
	// MiB that calls hold. BenchmarkCall takes 2.3 times the CPU of the floor with
	// it, 3.3 times without. GOGC=400 instead gives 2.9 times, and would let the
	// heap of many calls grow to five times what they hold.
	ballast []byte
}

const ballastBytes = 64 << 20

// callHooks are called in the goroutine of a call. Both may be nil.
type callHooks struct {
	traced func(c *outbound.Call, t vm.Trace) // after each bound function that the script called
	ended  func(c *outbound.Call)             // after the script
}

// build makes the services; run starts them.
func build(cfg config.Config, log *slog.Logger, clk clock.Clock, hooks callHooks) (*app, error) {
	a := app{ballast: make([]byte, ballastBytes)}
	var err error
	a.legs = legs.New(clk)
	if a.runner, err = newRunner(a.legs, clk); err != nil {
		return nil, err
	}
	if a.history, err = store.OpenHistory(stateDir(cfg), cfg.History, log, clk); err != nil {
		return nil, err
	}
	if a.scripts, err = openScripts(cfg.Scripts, a.history, log, clk); err != nil {
		return nil, err
	}
	a.nodes = newNodes(cfg.Nodes, log, clk)
	a.rollout = rollout.New(cfg, rollout.Deps{Scripts: a.scripts, History: a.history, StateDir: stateDir(cfg), Log: log, Clock: clk})
	a.account = run.NewAccount()
	a.calls = call.New(cfg, call.Deps{Choose: a.rollout.Choose, Runner: a.runner, Account: a.account, Trace: hooks.traced})
	a.recovery = newRecovery(cfg, a.nodes, log, clk)
	a.server = outbound.New(outbound.Config{
		MaxCalls:  cfg.Calls.Max,
		Handshake: time.Duration(cfg.Calls.Handshake),
		Linger:    time.Duration(cfg.Calls.Linger),
	}, func(ctx context.Context, c *outbound.Call) {
		defer a.recovery.Track(c.UUID())()
		if !a.legs.Deliver(ctx, c) { // a leg that a script dialled is that script's
			a.calls.Serve(ctx, c)
			if hooks.ended != nil {
				hooks.ended(c)
			}
		}
	}, log, clk)
	a.admin = admin.NewService(admin.Parts{
		Scripts: a.scripts, History: a.history, Rollout: a.rollout, Runs: a.account, Calls: a.server, Nodes: a.nodes,
	}, programVersion(), log, clk)
	a.metrics = a.register()
	return &a, nil
}

// register returns a registry of the metrics that the services collect.
func (a *app) register() *prometheus.Registry {
	r := prometheus.NewRegistry()
	a.admin.Register(r)
	a.scripts.Register(r)
	a.rollout.Register(r)
	a.account.Register(r, func() []string { return a.scripts.Current().FlowNames() })
	a.server.Register(r)
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

func newRunner(registry *legs.Registry, clk clock.Clock) (*run.Runner, error) {
	set := bindings.New(bindings.Deps{Legs: registry})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		return nil, err
	}
	return run.New(run.Deps{Machine: machine, Binder: set, Clock: clk}), nil
}

// openScripts opens the configured directory, or the built-in flows if there is none.
func openScripts(dir string, history *store.History, log *slog.Logger, clk clock.Clock) (*store.Store, error) {
	if dir == "" {
		return store.OpenFS(scripts.Files, store.Config{History: history}, vm.Compile, log, clk)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, &config.Error{File: dir, Message: "is not a directory of scripts; name one with --scripts or scripts:, or leave it out for the built-in flows"}
	}
	return store.Open(dir, store.Config{History: history}, vm.Compile, log, clk)
}

func newNodes(nodes []config.Node, log *slog.Logger, clk clock.Clock) []*node.Link {
	var links []*node.Link
	for _, n := range nodes {
		links = append(links, node.New(node.Node{
			Name: n.Label(), Address: string(n.Address), User: n.User, Password: n.Password,
		}, log, clk, node.Options{}))
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
	start("scripts", a.scripts.Run)
	start("rollout", a.rollout.Run)
	if server != nil {
		start("admin", server.Run)
	}
	for _, n := range a.nodes {
		start("node "+n.Name(), n.Run)
	}
	start("parked calls", func(ctx context.Context) error { return a.recovery.Run(ctx, l.Addr().String()) })
	a.admin.SetListen(l.Addr())
	err := a.server.Serve(ctx, l)
	stop()
	services.Wait()
	a.close(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// close waits a short time for the history to be written.
func (a *app) close(ctx context.Context) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	_ = a.history.Close(ctx) // it has logged what it could not write
}
