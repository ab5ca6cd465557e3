package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	tidied  bool
	told    map[string]bool
}

// record is a generation on its way to the shelf: what it holds, not what was
// compiled of it.
type record struct {
	manifest
	bodies map[sum]string
	first  bool // of this process: what it brought shows on the shelf
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

// Keep says which generations must not be removed although they are old: names
// of those that serve or are pinned, in every process that shares the directory.
// Nothing is removed before Keep was called, so that what was pinned before a
// restart outlives it; held is called now and then, from another goroutine.
func (h *History) Keep(held func() []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held, h.tidied = held, false
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

// apartFrom refuses a history inside the script directory: each generation would
// hold the one before, and so be another.
func (h *History) apartFrom(scripts string) error {
	d, onDisk := h.shelf.(*disk)
	if !onDisk || scripts == "" {
		return nil
	}
	if rel, err := filepath.Rel(realPath(scripts), realPath(d.dir)); err == nil && filepath.IsLocal(rel) {
		return fmt.Errorf("the history %s lies in the script directory %s; name another directory in the setting state", d.dir, scripts)
	}
	return nil
}

// realPath is a path without links, as far as it is there.
func realPath(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	if parent := filepath.Dir(abs); parent != abs {
		return filepath.Join(realPath(parent), filepath.Base(abs))
	}
	return abs
}

// began notes that a generation begins to serve; before is what served until
// now, nil for the first.
func (h *History) began(before, g *Generation) {
	r := &record{first: before == nil, bodies: map[sum]string{}, manifest: manifest{
		Entry:  Entry{Generation: g.name, Served: h.clk.Now(), Scripts: g.scripts()},
		broken: sortedKeys(g.broken),
		files:  g.sums(),
	}}
	for _, c := range g.files {
		r.bodies[c.sum] = c.data
	}
	if before != nil {
		r.Added, r.Edited, r.Removed = changes(before.sums(), r.files)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serving = g
	h.remember(g)
	h.waiting = append(h.waiting, r)
	h.waiting = h.waiting[max(0, len(h.waiting)-h.keep):] // a disk may hang for long
	h.work()
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

// work sees to it that what waits is written. The caller holds mu.
func (h *History) work() {
	h.more = true
	if !h.writing {
		h.writing, h.rest = true, make(chan struct{})
		go h.write(h.rest)
	}
}

// write puts what waits on the shelf and removes what is too old. What cannot be
// written is tried again with the next generation.
func (h *History) write(rest chan struct{}) {
	defer close(rest)
	for {
		h.mu.Lock()
		if !h.more {
			h.writing = false
			h.mu.Unlock()
			return
		}
		h.more = false
		batch := slices.Clone(h.waiting)
		h.mu.Unlock()

		stored := h.store(batch)
		h.mu.Lock()
		h.waiting = slices.DeleteFunc(h.waiting, func(r *record) bool { return stored[r] })
		h.mu.Unlock()
		h.tidy()
	}
}

// store writes records; it returns those that are written. Files come before the
// manifest that names them, so that whatever happens between two writes, a
// manifest is whole.
func (h *History) store(batch []*record) map[*record]bool {
	stored := map[*record]bool{}
	if len(batch) == 0 {
		return stored
	}
	unlock, locked := h.shelf.lock(false)
	defer unlock()
	for _, r := range batch {
		err := locked
		if err == nil {
			err = h.storeOne(r)
		}
		if err == nil {
			stored[r] = true
			continue
		}
		h.tell("write", "history: "+err.Error()+"; earlier scripts cannot be gone back to after a restart; make the directory of the setting state writable, or name another", "generation", r.Generation)
	}
	if len(stored) == len(batch) {
		h.untell("write")
	}
	return stored
}

func (h *History) storeOne(r *record) error {
	m := r.manifest // the record itself is read by others
	if r.first {
		manifests, _ := h.manifests()
		if len(manifests) > 0 {
			newest := manifests[0]
			if newest.Generation == r.Generation {
				m = newest // a restart: it serves on
			} else {
				m.Added, m.Edited, m.Removed = changes(newest.files, r.files)
			}
		}
	}
	bodies := make(map[string]string, len(r.bodies))
	for s, data := range r.bodies {
		bodies[hexSum(s)] = data
	}
	if err := h.shelf.put(roomFiles, bodies); err != nil {
		return err
	}
	return h.shelf.put(roomGenerations, map[string]string{r.Generation: m.encode()})
}

// manifests are those on the shelf that are whole, newest first. The error says
// that some could not be read, and so may be whole.
func (h *History) manifests() ([]manifest, error) {
	names, err := h.shelf.names(roomGenerations)
	if err != nil {
		h.tell("list", "history: "+err.Error()+"; see that the directory of the setting state can be read")
		return nil, err
	}
	var (
		list  []manifest
		wrong error
	)
	for _, name := range names {
		m, err := h.manifest(name)
		var damage *damageError
		switch {
		case err == nil:
			list = append(list, m)
		case errors.Is(err, fs.ErrNotExist): // removed meanwhile
		case errors.As(err, &damage):
			h.tell(name, "history: "+err.Error())
		default:
			h.tell(name, "history: "+err.Error()+"; see that the directory of the setting state can be read")
			wrong = err
		}
	}
	slices.SortStableFunc(list, func(a, b manifest) int { return newestFirst(a.Entry, b.Entry) })
	return list, wrong
}

func (h *History) manifest(name string) (manifest, error) {
	text, err := h.shelf.get(roomGenerations, name)
	if err != nil {
		return manifest{}, err
	}
	m, err := parseManifest(text)
	if err == nil && m.Generation != name {
		err = fmt.Errorf("it is of generation %s", m.Generation)
	}
	if err != nil {
		return manifest{}, &damageError{generation: name, file: h.shelf.path(roomGenerations, name), what: err.Error()}
	}
	return m, nil
}

// damageError says that an entry is lost.
type damageError struct{ generation, file, what string }

func (e *damageError) Error() string {
	return fmt.Sprintf("generation %s is damaged and cannot be gone back to: %s: %s; remove that file, or put it back from a backup", e.generation, e.file, e.what)
}

// tell logs each trouble once, until it is over.
func (h *History) tell(what, message string, attrs ...any) {
	h.mu.Lock()
	known := h.told[what]
	h.told[what] = true
	h.mu.Unlock()
	if !known {
		h.log.Warn(message, attrs...)
	}
}

func (h *History) untell(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.told, what)
}
