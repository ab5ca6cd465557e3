//go:build unix

package memnet_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/testproc/memnet"
)

// connected returns both ends of a connection.
func connected(t *testing.T) (dialled, accepted net.Conn) {
	t.Helper()
	n := memnet.New()
	l := n.Listen()
	defer l.Close()
	dialled, err := n.Dial(t.Context(), l.Addr().String())
	if err == nil {
		accepted, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialled.Close(), accepted.Close() })
	return dialled, accepted
}

// More than a socket holds is written and read, and no time passes meanwhile.
func TestTimeStandsStillWhileBytesAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := connected(t)
		began := time.Now()
		go func() {
			_, _ = a.Write(make([]byte, 2<<20))
			_ = a.Close()
		}()
		got, err := io.ReadAll(b)
		if err != nil || len(got) != 2<<20 || !time.Now().Equal(began) {
			t.Errorf("%d bytes, %v, after %v", len(got), err, time.Since(began))
		}
		if _, err := b.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("a write to nobody: %v", err)
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := connected(t)
		began := time.Now()
		late := func(err error, after time.Duration) {
			t.Helper()
			if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != after {
				t.Errorf("%v after %v, want a deadline after %v", err, time.Since(began), after)
			}
		}
		_ = a.SetReadDeadline(began.Add(time.Second))
		_, err := a.Read(make([]byte, 1))
		late(err, time.Second)
		_ = a.SetWriteDeadline(began.Add(time.Minute))
		_, err = a.Write(make([]byte, 2<<20)) // nobody reads
		late(err, time.Minute)
		_ = a.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Hour, func() { _ = a.SetReadDeadline(time.Unix(1, 0)) }) // interrupts
		_, err = a.Read(make([]byte, 1))
		late(err, time.Minute+time.Hour)
		_ = a.SetDeadline(time.Time{})
		go func() { _, _ = b.Write([]byte("x")) }()
		if n, err := a.Read(make([]byte, 2)); n != 1 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := connected(t)
		for _, end := range []net.Conn{a, b} {
			ended := make(chan error)
			go func() {
				_, err := end.Read(make([]byte, 1))
				ended <- err
			}()
			synctest.Wait()
			_ = a.Close()
			if err := <-ended; !errors.Is(err, net.ErrClosed) && err != io.EOF {
				t.Errorf("a read whose end is closed: %v", err)
			}
		}
		n := memnet.New()
		l := n.Listen()
		waits, err := n.Dial(t.Context(), l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		accepts := make(chan error)
		_ = l.Close()
		go func() {
			_, err := l.Accept()
			accepts <- err
		}()
		if err := <-accepts; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept of a closed port: %v", err)
		}
		if _, err := waits.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a read from a closed port: %v", err)
		}
		_ = waits.Close()
		if _, err := n.Dial(t.Context(), l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a closed port: %v", err)
		}
	})
}

// A process that is being started has copies of all sockets until it executes its program;
// the end of a connection does not wait for that.
func TestCloseWhileAProcessStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := connected(t)
		raw, err := a.(syscall.Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		child := -1
		if err := raw.Control(func(fd uintptr) { child, err = syscall.Dup(int(fd)) }); err != nil || child < 0 {
			t.Fatal(err)
		}
		defer syscall.Close(child)
		_ = a.Close()
		if _, err := b.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a read from a closed connection: %v", err)
		}
	})
}

func TestListenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		for _, at := range [][2]string{{"tcp", "127.0.0.1:8084"}, {"unix", "/run/x.sock"}} {
			l, err := n.ListenOn(at[0], at[1])
			if err != nil || l.Addr().String() != at[1] {
				t.Fatal(l, err)
			}
			if _, err := n.ListenOn(at[0], at[1]); !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("a second listener at %s: %v", at[1], err)
			}
			nc, err := n.Dial(t.Context(), at[1])
			if err != nil {
				t.Fatal(err)
			}
			_ = nc.Close()
			_ = l.Close()
		}
	})
}
