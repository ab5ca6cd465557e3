package durable

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/flock"
)

const (
	// lookEvery is the interval at which a host looks whether it can have the files, and one that
	// yields, whether another waits for them.
	lookEvery = 250 * time.Millisecond
	// retryEvery is the interval at which a server that does not start is tried again.
	retryEvery = 10 * time.Second
	// recoveredAfter passes before the problem of a server's predecessor is over.
	recoveredAfter = time.Minute
	// startWithin limits how long a server may take to recover its files.
	startWithin = 10 * time.Minute
)

// A holder runs the server while this process has the lock of its files, and reaches
// the process that has it otherwise.
type holder struct {
	dir     string
	size    int64
	network Network
	log     *slog.Logger
	clock   clock.Clock

	mu       sync.Mutex
	server   *server.Server // nil: another process has the files, or none
	yielding bool
	problem  string
	told     string // the problem that the log has
	lost     int    // messages, because files were damaged
}

func newHolder(state string, size int64, network Network, log *slog.Logger, clk clock.Clock) *holder {
	return &holder{dir: filepath.Join(state, "nats"), size: size, network: network, log: log, clock: clk}
}

func (h *holder) path(name string) string { return filepath.Join(h.dir, name) }

// exists reports whether there are files.
func (h *holder) exists() bool {
	_, err := os.Stat(h.path(server.JetStreamStoreDir))
	return err == nil
}

func (h *holder) yield() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.yielding = true
}

func (h *holder) yields() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.yielding
}

// trouble returns why there is no server, if that is known.
func (h *holder) trouble() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.problem == "" {
		return nil
	}
	return errors.New(h.problem)
}

// describe writes into a Status what the holder knows.
func (h *holder) describe(st *Status) {
	h.mu.Lock()
	s := h.server
	st.Holds, st.Problem, st.Lost = s != nil, h.problem, h.lost
	h.mu.Unlock()
	if s == nil {
		return
	}
	if stats, err := s.Jsz(nil); err == nil {
		st.Bytes = stats.Store
	}
}

// InProcessConn connects to the server, wherever it runs.
func (h *holder) InProcessConn() (net.Conn, error) {
	h.mu.Lock()
	s := h.server
	h.mu.Unlock()
	if s != nil {
		return s.InProcessConn()
	}
	return h.network.Dial(context.Background(), h.path("socket"))
}

// run holds the files whenever it can, until ctx ends.
func (h *holder) run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := lookEvery
		if err := h.hold(ctx); err != nil && !errors.Is(err, flock.ErrLocked) {
			h.fail(err)
			pause = retryEvery
		}
		_ = clock.Sleep(ctx, h.clock, pause)
	}
	return nil
}

// fail notes why there is no server. The log hears of a reason once, until a server has
// run for a while.
func (h *holder) fail(err error) {
	h.mu.Lock()
	told := h.told == err.Error()
	h.problem, h.told = err.Error(), err.Error()
	h.mu.Unlock()
	if !told {
		h.log.Error("what must not be lost cannot be kept: new pushes are refused and counted (eslua status), and those that wait are delivered later", "error", err)
	}
}

// recovered notes that a server has run for a while.
func (h *holder) recovered() {
	h.mu.Lock()
	told := h.told
	h.told = ""
	h.mu.Unlock()
	if told != "" {
		h.log.Info("what must not be lost can be kept again", "after", told)
	}
}

// hold runs the server until ctx ends or another process shall have the files. While
// another has them it waits in line for them.
func (h *holder) hold(ctx context.Context) error {
	err := os.MkdirAll(h.dir, 0o700)
	if err == nil {
		err = os.Chmod(h.dir, 0o700)
	}
	var lock *os.File
	if err == nil {
		lock, err = h.lock(ctx)
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%w; make the directory of the setting state writable for eslua, or name another", err)
	} else if err != nil {
		return err
	}
	defer flock.Release(lock)
	s, err := h.start()
	if err != nil {
		return err
	}
	var others sync.WaitGroup
	defer others.Wait() // the server closes what they relay
	defer func() {
		h.set(nil)
		s.Shutdown()
		s.WaitForShutdown()
	}()
	l, err := h.listen()
	if err != nil {
		return err
	}
	others.Go(func() { h.serveOthers(l, s) })
	defer l.Close()
	h.set(s)
	began := h.clock.Now()
	for !h.yields() || !h.wantedByOther() {
		if h.clock.Now().Sub(began) > recoveredAfter {
			h.recovered()
		}
		if err := h.healthy(s); err != nil {
			return err
		}
		if err := clock.Sleep(ctx, h.clock, lookEvery); err != nil {
			return nil
		}
	}
	h.log.Info("the files of what must not be lost go to the next host")
	return nil
}

