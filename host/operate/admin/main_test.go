package admin

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/testproc"
	"github.com/prometheus/client_golang/prometheus"
)

func TestMain(m *testing.M) { testproc.Main(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fake answers with a fixed Status and records the orders that it gets.
type fake struct {
	mu     sync.Mutex
	st     Status
	orders []string
	broken error // see Works
}

func (f *fake) note(words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders = append(f.orders, strings.Join(words, " "))
}

func (f *fake) told() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.orders, "; ")
}

func (f *fake) Status(calls bool) Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	st := f.st
	if !calls {
		st.Running = nil
	}
	return st
}

func (f *fake) History(flow string) ([]Change, error) {
	if flow == "nobody" {
		return nil, errors.New(`there is no flow "nobody"`)
	}
	return []Change{{Entry: store.Entry{Generation: "aabbccddeeff", Served: noon}, Version: flow}}, nil
}

func (f *fake) Diff(flow, from, to string) (string, error) {
	return strings.Join([]string{flow, from, to}, "|"), nil
}

func (f *fake) Rollback(flow, generation string) (string, error) {
	f.note("rollback", flow, generation)
	return "rolled back", nil
}

func (f *fake) Pin(flow, generation string) (string, error) {
	f.note("pin", flow, generation)
	return "pinned", nil
}

func (f *fake) Unpin(flow string) (string, error) {
	f.note("unpin", flow)
	return "", errors.New("nothing is pinned")
}

func (f *fake) Works(context.Context) error { return f.broken }

func (f *fake) Drain(bool) { f.note("drain") }

func (f *fake) deps() Deps {
	return Deps{StatusSource: f, ScriptControl: f, ProcessControl: f, Metrics: prometheus.NewRegistry()}
}

// shortDir makes a directory with a short name: a socket's path has 108 bytes.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "eslua-web")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// logged collects the lines of a log.
type logged struct {
	lines chan string
}

func newLog() (logged, *slog.Logger) {
	l := logged{lines: make(chan string, 100)}
	return l, slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (l logged) Write(line []byte) (int, error) {
	select {
	case l.lines <- string(line):
	default: // the test reads no more
	}
	return len(line), nil
}

// next waits for the next line that contains part.
func (l logged) next(t *testing.T, part string) string {
	t.Helper()
	for {
		if line := <-l.lines; strings.Contains(line, part) {
			return line
		}
	}
}

// started has a Server that runs until the test ends.
type started struct {
	*fake
	path   string
	client *Client
	server *Server
	log    logged
	clk    *clock.Manual
	stop   func() // and waits
}

func start(t *testing.T, path, metrics string, f *fake) *started {
	t.Helper()
	return startDeps(t, path, metrics, f, f.deps())
}

func startDeps(t *testing.T, path, metrics string, f *fake, deps Deps) *started {
	t.Helper()
	s := &started{fake: f, path: path, client: NewClient(path), clk: clock.NewManual(noon)}
	var log *slog.Logger
	s.log, log = newLog()
	s.server = New(path, metrics, deps, log, s.clk)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.server.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

// startOpen starts a Server in a directory of its own and waits for its socket.
func startOpen(t *testing.T, f *fake) *started {
	t.Helper()
	s := start(t, filepath.Join(shortDir(t), "run", "eslua.sock"), "", f)
	s.log.next(t, "admin socket is open")
	return s
}
