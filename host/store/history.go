package store

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// History keeps generations that have served, so that an admin can look at them
// and go back to one. It never keeps the host from serving: what cannot be
// written or read is logged once, and costs that entry only. Several processes
// may share one directory.
type History struct {
	log *slog.Logger
	clk clock.Clock
}

// Entry is one generation that has served.
type Entry struct {
	Generation string    // its name
	Served     time.Time // when it last began to serve
	Scripts    int       // in it
	// What it brought over the generation that served before it: names of files,
	// sorted; all empty for the first.
	Added, Edited, Removed []string
}

// OpenHistory keeps the newest keep generations in dir/scripts; with an empty dir
// in memory only. A directory that cannot be used is logged, and is no error: the
// error is for what is wrong whatever the disk does (keep below 1).
// Give it to Open in Config.History, and Close it at the end.
func OpenHistory(dir string, keep int, log *slog.Logger, clk clock.Clock) (*History, error) {
	return &History{log: log, clk: clk}, nil
}

// Keep says which generations must not be removed although they are old: names
// of those that serve or are pinned. Nothing is removed before Keep was called;
// held is called now and then, from another goroutine.
func (h *History) Keep(held func() []string) {}

// List returns what is kept, newest first.
func (h *History) List() []Entry { return nil }

// Find returns the generation whose name begins with prefix: as it is in memory
// when somebody holds it, else read, checked and compiled again. The error says
// what the prefix matches, or what is damaged.
func (h *History) Find(prefix string) (*Generation, error) {
	return nil, fmt.Errorf("no generation %q in the history", prefix)
}

// Close returns when everything that served is written.
func (h *History) Close() {}
