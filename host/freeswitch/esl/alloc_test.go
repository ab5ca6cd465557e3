package esl

import (
	"context"
	"runtime"
	"testing"
)

// The packet is the only memory an event takes on its way to the goroutine that waits for it.
func TestAnEventIsOneAllocation(t *testing.T) {
	wire, appUUID, app := executeComplete(t)
	c, p := connected(t, Options{})
	bytes, ctx := []byte(wire), context.Background()
	per := testing.AllocsPerRun(500, func() {
		if _, err := p.nc.Write(bytes); err != nil {
			t.Fatal(err)
		}
		if e, err := c.Next(ctx); err != nil || !completes(e, appUUID, app) {
			t.Fatal(e.Name(), err)
		}
	})
	if per > 1 {
		t.Errorf("%v allocations for an event, want 1", per)
	}
}

// BenchmarkIdleConn measures what a connection holds while nothing happens on it.
func BenchmarkIdleConn(b *testing.B) {
	const n = 500
	wire, _, _ := executeComplete(b)
	for b.Loop() {
		before := memory()
		conns := make([]*Conn, n)
		for i := range conns {
			near, far := tcpPair(b)
			defer far.Close()
			conns[i] = NewConn(near, Options{})
			defer conns[i].Close()
			if _, err := far.Write([]byte(wire)); err != nil {
				b.Fatal(err)
			}
			if _, err := conns[i].Next(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(memory()-before)/n/1024, "KiB/conn")
	}
}

// memory returns the heap and the stacks in use after a collection.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
