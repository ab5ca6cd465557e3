package callbench_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/call/outbound/callbench"
	"github.com/eslua/eslua/host/clock"
)

func TestMain(m *testing.M) { os.Exit(callbench.Main(m)) }

// plainGo is the call as a Go function on host/call/outbound.
func plainGo(ctx context.Context, l net.Listener) {
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

func BenchmarkCall(b *testing.B) {
	b.Run("outbound", func(b *testing.B) { callbench.Calls(b, plainGo) })
	b.Run("eslgo", func(b *testing.B) { callbench.Calls(b, callbench.ESLGo) })
}

func BenchmarkIdleCall(b *testing.B) {
	b.Run("floor", func(b *testing.B) { callbench.Idle(b, callbench.Floor, 500) })
	b.Run("outbound", func(b *testing.B) { callbench.Idle(b, plainGo, 500) })
	b.Run("eslgo", func(b *testing.B) { callbench.Idle(b, callbench.ESLGo, 500) })
}
