package store

import (
	"maps"
	"slices"
	"weak"
)

// A record is a generation that is to be written to disk: its bytes, not the
// compiled scripts.
type record struct {
	manifest
	data  map[sum]string
	first bool // the first that this process serves: only the disk knows what served before
}

// record records that a generation begins to serve in place of previous, which is
// nil for the first.
func (h *History) record(previous, g *Generation) {
	r := &record{first: previous == nil, data: map[sum]string{}, manifest: manifest{
		Entry:  Entry{Generation: g.name, Served: h.clk.Now(), Scripts: g.scripts()},
		broken: sortedKeys(g.broken),
		files:  g.sums(),
	}}
	for _, c := range g.files {
		r.data[c.sum] = c.data
	}
	if previous != nil {
		r.Added, r.Edited, r.Removed = changes(previous.sums(), r.files)
	}
	protected := h.protectedNames()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serving = g
	maps.DeleteFunc(h.inUse, func(_ string, p weak.Pointer[Generation]) bool { return p.Value() == nil })
	h.inUse[g.name] = weak.Make(g)
	h.pending = slices.DeleteFunc(h.pending, func(old *record) bool { return old.Generation == g.name })
	h.pending = append(h.pending, r)
	h.dropOldPending(protected)
	h.startWriter()
}

func (h *History) protectedNames() []string {
	h.mu.Lock()
	protected := h.protected
	h.mu.Unlock()
	if protected == nil {
		return nil
	}
	return protected()
}

// minPending limits the generations that wait for a disk that hangs or is full. A burst
// of edits makes fewer, so that a slow disk loses none.
const minPending = 64

// dropOldPending drops pending records as prune does those on disk. The caller holds
// mu.
func (h *History) dropOldPending(protected []string) {
	limit := h.keep
	if h.blobs != nil {
		limit = max(h.keep, minPending)
	}
	entries := make([]Entry, len(h.pending))
	for i, r := range h.pending {
		entries[len(entries)-1-i] = r.Entry
	}
	old := surplus(entries, limit, protected)
	h.pending = slices.DeleteFunc(h.pending, func(r *record) bool { return old[r.Generation] })
}

// startWriter starts the writer, or lets it run once more. The caller holds mu.
func (h *History) startWriter() {
	h.dirty = true
	if h.writerDone == nil && h.blobs != nil {
		h.writerDone = make(chan struct{})
		go h.write(h.writerDone)
	}
}

// write writes pending records and prunes the history until there is nothing left
// to do. It tries a record that cannot be written again with the next generation.
func (h *History) write(done chan<- struct{}) {
	defer close(done)
	for {
		h.mu.Lock()
		if !h.dirty {
			h.writerDone = nil
			h.mu.Unlock()
			return
		}
		h.dirty = false
		batch := slices.Clone(h.pending)
		h.mu.Unlock()

		written := h.writeRecords(batch)
		h.mu.Lock()
		h.pending = slices.DeleteFunc(h.pending, func(r *record) bool { return written[r] })
		h.mu.Unlock()
		h.prune()
	}
}

// writeRecords returns the records that it could write.
func (h *History) writeRecords(batch []*record) (written map[*record]bool) {
	written = map[*record]bool{}
	if len(batch) == 0 {
		return written
	}
	unlock, lockErr := h.blobs.lock(false)
	defer unlock()
	for _, r := range batch {
		err := lockErr
		if err == nil {
			err = h.writeRecord(r)
		}
		if err == nil {
			written[r] = true
			continue
		}
		h.reportOnce("write", err.Error()+"; a restart will forget earlier scripts; make the directory of the setting state writable, or name another", "generation", r.Generation)
	}
	if len(written) == len(batch) {
		h.clearReport("write")
	}
	return written
}

// writeRecord writes the files before the manifest that names them, so that a
// manifest is complete whatever happens between the two.
func (h *History) writeRecord(r *record) error {
	m := r.manifest // others read the record itself
	if r.first {
		manifests, _ := h.readManifests()
		if len(manifests) > 0 {
			newest := manifests[0]
			if newest.Generation == r.Generation {
				m = newest // after a restart the same generation serves
			} else {
				m.Added, m.Edited, m.Removed = changes(newest.files, r.files)
			}
		}
	}
	files := make(map[string]string, len(r.data))
	for s, data := range r.data {
		files[hexSum(s)] = data
	}
	if err := h.blobs.putFiles(files); err != nil {
		return err
	}
	return h.blobs.putManifest(r.Generation, m.encode())
}
