package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/eslua/eslua/host/memory"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/run"
)

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
