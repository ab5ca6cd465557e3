package store

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/fsnotify/fsnotify"
	"github.com/prometheus/client_golang/prometheus"
)

// Config configures a Store. A zero field means the default in its comment.
type Config struct {
	Modules  []string      // modules that scripts can require although they are not in the tree
	Limits   Limits        // of the tree
	Quiet    time.Duration // how long a changed tree must be unchanged before it is read; 50 ms
	MaxDelay time.Duration // longest wait before a constantly changing tree is read, and before a missing file counts as deleted; 1 s
	Scan     time.Duration // how often everything is read again, whatever was notified; 30 s
	History  *History      // records generations that begin to serve; may be nil
}

// Limits bound the size of a tree, so that a stray recording or a wrong directory
// does not fill the memory.
type Limits struct {
	Files int   // 10,000
	File  int64 // bytes; 4 MiB
	Total int64 // bytes; 64 MiB
}

func (c Config) withDefaults() Config {
	c.Limits.Files = cmp.Or(c.Limits.Files, 10_000)
	c.Limits.File = cmp.Or(c.Limits.File, 4<<20)
	c.Limits.Total = cmp.Or(c.Limits.Total, 64<<20)
	c.Quiet = cmp.Or(c.Quiet, 50*time.Millisecond)
	c.MaxDelay = cmp.Or(c.MaxDelay, time.Second)
	c.Scan = cmp.Or(c.Scan, 30*time.Second)
	return c
}

// A Store serves the generations of one script tree.
type Store struct {
	dir      string // absolute, as the admin names it: links are not resolved
	embedded fs.FS  // instead of dir
	cfg      Config
	compile  Compile
	log      *slog.Logger
	clk      clock.Clock
	notify   func() (*fsnotify.Watcher, error)
	loadTime prometheus.Histogram

	current atomic.Pointer[Generation]

	// turn is held by the goroutine that scans the tree, one at a time. It is not a
	// mutex because a mount that hangs may block its holder for long.
	turn      chan struct{}
	lastScan  *tree  // this and the rest are changed only by the owner of turn
	examined  sum    // of the tree that was examined last
	servedDir string // the directory that serves, with links resolved
	hasWriter bool   // status reports a script that is open for writing
	status    Status // the next to be published

	mu        sync.Mutex // guards these
	published Status
	changed   chan struct{}
}

// Open loads the tree in dir, which may be a symbolic link. It fails if the
// directory cannot be read. Errors in single files do not make the first load
// fail: the other files serve, and Script, Status and the log report the errors.
func Open(dir string, cfg Config, compile Compile, log *slog.Logger, clk clock.Clock) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("script directory %s: %w", dir, err)
	}
	return open(&Store{dir: abs, cfg: cfg, compile: compile, log: log, clk: clk})
}

// OpenFS loads scripts that never change, such as those embedded in the program.
// It fails if any of them is wrong.
func OpenFS(scripts fs.FS, cfg Config, compile Compile, log *slog.Logger, clk clock.Clock) (*Store, error) {
	s, err := open(&Store{embedded: scripts, cfg: cfg, compile: compile, log: log, clk: clk})
	if err != nil {
		return nil, err
	}
	return s, asError(s.status.Problems)
}

func open(s *Store) (*Store, error) {
	if h := s.cfg.History; h != nil {
		if err := h.checkOutside(s.dir); err != nil {
			return nil, err
		}
		h.use(s.compile, s.cfg.Modules)
	}
	s.cfg = s.cfg.withDefaults()
	s.notify = fsnotify.NewWatcher
	s.loadTime = newLoadTime()
	s.turn = make(chan struct{}, 1)
	s.lastScan = emptyTree()
	s.changed = make(chan struct{})
	s.status.Dir = s.dir
	err := s.Reload(context.Background())
	if s.current.Load() == nil {
		return nil, err
	}
	return s, nil
}

// Current returns the generation that serves. It is one atomic load.
func (s *Store) Current() *Generation { return s.current.Load() }

// Reload scans the whole tree now and returns when it serves or was refused. The
// error lists everything that is wrong with it. SIGHUP calls this; saving a script
// does not need it.
func (s *Store) Reload(ctx context.Context) error {
	begin := s.clk.Now()
	for scans := 1; ; scans++ {
		if done, err := s.reload(ctx, s.clk.Now().Sub(begin) >= s.cfg.MaxDelay); done {
			return err
		}
		if scans < 2 {
			continue // most trees are stable, and the second scan shows that
		}
		if err := clock.Sleep(ctx, s.clk, s.cfg.Quiet); err != nil {
			return err
		}
	}
}

func (s *Store) reload(ctx context.Context, overdue bool) (done bool, err error) {
	if err := s.takeTurn(ctx); err != nil {
		return true, err
	}
	defer s.endTurn()
	t, stable := s.scan(rereadAll)
	if !s.acceptIfStable(t, stable, overdue) && !overdue {
		return false, nil
	}
	return true, asError(s.status.Problems)
}

// takeTurn waits until nobody else scans the tree.
func (s *Store) takeTurn(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) endTurn() { <-s.turn }

// scan reads the tree. It is stable if it is as the previous scan found it and
// nobody is writing to it. The caller has the turn, here and below.
func (s *Store) scan(reread rereadFunc) (t *tree, stable bool) {
	if s.embedded != nil {
		t = scan(s.embedded, s.cfg.Limits, s.lastScan, reread)
	} else {
		t = scanDir(s.dir, s.cfg.Limits, s.lastScan, reread)
	}
	stable = t.sum == s.lastScan.sum && !t.busy
	s.lastScan = t
	return t, stable
}
