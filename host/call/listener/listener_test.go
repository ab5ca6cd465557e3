package listener_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/listener"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

func listen(t *testing.T, clk clock.Clock) *listener.Listener {
	t.Helper()
	p, err := listener.Listen("127.0.0.1:0", clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func dial(t *testing.T, p *listener.Listener) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// greet answers each connection to l with a name until l is closed.
func greet(l net.Listener, name string) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(nc, name)
			_ = nc.Close()
		}
	}()
	return done
}

func TestASecondListenerIsRefused(t *testing.T) {
	p := listen(t, clock.System())
	if second, err := listener.Listen(p.Addr().String(), clock.System()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Fatalf("%v, %v", second, err)
	}
}

func TestNewConnectionsComeToTheSecondListener(t *testing.T) {
	old := listen(t, clock.System())
	oldDone := greet(old, "old")
	who := func() string {
		said, err := io.ReadAll(dial(t, old))
		if err != nil {
			t.Fatal(err)
		}
		return string(said)
	}
	if got := who(); got != "old" {
		t.Fatalf("before: %s", got)
	}
	for _, name := range []string{"second", "third"} {
		taker, err := listener.Takeover(old.Addr().String(), clock.System())
		if err != nil {
			t.Fatal(err)
		}
		takerDone := greet(taker, name)
		for range 50 {
			if got := who(); got != name {
				t.Fatalf("while both are open: %s, want %s", got, name)
			}
		}
		old.Drain(t.Context())
		<-oldDone
		for range 50 {
			if got := who(); got != name {
				t.Fatalf("afterwards: %s, want %s", got, name)
			}
		}
		old, oldDone = taker, takerDone
	}
	_ = old.Close()
	<-oldDone
}

func TestTakeoverOfAPortNobodyHas(t *testing.T) {
	p := listen(t, clock.System())
	addr := p.Addr().String()
	_ = p.Close()
	taker, err := listener.Takeover(addr, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	done := greet(taker, "taker")
	if said, err := io.ReadAll(dial(t, taker)); err != nil || string(said) != "taker" {
		t.Fatalf("%q, %v", said, err)
	}
	_ = taker.Close()
	<-done
}

const drainPause = 200 * time.Millisecond

// Drain leaves the port open until the connections in the queue have been accepted,
// and refuses new ones.
func TestDrainAcceptsWhatWaits(t *testing.T) {
	clk := clock.NewManual(time.Unix(1e9, 0))
	p := listen(t, clk)
	for range 3 {
		dial(t, p)
	}
	drained := make(chan struct{})
	go func() { p.Drain(t.Context()); close(drained) }()
	refused := make(chan error, 1)
	for range 3 { // nobody accepts, so the port must stay open
		clk.WaitForTimer(drainPause)
		clk.Advance(drainPause)
	}
	clk.WaitForTimer(drainPause)
	go func() {
		nc, err := net.Dial("tcp", p.Addr().String())
		if err == nil {
			_ = nc.Close()
		}
		refused <- err
	}()
	for range 3 {
		nc, err := p.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
	}
	clk.Advance(drainPause) // something was accepted since the last check
	clk.WaitForTimer(drainPause)
	select {
	case <-drained:
		t.Fatal("the port was closed while connections came")
	default:
	}
	clk.Advance(drainPause)
	<-drained
	if err := <-refused; !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection while the port is drained: %v", err)
	}
	if _, err := p.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept of a drained port: %v", err)
	}
}

// While a port drains, every connection that is made gets an answer.
func TestDrainUnderLoad(t *testing.T) {
	p := listen(t, clock.System())
	done := greet(p, "hello")
	var callers sync.WaitGroup
	served := make(chan struct{}, 1000)
	for range 8 {
		callers.Go(func() {
			for {
				nc, err := net.Dial("tcp", p.Addr().String())
				if errors.Is(err, syscall.ECONNREFUSED) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				said, err := io.ReadAll(nc)
				_ = nc.Close()
				if err != nil || string(said) != "hello" {
					t.Errorf("a connection was made and not served: %q, %v", said, err)
					return
				}
				select {
				case served <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 200 {
		<-served
	}
	p.Drain(t.Context())
	<-done
	callers.Wait()
}

func TestDrainEndsWithItsContext(t *testing.T) {
	clk := clock.NewManual(time.Unix(1e9, 0))
	p := listen(t, clk)
	ctx, stop := context.WithCancel(t.Context())
	drained := make(chan struct{})
	go func() { p.Drain(ctx); close(drained) }()
	clk.WaitForTimer(drainPause)
	stop()
	<-drained
}

// Connections queued on an inherited socket are left for the next process.
func TestInheritedSocketOutlivesDrain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	inherit := func() *listener.Listener {
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		p, err := listener.Inherit(f, clock.System())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := inherit()
	nc := dial(t, first)
	first.Drain(t.Context())
	second := inherit()
	done := greet(second, "second")
	if said, err := io.ReadAll(nc); err != nil || string(said) != "second" {
		t.Errorf("%q, %v", said, err)
	}
	_ = second.Close()
	<-done
}

func TestInheritedSocketOfTheWrongKind(t *testing.T) {
	local, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	p := listen(t, clock.System())
	connected := dial(t, p)
	for name, c := range map[string]struct {
		of   interface{ File() (*os.File, error) }
		want string
	}{
		"a Unix socket":     {local.(*net.UnixListener), "ListenStream=127.0.0.1:8084"},
		"a UDP socket":      {datagrams.(*net.UDPConn), "does not listen for TCP"},
		"a TCP connection":  {connected.(*net.TCPConn), "does not listen"},
		"a file of no kind": {fileOf{t}, "does not listen for TCP"},
	} {
		f, err := c.of.File()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := listener.Inherit(f, clock.System()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type fileOf struct{ *testing.T }

func (t fileOf) File() (*os.File, error) { return os.Create(t.TempDir() + "/f") }
