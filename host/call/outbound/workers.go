package outbound

import (
	"net"
	"sync"
	"sync/atomic"
)

// mostIdle bounds the goroutines that wait for a connection.
const mostIdle = 64

// workers serve each connection in a goroutine, if possible in one that has served
// another: Go has enlarged its stack for that already, step by step, which is a twentieth
// of the processor time of a short call.
type workers struct {
	do   func(net.Conn)
	all  sync.WaitGroup
	next chan net.Conn
	idle atomic.Int32
}

func newWorkers(do func(net.Conn)) *workers { return &workers{do: do, next: make(chan net.Conn)} }

// serve has a goroutine serve a connection.
func (w *workers) serve(nc net.Conn) {
	select {
	case w.next <- nc:
		return
	default:
	}
	w.all.Go(func() {
		for ok := true; ok; nc, ok = w.wait() {
			w.do(nc)
		}
	})
}

// wait returns the next connection, false if there is none for this goroutine.
func (w *workers) wait() (nc net.Conn, ok bool) {
	defer w.idle.Add(-1)
	if w.idle.Add(1) > mostIdle {
		return nil, false
	}
	nc, ok = <-w.next
	return nc, ok
}

// end waits until all connections have been served. There must be no further ones.
func (w *workers) end() {
	close(w.next)
	w.all.Wait()
}
