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

// surplus returns the generations beyond those to keep, of a list with the newest
// first. Of changes that touched no script and follow each other it takes all but the
// last before it takes anything else: a file that changes all day does not push the
// scripts of yesterday out.
func surplus(list []Entry, keep int, protected []string) map[string]bool {
	old := map[string]bool{}
	var left []Entry
	for i := len(list) - 1; i >= 0; i-- { // the oldest first
		e := list[i]
		isPassing := i > 0 && e.changesNoScript() && list[i-1].changesNoScript()
		if isPassing && len(list)-len(old) > keep && !slices.Contains(protected, e.Generation) {
			old[e.Generation] = true
		} else {
			left = append(left, e)
		}
	}
	for _, e := range left[:max(0, len(left)-keep)] {
		if !slices.Contains(protected, e.Generation) {
			old[e.Generation] = true
		}
	}
	return old
}

// changesNoScript reports whether a generation differs from the one before it, but
// not in a script.
func (e Entry) changesNoScript() bool {
	names := slices.Concat(e.Added, e.Edited, e.Removed)
	return len(names) > 0 && !slices.ContainsFunc(names, isScript)
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
	entries := make([]Entry, len(manifests))
	for i, m := range manifests {
		entries[i] = m.Entry
	}
	old := surplus(entries, h.keep, protected)
	used := map[string]bool{}
	errs := []error{h.blobs.removeUnfinished()}
	for _, m := range manifests {
		if old[m.Generation] {
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
