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

// History keeps generations that have served, so that an admin can look at them
// and go back to one. It never keeps the host from serving: it writes in a
// goroutine of its own, and what cannot be written or read is logged once and
// costs that entry only. Several processes may share one directory.
//
// It keeps bytes, not compiled scripts: a generation that nobody uses any more is
// freed, and Find makes it again.
type History struct {
	shelf shelf
	keep  int
	log   *slog.Logger
	clk   clock.Clock

	finding sync.Mutex // one generation is compiled at a time, and no one twice

	mu      sync.Mutex // guards these
	compile Compile
	modules []string
	serving *Generation
	alive   map[string]weak.Pointer[Generation]
	waiting []*record
	more    bool          // there is something to write or to remove
	writing bool          // there is a goroutine that does
	rest    chan struct{} // closed when it has ended; nil before the first
	held    func() []string
	most    int // generations on the shelf before it is tidied; 0 before the first time
	told    map[string]bool
}

// Entry is one generation that has served.
type Entry struct {
	Generation string    `json:"generation"` // its name
	Served     time.Time `json:"served"`     // when it last began to serve
	Scripts    int       `json:"scripts"`    // in it
	// What it brought over the generation that served before it: names of files,
	// sorted; all empty for the first.
	Added   []string `json:"added,omitempty"`
	Edited  []string `json:"edited,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// OpenHistory keeps the newest keep generations, and for a while an eighth more,
// in dir/scripts; with an empty dir in memory only. A directory that cannot be used is logged, and is no error: the
// error is for what is wrong whatever the disk does (keep below 1).
// Give it to Open in Config.History, and Close it at the end.
func OpenHistory(dir string, keep int, log *slog.Logger, clk clock.Clock) (*History, error) {
	if keep < 1 {
		return nil, fmt.Errorf("history: %d generations: at least the one that serves is kept", keep)
	}
	h := &History{keep: keep, log: log, clk: clk, alive: map[string]weak.Pointer[Generation]{}, told: map[string]bool{}}
	if dir == "" {
		h.shelf = newMemory()
	} else {
		h.shelf = &disk{dir: filepath.Join(dir, "scripts")}
	}
	return h, nil
}

// Protect says which generations must not be removed although they are old: names
// of those that serve or are pinned, in every process that shares the directory.
// Nothing is removed before Protect was called, so that what was pinned before a
// restart outlives it; held is called now and then, from another goroutine.
func (h *History) Protect(held func() []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held, h.most = held, 0
	h.work()
}

// Close returns when everything that served is written, or could not be; else
// when ctx ends, which is its error.
func (h *History) Close(ctx context.Context) error {
	h.mu.Lock()
	rest := h.rest
	h.mu.Unlock()
	if rest == nil {
		return nil
	}
	select {
	case <-rest:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("history: not all of it is written: %w", ctx.Err())
	}
}

// List returns what is kept, newest first. It reads the disk.
func (h *History) List() []Entry {
	entries := map[string]Entry{}
	manifests, _ := h.manifests()
	for _, m := range manifests {
		entries[m.Generation] = m.Entry
	}
	h.mu.Lock()
	for _, r := range h.waiting {
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

// use is told by the store how scripts are compiled.
func (h *History) use(compile Compile, modules []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.compile, h.modules = compile, modules
}

// remember holds a generation for as long as others do.
func (h *History) remember(g *Generation) {
	for name, p := range h.alive {
		if p.Value() == nil {
			delete(h.alive, name)
		}
	}
	h.alive[g.name] = weak.Make(g)
}
