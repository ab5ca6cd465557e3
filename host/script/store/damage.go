package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

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
