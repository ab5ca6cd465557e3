package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
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

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
