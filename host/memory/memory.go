// Package memory knows how much memory the process may take, and what its heap
// holds after each garbage collection.
package memory

import (
	"context"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
)

// Default returns what the heap may hold: 80 % of what the machine has and the
// control group permits, and 60 % of what ulimit -d and -v permit, where also the
// threads' stacks and what the heap reserves count.
func Default() int64 { return min(limit()/10*8, processLimit()/10*6) &^ (1<<20 - 1) }

// Live returns the bytes that the last collection has found in use.
func Live() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// Collections returns a channel that gets a value after each garbage collection,
// until ctx ends.
func Collections(ctx context.Context) <-chan struct{} {
	c := &collections{seen: make(chan struct{}, 1)}
	context.AfterFunc(ctx, func() { c.stopped.Store(true) })
	c.arm()
	return c.seen
}

type collections struct {
	seen    chan struct{}
	stopped atomic.Bool
}

// arm makes an object that the next collection finalizes.
func (c *collections) arm() {
	type garbage struct{ *collections }
	runtime.SetFinalizer(&garbage{c}, func(g *garbage) {
		select {
		case g.seen <- struct{}{}:
		default:
		}
		if !g.stopped.Load() {
			g.arm()
		}
	})
}
