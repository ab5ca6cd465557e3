package systemd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/testproc"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// An environment holds the variables that systemd has set and unset has not removed.
type environment map[string]string

func (e environment) of(pid int) Environment {
	return Environment{
		Get:   func(name string) string { return e[name] },
		Unset: func(name string) error { delete(e, name); return nil },
		PID:   pid,
	}
}

// service plays systemd at a socket of that name.
func service(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func next(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	buffer := make([]byte, 4096)
	n, err := c.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}

// lines is a log that a test reads line by line.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func (l lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l lines) next(t *testing.T, part string) {
	t.Helper()
	if line := <-l; !strings.Contains(line, part) {
		t.Errorf("the log says %s, and nothing of %q", line, part)
	}
}

func TestNotify(t *testing.T) {
	for _, name := range []string{
		filepath.Join(t.TempDir(), "notify"),
		fmt.Sprintf("@eslua-test-%d-%s", os.Getpid(), t.Name()),
	} {
		systemd := service(t, name)
		env := environment{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"}
		n := NewNotifier(env.of(42), slog.New(slog.DiscardHandler))
		if len(env) != 0 {
			t.Errorf("the environment keeps %v", env)
		}
		for _, c := range []struct {
			tell func()
			want string
		}{
			{func() { n.Ready("taking calls\nWATCHDOG=1") }, "READY=1\nSTATUS=taking calls WATCHDOG=1"},
			{func() { n.Status("12 calls") }, "STATUS=12 calls"},
			{func() { n.Stopping("12 calls left") }, "STOPPING=1\nSTATUS=12 calls left"},
		} {
			c.tell()
			if got := next(t, systemd); got != c.want {
				t.Errorf("%s: systemd was told %q, want %q", name, got, c.want)
			}
		}
		before := monotonic().Microseconds()
		n.Reloading()
		var at int64
		told := next(t, systemd)
		if _, err := fmt.Sscanf(told, "RELOADING=1\nMONOTONIC_USEC=%d\n", &at); err != nil || at < before || at > monotonic().Microseconds() || before <= 0 {
			t.Errorf("%s: a reload after %d us is told as %q: %v", name, before, told, err)
		}
	}
}

// TestADeafServiceManager reads nothing: messages fill its socket, and those
// that find no room are given up.
func TestADeafServiceManager(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	service(t, name)
	for filled := false; !filled; {
		c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		_, err = c.Write([]byte("STATUS=x"))
		filled = err != nil
		_ = c.Close()
	}
	log := make(lines, 10)
	NewNotifier(environment{"NOTIFY_SOCKET": name}.of(1), log.logger()).Stopping("ends")
	log.next(t, "could not be reported to systemd")
}

func TestNobodyToNotify(t *testing.T) {
	log := make(lines, 10)
	for _, env := range []environment{{}, {"NOTIFY_SOCKET": "vsock:2:1234"}, {"WATCHDOG_USEC": "1"}} {
		n := NewNotifier(env.of(42), log.logger())
		n.Ready("")
		n.Watch(t.Context(), clock.System(), func(context.Context) error { t.Error("asked for progress"); return nil })
	}
	log.next(t, "vsock:2:1234")
	gone := environment{"NOTIFY_SOCKET": filepath.Join(t.TempDir(), "gone")}
	NewNotifier(gone.of(42), log.logger()).Ready("")
	log.next(t, "no such file")
	if len(log) > 0 {
		t.Errorf("the log says too much: %s", <-log)
	}
}

func TestWatchdogOfAnotherProcess(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	systemd := service(t, name)
	n := NewNotifier(environment{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "41"}.of(42), slog.New(slog.DiscardHandler))
	n.Watch(t.Context(), clock.System(), func(context.Context) error { t.Error("asked for progress"); return nil })
	n.Status("it is told the rest")
	if got := next(t, systemd); got != "STATUS=it is told the rest" {
		t.Error(got)
	}
}

// TestWatchdogBeatsWithProgress: a beat for each progress at half the time, none
// for an error and none for what takes too long.
func TestWatchdogBeatsWithProgress(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	systemd := service(t, name)
	log := make(lines)
	n := NewNotifier(environment{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000"}.of(42), log.logger())
	clk := clock.NewManual(time.Unix(1e9, 0))
	ctx, stop := context.WithCancel(t.Context())
	progress := make(chan func(context.Context) error)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		n.Watch(ctx, clk, func(ctx context.Context) error {
			select {
			case check := <-progress:
				return check(ctx)
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	fine := func(context.Context) error { return nil }
	beat := func() {
		t.Helper()
		progress <- fine
		if got := next(t, systemd); got != "WATCHDOG=1" {
			t.Errorf("instead of a beat: %q", got)
		}
	}
	beat()
	clk.Advance(15 * time.Second)
	beat()

	clk.Advance(15 * time.Second)
	progress <- func(context.Context) error { return errors.New("the port is deaf") }
	log.next(t, "the port is deaf")
	clk.Advance(15 * time.Second)
	beat() // and nothing for the one before

	clk.Advance(15 * time.Second)
	told := make(chan error, 1)
	progress <- func(ctx context.Context) error {
		clk.Advance(7500 * time.Millisecond)
		<-ctx.Done()
		told <- context.Cause(ctx)
		return nil // too late
	}
	log.next(t, "takes too long")
	if err := <-told; !errors.Is(err, errTimeout) {
		t.Errorf("what takes too long ends with %v", err)
	}
	clk.Advance(7500 * time.Millisecond)
	beat()
	stop()
	<-watched
	n.Status("the end")
	if got := next(t, systemd); got != "STATUS=the end" {
		t.Errorf("a beat too many: %q", got)
	}
}

func TestSockets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	duplicate := func() int {
		fd, err := syscall.Dup(int(f.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	env := environment{"LISTEN_PID": "42", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "calls"}
	files, err := socketsFrom(duplicate(), env.of(42))
	if err != nil || len(files) != 1 || files[0].Name() != "calls" || len(env) != 0 {
		t.Fatalf("%v, %v; the environment keeps %v", files, err, env)
	}
	defer files[0].Close()
	if flags, err := unix.FcntlInt(files[0].Fd(), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("a program that is started would have the port: flags %x, %v", flags, err)
	}
	passed, err := net.FileListener(files[0])
	if err != nil || passed.Addr().String() != l.Addr().String() {
		t.Fatalf("%v, %v", passed, err)
	}
	defer passed.Close()

	fd := duplicate()
	files, err = socketsFrom(fd, environment{"LISTEN_PID": "42", "LISTEN_FDS": "1"}.of(42))
	if err != nil || files[0].Name() != fmt.Sprintf("LISTEN_FD_%d", fd) {
		t.Errorf("without a name: %v, %v", files, err)
	}
	_ = files[0].Close()

	for _, env := range []environment{
		{},
		{"LISTEN_PID": "41", "LISTEN_FDS": "1"},
		{"LISTEN_FDS": "1"},
		{"LISTEN_PID": "42", "LISTEN_FDS": "0"},
	} {
		if files, err := Sockets(env.of(42)); err != nil || len(files) != 0 || len(env) != 0 {
			t.Errorf("%v, %v; the environment keeps %v", files, err, env)
		}
	}
	for _, fds := range []string{"", "x", "-1"} {
		if _, err := Sockets(environment{"LISTEN_PID": "42", "LISTEN_FDS": fds}.of(42)); err == nil || !strings.Contains(err.Error(), "LISTEN_FDS") {
			t.Errorf("LISTEN_FDS=%q: %v", fds, err)
		}
	}
}
