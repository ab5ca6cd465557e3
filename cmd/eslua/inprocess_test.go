package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
)

// listening is a listening port of its own.
func listening(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// serving is the whole program in this process, at l, until stop or the test's
// end; a nil log is dropped.
func serving(tb testing.TB, l net.Listener, cfg config.Config, clk clock.Clock, log slog.Handler, told callHooks) (h *app, stop func()) {
	tb.Helper()
	if log == nil {
		log = slog.DiscardHandler
	}
	h, err := build(cfg, slog.New(log), clk, told)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, abort := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.run(ctx, l, nil) }()
	stop = sync.OnceFunc(func() {
		abort()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(stop)
	return h, stop
}

// directory holds files by their names.
func directory(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, text := range files {
		write(tb, dir, name, text)
	}
	return dir
}

func write(tb testing.TB, dir, name, text string) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
}

// simulated is a switch until the test ends.
func simulated(tb testing.TB, cfg switchsim.Config) *switchsim.Switch {
	tb.Helper()
	sim := switchsim.New(cfg)
	if err := sim.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = sim.Close() })
	return sim
}

// patient is a dialplan with somebody to dial who waits.
var patient = switchsim.Dialplan{"default": {
	{Match: "wait", Actions: []switchsim.Action{{App: "answer"}, {App: "sleep", Data: "3600000"}}},
}}
