package store

import "slices"

// record is a generation on its way to the shelf: what it holds, not what was
// compiled of it.
type record struct {
	manifest
	bodies map[sum]string
	first  bool // of this process: what it brought shows on the shelf
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
	h.shorten()
	h.work()
}

// mostWaiting is how many may wait to be written, should the disk hang for long:
// more than a burst of edits makes, or a slow disk would cost what is to be kept.
const mostWaiting = 64

// shorten drops the oldest that waits and that nobody holds. The caller holds mu.
func (h *History) shorten() {
	over := len(h.waiting) - max(h.keep, mostWaiting)
	if over <= 0 {
		return
	}
	var held []string
	if h.held != nil {
		held = h.held()
	}
	h.waiting = slices.DeleteFunc(h.waiting, func(r *record) bool {
		if over == 0 || slices.Contains(held, r.Generation) {
			return false
		}
		over--
		return true
	})
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
