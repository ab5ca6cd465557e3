package listener

import (
	"net"
	"testing"

	"github.com/eslua/eslua/host/clock"
)

// A call from another machine may have the same source port as a probe.
func TestACallIsNoProbe(t *testing.T) {
	p, err := Listen("127.0.0.1:0", clock.System())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	far := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	nc, err := far.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	p.expect(nc.LocalAddr().(*net.TCPAddr).Port, make(chan struct{}))
	came, err := p.TCPListener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer came.Close()
	if p.isProbe(came) {
		t.Error("a call is taken for a probe, and closed")
	}
}

// A probe of a port at another loopback address comes from 127.0.0.1.
func TestProbeOfALoopbackAddress(t *testing.T) {
	p, err := Listen("127.0.0.2:0", clock.System())
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for nc, err := p.Accept(); err == nil; nc, err = p.Accept() {
			accepted <- nc
		}
	}()
	probed := make(chan error, 1)
	go func() { probed <- p.Probe(t.Context()) }()
	select {
	case nc := <-accepted:
		_ = nc.Close()
		t.Error("Accept gives the probe to its caller")
	case err := <-probed:
		if err != nil {
			t.Error(err)
		}
	}
	_ = p.Close()
	<-accepted
}
