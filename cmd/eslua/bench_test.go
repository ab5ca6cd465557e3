package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
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

// luaFlow returns the whole program as a benchHost whose calls all run source.
func luaFlow(b *testing.B, source string) benchHost {
	dir := b.TempDir()
	write(b, dir, "invite.lua", source) // the recorded call names this flow
	return flowsIn(b, dir)
}

// flowsIn returns the whole program as a benchHost that serves a directory.
func flowsIn(b *testing.B, dir string, built ...func(*app)) benchHost {
	cfg := config.Default()
	cfg.Scripts = dir
	return func(ctx context.Context, l net.Listener) {
		h, err := build(cfg, slog.New(slog.DiscardHandler), clock.System(), callHooks{})
		if err != nil {
			b.Error(err)
			return
		}
		for _, tell := range built {
			tell(h)
		}
		if err := h.run(ctx, l, nil); err != nil {
			b.Error(err)
		}
	}
}

// goHandler is the same call as a Go function on package outbound.
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
	_ = s.Serve(ctx, l)
}

// BenchmarkCall measures the CPU for a whole call: connect, linger, myevents, answer,
// playback, hangup. The call is run by a Lua flow, by Go on package outbound, and by
// Go on eslgo, each in turns with floorServer, which does only what the wire demands.
func BenchmarkCall(b *testing.B) {
	b.Run("lua", func(b *testing.B) { benchCalls(b, luaFlow(b, benchFlow)) })
	b.Run("outbound", func(b *testing.B) { benchCalls(b, goHandler) })
	b.Run("eslgo", func(b *testing.B) { benchCalls(b, eslgoServer) })
}

// BenchmarkIdleCall measures the memory of a call that waits, its Lua state included.
func BenchmarkIdleCall(b *testing.B) {
	b.Run("lua", func(b *testing.B) { benchIdle(b, luaFlow(b, benchFlow), 500) })
	b.Run("outbound", func(b *testing.B) { benchIdle(b, goHandler, 500) })
	b.Run("eslgo", func(b *testing.B) { benchIdle(b, eslgoServer, 500) })
	b.Run("floor", func(b *testing.B) { benchIdle(b, floorServer, 500) })
}

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
	benchDisturbed(b, flowsIn(b, dir, func(h *app) { scripts = h.scripts }), save)
	b.ReportMetric(float64(saved)/b.Elapsed().Seconds(), "saves/s")
}
