package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/call/outbound/callbench"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
)

const benchFlow = `
session:execute("answer") -- session:answer() knows that the recorded call is answered
session:execute("playback", "tone_stream://%(400,0,440)")
session:hangup()
`

// luaFlow is the whole program as callbench's host: every call runs source.
func luaFlow(b *testing.B, source string) callbench.Host {
	dir := b.TempDir()
	write(b, dir, "invite.lua", source) // the recorded call names this flow
	return flowsIn(b, dir)
}

// flowsIn is the whole program serving a directory.
func flowsIn(b *testing.B, dir string, built ...func(*app)) callbench.Host {
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

// BenchmarkCall is the host's CPU for a whole call run by a Lua flow, as a
// multiple of a bare server's, eslgo's plain Go handler beside it.
func BenchmarkCall(b *testing.B) {
	b.Run("lua", func(b *testing.B) { callbench.Calls(b, luaFlow(b, benchFlow)) })
	b.Run("eslgo", func(b *testing.B) { callbench.Calls(b, callbench.ESLGo) })
}

// BenchmarkIdleCall is the memory of a call that waits, its Lua state included.
func BenchmarkIdleCall(b *testing.B) {
	b.Run("lua", func(b *testing.B) { callbench.Idle(b, luaFlow(b, benchFlow), 500) })
	b.Run("eslgo", func(b *testing.B) { callbench.Idle(b, callbench.ESLGo, 500) })
}

// BenchmarkReloading is how many calls are served while one of 500 scripts is
// saved again and again, as often as a save is taken, as a part of those that
// are served in peace.
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
	callbench.Disturbed(b, flowsIn(b, dir, func(h *app) { scripts = h.scripts }), save)
	b.ReportMetric(float64(saved)/b.Elapsed().Seconds(), "saves/s")
}
