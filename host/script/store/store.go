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
	"github.com/eslua/eslua/host/script/lint"
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

	Notify func() (*fsnotify.Watcher, error) // tells of changes before the next scan; fsnotify.NewWatcher

	Lint        *lint.Checker         // finds mistakes in scripts that compile; may be nil
	SourceLimit func(flow string) int // how large a flow and each of its modules may be; nil: any size
}

// Limits bound a tree, so that a stray recording or a wrong directory takes neither
// the memory nor the time of calls. Scripts beyond them are errors; whatever else is
// beyond them is left out, with a warning.
type Limits struct {
	Files int   // scripts, and as many other files; 10,000
	File  int64 // bytes of a file; 4 MiB
	Total int64 // bytes of all files; 64 MiB
	Names int   // in all directories, also of what is left out; 250,000
	Dirs  int   // 100,000
	Links int   // 10,000, and a tenth as many directories behind links
}

func (c Config) withDefaults() Config {
	c.Limits.Files = cmp.Or(c.Limits.Files, 10_000)
	c.Limits.File = cmp.Or(c.Limits.File, 4<<20)
	c.Limits.Total = cmp.Or(c.Limits.Total, 64<<20)
	c.Limits.Names = cmp.Or(c.Limits.Names, 250_000)
	c.Limits.Dirs = cmp.Or(c.Limits.Dirs, 100_000)
	c.Limits.Links = cmp.Or(c.Limits.Links, 10_000)
	c.Quiet = cmp.Or(c.Quiet, 50*time.Millisecond)
	c.MaxDelay = cmp.Or(c.MaxDelay, time.Second)
	c.Scan = cmp.Or(c.Scan, 30*time.Second)
	if c.Notify == nil {
		c.Notify = fsnotify.NewWatcher
	}
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
	loadTime prometheus.Histogram

	current     atomic.Pointer[Generation]
	sourceLimit atomic.Pointer[func(flow string) int] // of cfg, or a newer one
	recheck     atomic.Bool                           // the tree must be examined although it is as before

	// scanLock lets one goroutine at a time scan the tree. It is not a
	// mutex because a mount that hangs may block its holder for long.
	scanLock  chan struct{}
	lastScan  *tree // this and the rest are changed only by the holder of scanLock
	examined  *tree // the tree that was examined last; nil: none was
	pace      pace
	servedDir string // the directory that serves, with links resolved
	hasWriter bool   // status reports a script that is open for writing
	status    Status // the next to be published

	mu        sync.Mutex // guards these
	published Status
	changed   chan struct{}
}

// Open loads the tree in dir, which may be a symbolic link. It fails if the
// directory cannot be read or ctx ends. Errors in single files do not make the first
// load fail: the other files serve, and Script, Status and the log report the errors.
func Open(ctx context.Context, dir string, cfg Config, compile Compile, log *slog.Logger, clk clock.Clock) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("script directory %s: %w", dir, err)
	}
	return open(ctx, &Store{dir: abs, cfg: cfg, compile: compile, log: log, clk: clk})
}

// OpenFS loads scripts that never change, such as those embedded in the program.
// It fails if any of them is wrong.
func OpenFS(scripts fs.FS, cfg Config, compile Compile, log *slog.Logger, clk clock.Clock) (*Store, error) {
	s, err := open(context.Background(), &Store{embedded: scripts, cfg: cfg, compile: compile, log: log, clk: clk})
	if err != nil {
		return nil, err
	}
	return s, asError(s.status.Problems)
}

func open(ctx context.Context, s *Store) (*Store, error) {
	if h := s.cfg.History; h != nil {
		if err := h.checkOutside(s.dir); err != nil {
			return nil, err
		}
		h.use(s.compile, Config{Modules: s.cfg.Modules, Lint: s.cfg.Lint})
	}
	s.cfg = s.cfg.withDefaults()
	s.sourceLimit.Store(&s.cfg.SourceLimit)
	s.loadTime = newLoadTime()
	s.scanLock = make(chan struct{}, 1)
	s.lastScan = emptyTree()
	s.changed = make(chan struct{})
	s.status.Dir = s.dir
	s.pace = pace{}
	err := s.Reload(ctx)
	if s.current.Load() == nil {
		return nil, err
	}
	return s, nil
}

// SetSourceLimit replaces Config.SourceLimit. The next Reload checks the tree against
// it.
func (s *Store) SetSourceLimit(limit func(flow string) int) {
	s.sourceLimit.Store(&limit)
	s.recheck.Store(true)
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
	if err := s.lockScan(ctx); err != nil {
		return true, err
	}
	defer s.unlockScan()
	t, stable, err := s.scan(ctx, rereadAll, true)
	if err != nil {
		return true, err
	}
	accepted, err := s.acceptIfStable(ctx, t, stable, overdue)
	if err != nil {
		return true, err
	}
	if !accepted && !overdue {
		return false, nil
	}
	return true, asError(s.status.Problems)
}

// lockScan waits until nobody else scans the tree; unlockScan ends it.
func (s *Store) lockScan(ctx context.Context) error {
	select {
	case s.scanLock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) unlockScan() { <-s.scanLock }

// scan reads the tree; with hurry also what changes too often. The tree is stable if it
// is as the previous scan found it and nobody is writing to it. The caller holds
// scanLock, here and below.
func (s *Store) scan(ctx context.Context, reread rereadFunc, hurry bool) (t *tree, stable bool, err error) {
	scan := scan{limits: s.cfg.Limits, previous: s.lastScan, reread: reread, pace: s.pace, hurry: hurry, now: s.clk.Now()}
	if s.embedded != nil {
		t, err = scan.files(ctx, s.embedded)
	} else {
		t, err = scan.dir(ctx, s.dir)
	}
	if err != nil {
		return nil, false, err
	}
	stable = t.sum == s.lastScan.sum && !t.busy
	s.lastScan = t
	return t, stable, nil
}
