package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// listening opens a listener on a free port.
func listening(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// serving runs the whole program in this process, at l, until stop or the test's
// end. A nil log is discarded.
func serving(tb testing.TB, l net.Listener, cfg config.Config, clk clock.Clock, log slog.Handler, told seams) (h *app, stop func()) {
	tb.Helper()
	if log == nil {
		log = slog.DiscardHandler
	}
	h, err := build(context.Background(), cfg, slog.New(log), clk, told)
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

// freeAddress returns an address on which nobody listens. Its port is outside the
// range that the system gives to connections, and, where every address of 127.0.0.0/8 is this
// machine's, its IP address is nobody else's: so it stays free until the test listens there.
func freeAddress(t testing.TB) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		return freePort(t)
	}
	return freeAt(t, net.IPv4(127, byte(1+rand.IntN(250)), byte(rand.IntN(250)), byte(1+rand.IntN(250))))
}

// freePort returns such an address for programs that are told only the port; somebody else
// may take it.
func freePort(t testing.TB) string {
	t.Helper()
	return freeAt(t, net.IPv4(127, 0, 0, 1))
}

func freeAt(t testing.TB, ip net.IP) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", fmt.Sprint(ip, ":", 20000+rand.IntN(10000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
}

// directory returns a directory with the given files.
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

// simulated starts a switch that runs until the test ends.
func simulated(tb testing.TB, cfg switchsim.Config) *switchsim.Switch {
	tb.Helper()
	sim := switchsim.New(cfg)
	if err := sim.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = sim.Close() })
	return sim
}

// simulatedOn starts a switch on a network of the test's bubble.
func simulatedOn(tb testing.TB, n *memnet.Network, cfg switchsim.Config) *switchsim.Switch {
	tb.Helper()
	cfg.Listener, cfg.Dial = n.Listen(), n.Dial
	return simulated(tb, cfg)
}

// patient is a dialplan whose extension answers and waits.
var patient = switchsim.Dialplan{"default": {
	{Match: "wait", Actions: []switchsim.Action{{App: "answer"}, {App: "sleep", Data: "3600000"}}},
}}
