package store

import (
	"errors"
	"slices"
)

// tidy removes generations beyond those to keep, the oldest first, and then files
// that no generation has. The manifest goes before its files: what a crash leaves
// between the two are files too many, which the next tidying finds.
func (h *History) tidy() {
	h.mu.Lock()
	held, most, serving := h.held, h.most, h.serving
	h.mu.Unlock()
	names, err := h.shelf.names(roomGenerations)
	if held == nil || err != nil || len(names) <= most {
		return
	}
	spared := func() []string {
		if serving == nil {
			return held()
		}
		return append(slices.Clip(held()), serving.name)
	}
	unlock, err := h.shelf.lock(true)
	defer unlock()
	if err != nil {
		return // somebody is writing; the next generation comes by here again
	}
	if err := h.discard(spared); err != nil {
		h.tell("remove", "history: what is too old cannot be removed: "+err.Error()+"; see that the directory of the setting state is writable")
		return
	}
	h.untell("remove")
	left, _ := h.shelf.names(roomGenerations)
	h.mu.Lock()
	h.most = max(len(left), h.keep) + h.keep/8 // tidying reads every manifest: at each save that would cost more than the save
	h.mu.Unlock()
}

// discard asks what is spared when it knows what there is: whoever began to hold
// an old one until then is heard.
func (h *History) discard(held func() []string) error {
	manifests, err := h.manifests()
	if err != nil {
		return nil // it is told; what could not be read may need any file
	}
	spared := held()
	used := map[string]bool{}
	errs := []error{h.shelf.sweep()}
	for i, m := range manifests {
		if i >= h.keep && !slices.Contains(spared, m.Generation) {
			errs = append(errs, h.shelf.remove(roomGenerations, m.Generation))
			continue
		}
		for _, s := range m.files {
			used[hexSum(s)] = true
		}
	}
	names, err := h.shelf.names(roomFiles)
	errs = append(errs, err)
	for _, name := range names {
		if !used[name] {
			errs = append(errs, h.shelf.remove(roomFiles, name))
		}
	}
	return errors.Join(errs...)
}
