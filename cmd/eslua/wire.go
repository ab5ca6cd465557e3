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

// host is the running program: its rooms in the order in which they start.
type host struct {
	history *store.History
	scripts *store.Store
	rollout *rollout.Rollout
	runner  *run.Runner
	account *run.Account
	calls   *call.Source
	nodes   []*node.Link
	parked  *recovery.Recovery
	server  *outbound.Server
	legs    *legs.Registry
	admin   *admin.Service
	metrics *prometheus.Registry
	// ballast is never touched and so takes no memory, but the collector counts
	// it: it runs once in so many bytes allocated, not once in the few MiB that
	// calls hold. That is a third of a call's CPU.
	ballast []byte
}

const ballastBytes = 64 << 20

// audience is told of calls: of each function a script has called, and that
// the script has ended. The zero audience is told nothing.
type audience struct {
	called func(c *outbound.Call, t vm.Trace)
	ended  func(c *outbound.Call)
}

// build makes the rooms; none of them runs yet.
func build(cfg config.Config, log *slog.Logger, clk clock.Clock, told audience) (*host, error) {
	h := host{ballast: make([]byte, ballastBytes)}
	var err error
	dialled := legs.New(clk)
	h.legs = dialled
	if h.runner, err = newRunner(dialled, clk); err != nil {
		return nil, err
	}
	if h.history, err = store.OpenHistory(stateDir(cfg), cfg.History, log, clk); err != nil {
		return nil, err
	}
	if h.scripts, err = openScripts(cfg.Scripts, h.history, log, clk); err != nil {
		return nil, err
	}
	h.nodes = newLinks(cfg.Nodes, log, clk)
	h.rollout = rollout.New(cfg, rollout.Deps{Scripts: h.scripts, History: h.history, StateDir: stateDir(cfg), Log: log, Clock: clk})
	h.account = run.NewAccount()
	h.calls = call.New(cfg, call.Deps{Choose: h.rollout.Choose, Runner: h.runner, Account: h.account, Trace: told.called})
	h.parked = newSweep(cfg, h.nodes, log, clk)
	h.server = outbound.New(outbound.Config{
		MaxCalls:  cfg.Calls.Max,
		Handshake: time.Duration(cfg.Calls.Handshake),
		Linger:    time.Duration(cfg.Calls.Linger),
	}, func(ctx context.Context, c *outbound.Call) {
		defer h.parked.Track(c.UUID())()
		if !dialled.Claim(ctx, c) { // a leg that a script dialled is that script's
			h.calls.Serve(ctx, c)
			if told.ended != nil {
				told.ended(c)
			}
		}
	}, log, clk)
	h.admin = admin.NewService(admin.Parts{
		Scripts: h.scripts, History: h.history, Rollout: h.rollout, Runs: h.account, Calls: h.server, Nodes: h.nodes,
	}, programVersion(), log, clk)
	h.metrics = h.register()
	return &h, nil
}

// register makes the registry of all metrics.
func (h *host) register() *prometheus.Registry {
	r := prometheus.NewRegistry()
	h.admin.Register(r)
	h.scripts.Register(r)
	h.rollout.Register(r)
	h.account.Register(r, func() []string { return h.scripts.Current().FlowNames() })
	h.server.Register(r)
	for _, n := range h.nodes {
		n.Register(r)
	}
	return r
}

// stateDir is where things are kept that outlive a restart; "" is nowhere.
func stateDir(cfg config.Config) string {
	first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":") // systemd's, which may be several
	return cmp.Or(cfg.State, first)
}

func newRunner(dialled *legs.Registry, clk clock.Clock) (*run.Runner, error) {
	set := bindings.New(bindings.Deps{Legs: dialled})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		return nil, err
	}
	return run.New(run.Deps{Machine: machine, Binder: set, Clock: clk}), nil
}

// openScripts opens the configured directory, or the flows built in.
func openScripts(dir string, history *store.History, log *slog.Logger, clk clock.Clock) (*store.Store, error) {
	if dir == "" {
		return store.OpenFS(scripts.Files, store.Config{History: history}, vm.Compile, log, clk)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, &config.Error{File: dir, Message: "is not a directory of scripts; name one with --scripts or scripts:, or leave it out for the built-in flows"}
	}
	return store.Open(dir, store.Config{History: history}, vm.Compile, log, clk)
}

func newLinks(nodes []config.Node, log *slog.Logger, clk clock.Clock) []*node.Link {
	var links []*node.Link
	for _, n := range nodes {
		name := n.Name
		if name == "" {
			name = string(n.Address)
		}
		links = append(links, node.New(node.Node{
			Name: name, Address: string(n.Address), User: n.User, Password: n.Password,
		}, log, clk, node.Options{}))
	}
	return links
}

// newSweep looks for calls that an eslua which died left parked on the nodes.
func newSweep(cfg config.Config, links []*node.Link, log *slog.Logger, clk clock.Clock) *recovery.Recovery {
	var nodes []recovery.Node
	for i, l := range links {
		nodes = append(nodes, recovery.Node{Switch: l, Address: string(cfg.Nodes[i].Address)})
	}
	// A call on its way to us says who it is within the handshake, or is left parked too.
	grace := time.Duration(cfg.Calls.Handshake) + 5*time.Second
	return recovery.New(recovery.Config{Policy: cfg.Parked, Grace: grace}, nodes, log, clk)
}

// run serves l until it is closed and the last call is over, ctx ends, or a
// room cannot go on. What started last stops first: calls may need scripts and
// nodes to their end.
// The admin's server, if there is one, runs beside the rooms.
func (h *host) run(ctx context.Context, l net.Listener, server ...*admin.Server) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	var rooms sync.WaitGroup
	start := func(name string, run func(context.Context) error) {
		rooms.Go(func() {
			if err := run(background); err != nil && background.Err() == nil {
				abort(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	start("scripts", h.scripts.Run)
	start("rollout", h.rollout.Run)
	for _, s := range server {
		start("admin", s.Run)
	}
	for _, n := range h.nodes {
		start("node "+n.Name(), n.Run)
	}
	start("parked calls", func(ctx context.Context) error { return h.parked.Run(ctx, l.Addr().String()) })
	h.admin.SetListen(l.Addr())
	err := h.server.Serve(ctx, l)
	stop()
	rooms.Wait()
	h.close(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// close waits a little for what is still being written.
func (h *host) close(ctx context.Context) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	_ = h.history.Close(ctx) // it has logged what it could not write
}
