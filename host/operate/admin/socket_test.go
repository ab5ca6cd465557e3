package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/flock"
)

func TestTheSocketIsOneUsers(t *testing.T) {
	s := startOpen(t, &fake{})
	for path, want := range map[string]os.FileMode{s.path: 0o600, filepath.Dir(s.path): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	left, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the socket there is more: %v, %v", left, err)
	}
	s.stop()
	if _, err := os.Lstat(s.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// deadSocket makes a socket as a killed process leaves it.
func deadSocket(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
}

func TestADeadProcesssSocketIsReplaced(t *testing.T) {
	path := filepath.Join(shortDir(t), "eslua.sock")
	deadSocket(t, path)
	var gone *NotRunningError
	if _, err := NewClient(path).Status(t.Context(), false); !errors.As(err, &gone) || !strings.Contains(err.Error(), "left by an eslua that has died") {
		t.Fatalf("asking a dead eslua: %v", err)
	}
	s := start(t, path, "", &fake{st: Status{PID: 7}})
	s.log.next(t, "admin socket is open")
	if st, err := s.client.Status(t.Context(), false); err != nil || st.PID != 7 {
		t.Fatalf("status %+v, %v", st, err)
	}
}

// TestALivingSocketIsNotTakenAway: the second process with a path logs what to
// set, and gets the path when the first has ended.
func TestALivingSocketIsNotTakenAway(t *testing.T) {
	first := startOpen(t, &fake{st: Status{PID: 1}})
	second := start(t, first.path, "", &fake{st: Status{PID: 2}})
	if line := second.log.next(t, "cannot be opened"); !strings.Contains(line, "level=WARN") || !strings.Contains(line, "another eslua listens on") || !strings.Contains(line, "set admin to another path") {
		t.Errorf("the second host logs %s", line)
	}
	for range 3 {
		second.clk.WaitForTimers(1)
		second.clk.Advance(retryPause)
	}
	second.clk.WaitForTimers(1)
	if st, err := first.client.Status(t.Context(), false); err != nil || st.PID != 1 {
		t.Fatalf("the first answers %+v, %v", st, err)
	}
	first.stop()
	second.clk.Advance(retryPause)
	second.log.next(t, "admin socket is open")
	if st, err := second.client.Status(t.Context(), false); err != nil || st.PID != 2 {
		t.Fatalf("the second answers %+v, %v", st, err)
	}
}

func TestAFileIsNotTakenAway(t *testing.T) {
	path := filepath.Join(shortDir(t), "eslua.sock")
	if err := os.WriteFile(path, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(path); err == nil || !strings.Contains(err.Error(), "is not a socket") {
		t.Fatalf("listen: %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "dear" {
		t.Fatalf("the file holds %q now", got)
	}
}

// TestOfManyOneHasThePath starts many at once at the path of a dead socket.
func TestOfManyOneHasThePath(t *testing.T) {
	path := filepath.Join(shortDir(t), "eslua.sock")
	deadSocket(t, path)
	results := make(chan *socket, 20)
	for range cap(results) {
		go func() {
			s, err := listen(path)
			for errors.Is(err, flock.ErrLocked) {
				s, err = listen(path)
			}
			if taken := (*takenError)(nil); err != nil && !errors.As(err, &taken) {
				t.Error(err)
			}
			results <- s
		}()
	}
	var owner *socket
	for range cap(results) {
		if s := <-results; s != nil {
			if owner != nil {
				t.Error("two have the path")
			}
			owner = s
		}
	}
	if owner == nil {
		t.Fatal("nobody has the path")
	}
	if err := owner.Close(); err != nil {
		t.Error(err)
	}
}

// TestAClosedSocketTakesNoOthersAway closes a socket after another process got its path.
func TestAClosedSocketTakesNoOthersAway(t *testing.T) {
	path := filepath.Join(shortDir(t), "eslua.sock")
	first, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Listener.Close() // as in a process that was killed
	second, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_ = first.Close()
	if err := checkVacant(path); err == nil {
		t.Fatal("the second's socket is gone")
	}
}

func TestHandoverLeavesTheAddresses(t *testing.T) {
	old := start(t, filepath.Join(shortDir(t), "eslua.sock"), "127.0.0.1:0", &fake{st: Status{PID: 1}})
	old.log.next(t, "is open")
	old.log.next(t, "is open")
	metrics := old.server.MetricsAddr()
	if _, err := old.client.Drain(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if got := old.told(); got != "drain" {
		t.Errorf("the old host was told %q", got)
	}
	next := start(t, old.path, metrics, &fake{st: Status{PID: 2}})
	next.log.next(t, "is open")
	next.log.next(t, "is open")
	if st, err := next.client.Status(t.Context(), false); err != nil || st.PID != 2 || st.Metrics != metrics {
		t.Errorf("the new host answers %+v, %v", st, err)
	}
	beside, err := filepath.Glob(old.path + ".*")
	if err != nil || len(beside) != 1 {
		t.Fatalf("the old host's socket: %v, %v", beside, err)
	}
	if got := next.client.Departing(t.Context()); len(got) != 1 || got[0].PID != 1 {
		t.Errorf("those that depart: %+v", got)
	}
	old.stop()
	if _, err := os.Lstat(beside[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old host leaves its socket: %v", err)
	}
	if _, err := next.client.Status(t.Context(), false); err != nil {
		t.Errorf("the old host's end took the new one's socket: %v", err)
	}
	for len(old.log.lines) > 0 {
		if line := <-old.log.lines; strings.Contains(line, "level=WARN") {
			t.Errorf("the old host complains: %s", line)
		}
	}
}

func TestAHandoverThatFailsDrainsNothing(t *testing.T) {
	s := startOpen(t, &fake{})
	if err := os.MkdirAll(fmt.Sprintf("%s.%d/x", s.path, os.Getpid()), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Drain(t.Context(), true); err == nil || s.told() != "" {
		t.Errorf("%v, and the host was told %q", err, s.told())
	}
}

func TestSocketPath(t *testing.T) {
	for _, c := range []struct {
		name, configured string
		env              map[string]string
		dirs             []string
		want             string
	}{
		{"configured", "/srv/a.sock", map[string]string{"RUNTIME_DIRECTORY": "/run/x"}, []string{"/run/x"}, "/srv/a.sock"},
		{"systemd", "", map[string]string{"RUNTIME_DIRECTORY": "/run/x:/run/y"}, []string{"/run/x", "/run/eslua"}, "/run/x/eslua.sock"},
		{"an admin of a service", "", map[string]string{"XDG_RUNTIME_DIR": "/run/user/1"}, []string{"/run/eslua", "/run/user/1"}, "/run/eslua/eslua.sock"},
		{"a user", "", map[string]string{"XDG_RUNTIME_DIR": "/run/user/1"}, []string{"/run/user/1"}, "/run/user/1/eslua.sock"},
		{"a user whose directory is gone", "", map[string]string{"XDG_RUNTIME_DIR": "/run/user/1"}, nil, privateDir() + "/eslua.sock"},
	} {
		got := socketPath(c.configured, func(k string) string { return c.env[k] }, func(dir string) bool {
			for _, d := range c.dirs {
				if d == dir {
					return true
				}
			}
			return false
		})
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestNobodyIsThere(t *testing.T) {
	path := filepath.Join(shortDir(t), "eslua.sock")
	_, err := NewClient(path).Status(context.Background(), false)
	if err == nil || !strings.HasPrefix(err.Error(), "eslua is not running, or its socket is elsewhere: "+path+" does not exist") {
		t.Fatalf("%v", err)
	}
}

func TestWhatADepartedHostLeftIsSwept(t *testing.T) {
	path := filepath.Join(shortDir(t), "eslua.sock")
	deadSocket(t, path+".123")
	if err := os.WriteFile(path+".456", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := siblings(path); len(got) != 1 || got[0] != path+".456" {
		t.Errorf("left are %v", got)
	}
}

// TestWhoYieldedOpensNothing: a Server that yielded while it waited for an address
// does not open it.
func TestWhoYieldedOpensNothing(t *testing.T) {
	_, log := newLog()
	s := New(filepath.Join(shortDir(t), "eslua.sock"), "127.0.0.1:0", (&fake{}).deps(), log, clock.NewManual(noon))
	if err := s.yield(); err != nil {
		t.Fatal(err)
	}
	for what, open := range map[string]func() (net.Listener, error){"socket": s.openSocket, "metrics": s.openMetrics} {
		if l, err := open(); err == nil {
			t.Errorf("the %s was opened", what)
			_ = l.Close()
		}
	}
}
