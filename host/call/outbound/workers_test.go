package outbound

import (
	"net"
	"testing"
	"testing/synctest"
)

// Each connection is served at once, whatever the others do; a goroutine serves further
// ones, and not more of them wait than are useful.
func TestWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served, release := make(chan struct{}), make(chan struct{})
		w := newWorkers(func(net.Conn) { served <- struct{}{}; <-release })
		for range 2 {
			for range 3 * mostIdle {
				w.serve(nil)
			}
			for range 3 * mostIdle {
				<-served
			}
			for range 3 * mostIdle {
				release <- struct{}{}
			}
			synctest.Wait()
			if n := w.idle.Load(); n != mostIdle {
				t.Errorf("%d goroutines wait", n)
			}
		}
		w.end()
	})
}
