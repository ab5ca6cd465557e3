package store

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"weak"

	"github.com/eslua/eslua/host/clock"
)

// A History keeps generations that have served, so that an admin can look at them
// and go back to one. It never delays the store: a separate goroutine writes, and a
// failure to write or read is logged once and loses only that entry.
// Several processes may share one directory.
//
// It keeps bytes, not compiled scripts: a generation that nobody uses is freed,
// and Find compiles it again.
type History struct {
	blobs *blobStore // nil: generations are kept in memory only
	keep  int
	log   *slog.Logger
	clk   clock.Clock

	mu         sync.Mutex // guards these
	compile    Compile
	checks     Config // how they are checked: its Modules and Lint
	serving    *Generation
	inUse      map[string]weak.Pointer[Generation] // by name
	pending    []*record                           // not written yet; without blobs, everything that is kept
	dirty      bool                                // there is something to write or to remove
	writerDone chan struct{}                       // closed when the writer ends; nil if none runs
	protected  func() []string
	pruneAbove int             // how many generations on disk are tolerated; 0: not known yet
	reported   map[string]bool // failures that were logged and are not over
}

// An Entry describes a generation that has served.
type Entry struct {
	Generation string    `json:"generation"` // its name
	Served     time.Time `json:"served"`     // when it last began to serve
	Scripts    int       `json:"scripts"`    // in it
	// The sorted names of the files in which it differs from the generation that
	// served before it; all empty for the first.
	Added   []string `json:"added,omitempty"`
	Edited  []string `json:"edited,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// OpenHistory returns a History that keeps the newest keep generations, and sometimes
// an eighth more, in dir/scripts; if dir is "", in memory only. It fails if keep is
// below 1. A directory that cannot be used is logged and is not an error. Pass it to
// Open in Config.History, and Close it at the end.
func OpenHistory(dir string, keep int, log *slog.Logger, clk clock.Clock) (*History, error) {
	if keep < 1 {
		return nil, fmt.Errorf("history is %d generations; keep at least 1, the one that serves", keep)
	}
	h := &History{keep: keep, log: log, clk: clk, inUse: map[string]weak.Pointer[Generation]{}, reported: map[string]bool{}}
	if dir != "" {
		h.blobs = newBlobStore(filepath.Join(dir, "scripts"))
	}
	return h, nil
}

// Protect sets the function that names the generations that must not be removed
// although they are old, because they serve or are pinned in a process that shares
// the directory. Nothing is removed from disk before Protect was called, so
// that a pin from before a restart is respected. Other goroutines call protected.
func (h *History) Protect(protected func() []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.protected, h.pruneAbove = protected, 0
	h.startWriter()
}

// Close returns when everything that served is written or could not be, or with
// an error when ctx ends.
func (h *History) Close(ctx context.Context) error {
	h.mu.Lock()
	done := h.writerDone
	h.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("history: some generations are not written yet: %w", ctx.Err())
	}
}

// List returns the entries of the history, newest first. It reads the disk.
func (h *History) List() []Entry {
	entries := map[string]Entry{}
	manifests, _ := h.readManifests()
	for _, m := range manifests {
		entries[m.Generation] = m.Entry
	}
	h.mu.Lock()
	for _, r := range h.pending {
		if _, known := entries[r.Generation]; !known || !r.first {
			entries[r.Generation] = r.Entry
		}
	}
	h.mu.Unlock()
	list := make([]Entry, 0, len(entries))
	for _, name := range sortedKeys(entries) {
		list = append(list, entries[name])
	}
	slices.SortStableFunc(list, newestFirst)
	return list
}

func newestFirst(a, b Entry) int { return b.Served.Compare(a.Served) }

// use sets how scripts are compiled and checked.
func (h *History) use(compile Compile, checks Config) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.compile, h.checks = compile, checks
}

// checkOutside refuses a history inside the script directory, where every
// generation would contain the one before it and so be new.
func (h *History) checkOutside(scripts string) error {
	if h.blobs == nil || scripts == "" {
		return nil
	}
	dir := h.blobs.dir
	if rel, err := filepath.Rel(resolveExisting(scripts), resolveExisting(dir)); err == nil && filepath.IsLocal(rel) {
		return fmt.Errorf("the history %s lies in the script directory %s; name another directory in the setting state", dir, scripts)
	}
	return nil
}

// resolveExisting follows the links in the part of a path that exists.
func resolveExisting(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if resolved, err := filepath.EvalSymlinks(abs); err == nil {
		return resolved
	}
	if parent := filepath.Dir(abs); parent != abs {
		return filepath.Join(resolveExisting(parent), filepath.Base(abs))
	}
	return abs
}
