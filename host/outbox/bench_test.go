package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
)

// BenchmarkAccept reports how many pushes are accepted in a second by a server inside the
// process, one after the other (accepted/s), how many times as long that takes as to append
// the same bytes to a file with fsync (x-fsync), and the memory that each push takes which
// waits (B-kept/push).
func BenchmarkAccept(b *testing.B) {
	dir := b.TempDir()
	discard := slog.New(slog.DiscardHandler)
	store := durable.New(config.Default().NATS, dir, durable.Network{}, discard, clock.System())
	ids := 0
	out := New(map[string]config.Endpoint{"crm": {}}, Deps{Store: store, NewID: func() string { ids++; return fmt.Sprint(ids) }, Clock: clock.System(), Log: discard})
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(ctx) })
	defer running.Wait()
	defer stop()
	body := make([]byte, 500)
	accept := func() {
		if _, err := out.Accept(ctx, Push{Endpoint: "crm", Order: "call", Body: body}); err != nil {
			b.Fatal(err)
		}
	}
	accept() // makes the streams
	before := heap()
	began := time.Now()
	for range b.N {
		accept()
	}
	took := time.Since(began)
	kept := heap() - before
	file, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	began = time.Now()
	for range b.N {
		_, err := file.Write(body)
		if err == nil {
			err = file.Sync()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/took.Seconds(), "accepted/s")
	b.ReportMetric(float64(took)/float64(time.Since(began)), "x-fsync")
	b.ReportMetric(float64(kept)/float64(b.N), "B-kept/push")
}

// BenchmarkWaiting reports the memory (MiB) and the disk (MiB-disk) that 100,000 pushes take
// together which wait for an endpoint that is away: of ten flows, five of each call, with bodies of 500
// bytes.
func BenchmarkWaiting(b *testing.B) {
	const pushes, calls, writers = 100_000, 20_000, 64
	for range b.N {
		b.StopTimer()
		dir := b.TempDir()
		discard := slog.New(slog.DiscardHandler)
		store := durable.New(config.Default().NATS, dir, durable.Network{}, discard, clock.System())
		endpoint := config.Endpoint{URL: "http://127.0.0.1:1/", Parallel: 4, GiveUp: config.Duration(12 * time.Hour)}
		var ids atomic.Int64
		out := New(map[string]config.Endpoint{"crm": endpoint}, Deps{Store: store, HTTP: away{}, Rand: func() float64 { return 0.5 },
			NewID: func() string { return fmt.Sprint(ids.Add(1)) }, Clock: clock.System(), Log: discard})
		ctx, stop := context.WithCancel(b.Context())
		var running, writing sync.WaitGroup
		running.Go(func() { _ = store.Run(ctx) })
		running.Go(func() { _ = out.Run(ctx) })
		body := make([]byte, 500)
		accept := func(call int) {
			if _, err := out.Accept(ctx, Push{Endpoint: "crm", Flow: fmt.Sprint("flow", call%10), Order: fmt.Sprint("call", call), Body: body}); err != nil {
				b.Error(err)
			}
		}
		accept(0) // makes the streams
		before := heap()
		b.StartTimer()
		var next atomic.Int64
		for range writers {
			writing.Go(func() {
				for n := next.Add(1); n < pushes; n = next.Add(1) {
					accept(int(n % calls))
				}
			})
		}
		writing.Wait()
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
		b.ReportMetric(float64(store.Status().Bytes)/(1<<20), "MiB-disk")
		stop()
		running.Wait()
	}
}

// away stands for servers that nobody reaches.
type away struct{}

func (away) Do(context.Context, network.Permits, network.Request) (*network.Answer, error) {
	return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
