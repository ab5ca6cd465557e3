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

// Config is what an admin may set, and what the house knows. Zero is the default.
type Config struct {
	Modules  []string      // names that require finds without the tree
	Limits   Limits        // of the tree
	Quiet    time.Duration // how long a changed tree must be left alone before it is read; 50 ms
	MaxDelay time.Duration // when a tree that is never left alone is read all the same, and when a file that is gone is believed to be; 1 s
	Scan     time.Duration // how often everything is read again, notified or not; 30 s
	History  *History      // where generations that begin to serve are recorded; nil: nowhere
}

// Limits bound what a tree may hold, so that a stray recording or a wrong
// directory does not fill the memory.
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

// Store serves the generations of one script tree.
type Store struct {
	dir     string // absolute; as the admin names it, links and all
	builtIn fs.FS  // instead of dir
	cfg     Config
	compile Compile
	log     *slog.Logger
	clk     clock.Clock
	notify  func() (*fsnotify.Watcher, error)

	current atomic.Pointer[Generation]

	looking sync.Mutex // one look at a time; a mount that hangs may hold it for long
	seen    *tree      // the last look
	taken   sum        // of the tree last examined
	real    string     // the directory that serves, free of links
	held    bool       // status has a problem that is not of that tree
	status  Status     // the next to be published

	loadTime prometheus.Histogram

	mu        sync.Mutex // guards these
	published Status
	changed   chan struct{}
}

// Status is what an admin wants to know of the tree.
type Status struct {
	Dir        string    `json:"dir,omitempty"`        // "" for the built-in scripts
	Generation string    `json:"generation"`           // that serves
	Loaded     time.Time `json:"since"`                // since when it serves
	Scripts    int       `json:"count"`                // in it
	Problems   []Problem `json:"problems,omitempty"`   // with the newest state of the directory, warnings included
	Refused    bool      `json:"refused"`              // that state does not serve because of them
	Since      time.Time `json:"wrong_since,omitzero"` // since when there has been a problem that is no warning; zero without
	Swaps      uint64    `json:"swaps"`                // generations that began to serve, the first included
	Refusals   uint64    `json:"refusals"`             // states of the directory that did not
}

// Open loads the tree in dir, which may be a symbolic link. A directory that
// cannot be read is an error. Single files that are wrong are not, at the first
// load: the others serve, Script says what is wrong with these, and so do Status
// and the log.
func Open(dir string, cfg Config, compile Compile, log *slog.Logger, clk clock.Clock) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("script directory %s: %w", dir, err)
	}
	return open(&Store{dir: abs, cfg: cfg, compile: compile, log: log, clk: clk})
}

// OpenFS loads scripts that never change, such as those embedded in the program.
// All of them must be right.
func OpenFS(scripts fs.FS, cfg Config, compile Compile, log *slog.Logger, clk clock.Clock) (*Store, error) {
	s, err := open(&Store{builtIn: scripts, cfg: cfg, compile: compile, log: log, clk: clk})
	if err != nil {
		return nil, err
	}
	return s, asError(s.status.Problems)
}

func open(s *Store) (*Store, error) {
	if h := s.cfg.History; h != nil {
		if err := h.apartFrom(s.dir); err != nil {
			return nil, err
		}
		h.use(s.compile, s.cfg.Modules)
	}
	s.cfg = s.cfg.withDefaults()
	s.notify = fsnotify.NewWatcher
	s.seen = nothing()
	s.loadTime = newLoadTime()
	s.changed = make(chan struct{})
	s.status.Dir = s.dir
	err := s.Reload(context.Background())
	if s.current.Load() == nil {
		return nil, err
	}
	return s, nil
}

// Current is the generation that serves; one atomic load.
func (s *Store) Current() *Generation { return s.current.Load() }

// Status is never older than what Changed told of, and never waits for the disk.
func (s *Store) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.published
}

// Changed is closed when another generation serves or the problems change. Take
// it before looking at Current or Status, so that nothing is missed.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Reload reads the whole tree now, and returns when it serves or is refused: the
// error is all that is wrong with it. It is what SIGHUP does; nobody who saves a
// script needs it.
func (s *Store) Reload(ctx context.Context) error {
	begin := s.clk.Now()
	for looks := 1; ; looks++ {
		if done, err := s.reload(s.clk.Now().Sub(begin) >= s.cfg.MaxDelay); done {
			return err
		}
		if looks < 2 {
			continue // most trees stand still; only one that does not is waited for
		}
		if err := clock.Sleep(ctx, s.clk, s.cfg.Quiet); err != nil {
			return err
		}
	}
}

func (s *Store) reload(overdue bool) (done bool, err error) {
	s.looking.Lock()
	defer s.looking.Unlock()
	t, still := s.look(doubting)
	if !s.settle(t, still, overdue) && !overdue {
		return false, nil
	}
	return true, asError(s.status.Problems)
}

// look looks at the tree; it is still when it is as the last look saw it and
// nobody is writing to it. The caller holds looking, here and below.
func (s *Store) look(doubt func(string, bool) bool) (t *tree, still bool) {
	if s.builtIn != nil {
		t = look(s.builtIn, s.cfg.Limits, s.seen, doubt)
	} else {
		t = lookAt(s.dir, s.cfg.Limits, s.seen, doubt)
	}
	still = t.sum == s.seen.sum && !t.busy
	s.seen = t
	return t, still
}

// settle takes a tree that is still, or overdue; it reports false when the tree
// must be looked at again. A script that somebody is writing is waited for
// however long that takes, since half of it may well compile; but not at the
// first load, when nothing else could serve.
func (s *Store) settle(t *tree, still, overdue bool) bool {
	switch {
	case still || overdue && (t.writing == "" || s.current.Load() == nil):
		s.take(t)
		return true
	case overdue:
		s.hold(Problem{File: t.writing, Message: "is open for writing in another process; what changed is taken when that ends"})
	}
	return false
}
