package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
)

const benchFlow = `
session:execute("answer") -- session:answer() knows that the recorded call is answered
session:execute("playback", "tone_stream://%(400,0,440)")
session:hangup()
`

// luaFlow returns a directory whose only flow is source.
func luaFlow(t testing.TB, source string) string {
	dir := t.TempDir()
	write(t, dir, "invite.lua", source) // the recorded call names this flow
	return dir
}

// serveFlows runs the whole program, with a directory of flows, until ctx ends.
func serveFlows(ctx context.Context, l net.Listener, dir string, built ...func(*app)) error {
	return serveFlowsOf(ctx, l, dir, config.Default(), built...)
}

func serveFlowsOf(ctx context.Context, l net.Listener, dir string, cfg config.Config, built ...func(*app)) error {
	cfg.Scripts = dir
	h, err := build(context.Background(), cfg, slog.New(slog.DiscardHandler), clock.System(), seams{})
	if err != nil {
		return err
	}
	for _, tell := range built {
		tell(h)
	}
	return h.run(ctx, l, nil)
}

// goHandler serves the same call by a Go function on package outbound.
func goHandler(ctx context.Context, l net.Listener) {
	s := outbound.New(outbound.Config{}, func(ctx context.Context, c *outbound.Call) {
		if _, err := c.Execute(ctx, "answer", ""); err != nil {
			return
		}
		if _, err := c.Execute(ctx, "playback", "tone_stream://%(400,0,440)"); err != nil {
			return
		}
		_ = c.Hangup(ctx, "NORMAL_CLEARING")
	}, slog.New(slog.DiscardHandler), clock.System())
	ballast := make([]byte, ballastBytes) // as the program has
	_ = s.Serve(ctx, l)
	runtime.KeepAlive(ballast)
}

// BenchmarkCall measures the CPU for a whole call: connect, linger, myevents, answer,
// playback, hangup. The call is run by a Lua flow, by Go on package outbound, and by
// Go on eslgo, each in turns with floorServer, which does only what the wire demands.
func BenchmarkCall(b *testing.B) {
	b.Run("lua", func(b *testing.B) { benchCalls(b, "lua", luaFlow(b, benchFlow)) })
	b.Run("outbound", func(b *testing.B) { benchCalls(b, "outbound", "") })
	b.Run("eslgo", func(b *testing.B) { benchCalls(b, "eslgo", "") })
	b.Run("floor", func(b *testing.B) { benchCalls(b, "floor", "") }) // shows what the figures are worth
}

// BenchmarkTrace measures the CPU for the same call, whose trace is kept, in turns with a
// host that keeps none.
func BenchmarkTrace(b *testing.B) { benchBeside(b, "lua", "untraced", luaFlow(b, benchFlow)) }

// BenchmarkIdleCall measures the memory of a call that waits, its Lua state included.
func BenchmarkIdleCall(b *testing.B) {
	for _, name := range []string{"lua", "outbound", "eslgo", "floor"} {
		b.Run(name, func(b *testing.B) {
			// Measured once whatever b.N is: each measurement leaves a process until the end.
			bytes := idleMemory(b, name, luaFlow(b, benchFlow), idleCalls)
			b.ReportMetric(bytes/1024, "KiB/idle-call")
		})
	}
}

const idleCalls = 500

// BenchmarkReloading measures the calls served per second while one of 500 scripts is
// saved again and again, as a ratio to those served while nothing is saved.
func BenchmarkReloading(b *testing.B) {
	dir := b.TempDir()
	write(b, dir, "invite.lua", benchFlow)
	for i := range 499 {
		write(b, dir, fmt.Sprintf("flow%d.lua", i), strings.Repeat("local function step(x)\n  session:setVariable('step', x)\nend\n", 20))
	}
	var scripts *store.Store
	saved := 0
	save := func(ctx context.Context) {
		for ctx.Err() == nil {
			changed := scripts.Changed()
			saved++
			write(b, dir, "flow0.lua", fmt.Sprintf("return %d", saved))
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}
	host := func(ctx context.Context, l net.Listener) {
		if err := serveFlows(ctx, l, dir, func(h *app) { scripts = h.scripts }); err != nil {
			b.Error(err)
		}
	}
	benchDisturbed(b, host, save)
	b.ReportMetric(float64(saved)/b.Elapsed().Seconds(), "saves/s")
}
