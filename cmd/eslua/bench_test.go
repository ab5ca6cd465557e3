package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/config"
	"github.com/eslua/eslua/host/outbound/callbench"
)

const benchFlow = `
session:execute("answer") -- session:answer() knows that the recorded call is answered
session:execute("playback", "tone_stream://%(400,0,440)")
session:hangup()
`

// luaFlow is the whole program as callbench's host: every call runs source.
func luaFlow(b *testing.B, source string) callbench.Host {
	dir := b.TempDir() // the recorded call names the flow invite
	if err := os.WriteFile(filepath.Join(dir, "invite.lua"), []byte(source), 0o644); err != nil {
		b.Fatal(err)
	}
	cfg := config.Default()
	cfg.Scripts = dir
	return func(ctx context.Context, l net.Listener) {
		h, err := build(cfg, slog.New(slog.DiscardHandler), clock.System(), audience{})
		if err != nil {
			b.Error(err)
			return
		}
		if err := h.run(ctx, l); err != nil {
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
