package listener_test

import (
	"context"
	"net"
	"testing"

	"github.com/eslua/eslua/host/call/listener"
	"github.com/eslua/eslua/host/clock"
)

// Only a port whose connections are accepted passes a probe, and Accept does not
// return probes.
func TestProbe(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "0.0.0.0:0", ":0", "[::1]:0"} {
		p, err := listener.Listen(addr, clock.System())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := p.Probe(ctx); err == nil {
			t.Errorf("%s: a probe that had no time passed", addr)
		}
		ctx, stop = context.WithCancel(t.Context())
		probed := make(chan error, 1)
		go func() { probed <- p.Probe(ctx) }()
		unaccepted := make(chan struct{})
		go func() { // the port is open and nobody accepts
			defer close(unaccepted)
			for p.Queued() == 0 {
			}
			stop()
		}()
		if err := <-probed; err == nil {
			t.Errorf("%s: a probe that nobody accepted passed", addr)
		}
		<-unaccepted

		seen := make(chan net.Conn, 10)
		accepting := make(chan struct{})
		go func() {
			defer close(accepting)
			for {
				nc, err := p.Accept()
				if err != nil {
					return
				}
				seen <- nc
				_ = nc.Close()
			}
		}()
		for range 3 {
			if err := p.Probe(t.Context()); err != nil {
				t.Errorf("%s: %v", addr, err)
			}
		}
		_ = dial(t, p)
		<-seen // the probe that was cancelled, which nothing expects any more
		<-seen
		_ = p.Close()
		<-accepting
		if n := len(seen); n != 0 {
			t.Errorf("%s: Accept gave %d probes to its caller", addr, n)
		}
	}
}
