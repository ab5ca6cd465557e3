package store

import (
	"errors"
	"os"
	"slices"
)

// prune removes the oldest generations beyond those to keep, and then the files
// that belong to none. A crash between the two leaves files that the next prune
// removes.
func (h *History) prune() {
	h.mu.Lock()
	known, pruneAbove := h.protected != nil, h.pruneAbove
	h.mu.Unlock()
	names, err := h.blobs.names(manifestBlobs)
	if !known || err != nil || len(names) <= pruneAbove {
		return
	}
	unlock, err := h.blobs.lock(true)
	defer unlock()
	if err != nil {
		return // another process is writing; the next generation prunes
	}
	left, err := h.removeOld()
	if err != nil {
		h.reportOnce("prune", "old generations cannot be removed: "+err.Error()+"; make the directory of the setting state writable")
		return
	}
	h.clearReport("prune")
	h.mu.Lock()
	h.pruneAbove = max(left, h.keep) + h.keep/8 // pruning reads every manifest, which at each save would cost more than the save
	h.mu.Unlock()
}

// removeOld returns how many generations are left.
func (h *History) removeOld() (left int, err error) {
	manifests, err := h.readManifests()
	if err != nil {
		return len(manifests), nil // it was reported; a manifest that cannot be read now may need any file
	}
	protected := h.protectedNames() // after the manifests were read, so that a generation pinned since then is not removed
	h.mu.Lock()
	if h.serving != nil {
		protected = append(slices.Clip(protected), h.serving.name)
	}
	h.mu.Unlock()
	used := map[string]bool{}
	errs := []error{h.blobs.removeUnfinished()}
	for i, m := range manifests {
		if i >= h.keep && !slices.Contains(protected, m.Generation) {
			errs = append(errs, os.Remove(h.blobs.path(manifestBlobs, m.Generation)))
			continue
		}
		left++
		for _, s := range m.files {
			used[hexSum(s)] = true
		}
	}
	names, err := h.blobs.names(fileBlobs)
	errs = append(errs, err)
	for _, name := range names {
		if !used[name] {
			errs = append(errs, os.Remove(h.blobs.path(fileBlobs, name)))
		}
	}
	return left, errors.Join(errs...)
}