// healthy returns why the server keeps nothing more. After an error of the disk it writes
// no more into that stream until it is started again (nats-server, stream.go:setWriteErr).
func (h *holder) healthy(s *server.Server) error {
	if !s.JetStreamEnabled() {
		return fmt.Errorf("JetStream cannot write in %s: is the disk full or read-only?", h.dir)
	}
	for _, e := range s.Healthz(&server.HealthzOptions{Details: true}).Errors {
		if strings.Contains(e.Error, "write error") { // others are those of a stream that is just made
			return errors.New(e.Error)
		}
	}
	return nil
}

func (h *holder) set(s *server.Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server = s; s != nil {
		h.problem = ""
	}
}

// lock waits for the lock of the files. Meanwhile it has the lock of those who wait, by
// which the holder sees that there is one.
func (h *holder) lock(ctx context.Context) (*os.File, error) {
	lock, err := h.open("lock")
	if err != nil {
		return nil, err
	}
	if err = flock.Exclusive(lock); errors.Is(err, flock.ErrLocked) && !h.yields() {
		var waiting *os.File
		if waiting, err = h.open("next"); err == nil {
			defer flock.Release(waiting)
			if err = flock.Exclusive(waiting); err == nil {
				err = h.retry(ctx, lock)
			}
		}
	}
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

func (h *holder) retry(ctx context.Context, lock *os.File) error {
	for {
		err := flock.Exclusive(lock)
		if !errors.Is(err, flock.ErrLocked) || h.yields() {
			return err
		}
		if err := clock.Sleep(ctx, h.clock, lookEvery); err != nil {
			return err
		}
	}
}

// wantedByOther reports whether another process waits for the files.
func (h *holder) wantedByOther() bool {
	waiting, err := h.open("next")
	if err != nil {
		return false
	}
	defer flock.Release(waiting)
	return errors.Is(flock.Exclusive(waiting), flock.ErrLocked)
}

func (h *holder) open(name string) (*os.File, error) {
	return os.OpenFile(h.path(name), os.O_CREATE|os.O_RDWR, 0o600)
}

// start starts the server on the files, without those that it cannot read.
func (h *holder) start() (*server.Server, error) {
	s, err := h.startOnce()
	if err != nil {
		return nil, err
	}
	if again := h.sortOut(s); !again {
		return s, nil
	}
	s.Shutdown()
	s.WaitForShutdown()
	return h.startOnce()
}

func (h *holder) startOnce() (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "eslua", DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: h.dir, SyncAlways: true,
		JetStreamMaxStore: h.size, JetStreamMaxMemory: 1 << 20, // nothing is kept in memory only
		MaxPayload: MostBytes + 64<<10,
	})
	if err != nil {
		return nil, err
	}
	log := &serverLog{log: h.log}
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startWithin) || !s.JetStreamEnabled() {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, fmt.Errorf("JetStream does not start in %s: %s", h.dir, log.latest())
	}
	return s, nil
}

// listen opens the socket through which other processes reach the server. Only this
// user can open it, since the directory is nobody else's.
func (h *holder) listen() (net.Listener, error) {
	if err := os.Remove(h.path("socket")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return h.network.Listen("unix", h.path("socket"))
}

// serveOthers connects other processes to the server until l is closed.
func (h *holder) serveOthers(l net.Listener, s *server.Server) {
	var relays sync.WaitGroup
	defer relays.Wait()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		} else if err != nil {
			_ = clock.Sleep(context.Background(), h.clock, lookEvery) // no file is free
			continue
		}
		inside, err := s.InProcessConn()
		if err != nil {
			_ = conn.Close()
			continue
		}
		relay := func(to, from net.Conn) {
			_, _ = io.Copy(to, from)
			_, _ = to.Close(), from.Close()
		}
		relays.Go(func() { relay(conn, inside) })
		relays.Go(func() { relay(inside, conn) })
	}
}

// A serverLog writes what the server reports into the log.
type serverLog struct {
	log *slog.Logger

	mu   sync.Mutex
	last string // error
}

// latest returns the latest error.
func (l *serverLog) latest() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func (l *serverLog) Noticef(string, ...any)            {}
func (l *serverLog) Debugf(string, ...any)             {}
func (l *serverLog) Tracef(string, ...any)             {}
func (l *serverLog) Warnf(format string, args ...any)  { l.report(l.warning(format), format, args) }
func (l *serverLog) Errorf(format string, args ...any) { l.report(slog.LevelError, format, args) }
func (l *serverLog) Fatalf(format string, args ...any) { l.report(slog.LevelError, format, args) }

// warning returns the level of a warning. That an index is rebuilt from the messages is
// the rule after a kill -9, and nothing is lost by it.
func (l *serverLog) warning(format string) slog.Level {
	if strings.Contains(format, "attempting to recover") || strings.Contains(format, "will rebuild") {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

func (l *serverLog) report(level slog.Level, format string, args []any) {
	text := fmt.Sprintf(format, args...)
	if level == slog.LevelError {
		l.mu.Lock()
		l.last = text
		l.mu.Unlock()
	}
	l.log.Log(context.Background(), level, "the NATS server in this process reports", "text", text)
}
