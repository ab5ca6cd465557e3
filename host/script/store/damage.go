package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// readManifests returns the manifests that are undamaged, newest first. It fails
// if some could not be read, and so may be undamaged.
func (h *History) readManifests() ([]manifest, error) {
	const remedy = "; check that eslua can read the directory of the setting state"
	if h.blobs == nil {
		return nil, nil
	}
	names, err := h.blobs.names(manifestBlobs)
	if err != nil {
		h.reportOnce("list", err.Error()+remedy)
		return nil, err
	}
	var (
		list       []manifest
		unreadable error
	)
	for _, name := range names {
		m, err := h.readManifest(name)
		var damage *damageError
		switch {
		case err == nil:
			list = append(list, m)
		case errors.Is(err, fs.ErrNotExist): // it has been pruned since
		case errors.As(err, &damage):
			h.reportOnce(name, err.Error())
		default:
			h.reportOnce(name, err.Error()+remedy)
			unreadable = err
		}
	}
	slices.SortStableFunc(list, func(a, b manifest) int { return newestFirst(a.Entry, b.Entry) })
	return list, unreadable
}

func (h *History) readManifest(name string) (manifest, error) {
	if h.blobs == nil {
		return manifest{}, fs.ErrNotExist
	}
	text, err := h.blobs.get(manifestBlobs, name)
	if err != nil {
		return manifest{}, err
	}
	m, err := parseManifest(text)
	if err == nil && m.Generation != name {
		err = fmt.Errorf("it is of generation %s", m.Generation)
	}
	if err != nil {
		return manifest{}, &damageError{generation: name, file: h.blobs.path(manifestBlobs, name), reason: err.Error()}
	}
	return m, nil
}

// A damageError reports that a generation is lost.
type damageError struct{ generation, file, reason string }

func (e *damageError) Error() string {
	return fmt.Sprintf("generation %s is damaged and cannot be restored: %s: %s; remove that file, or restore it from a backup", e.generation, e.file, e.reason)
}

// reportOnce logs a failure once, until clearReport is called.
func (h *History) reportOnce(key, message string, attrs ...any) {
	h.mu.Lock()
	known := h.reported[key]
	h.reported[key] = true
	h.mu.Unlock()
	if !known {
		h.log.Warn("history: "+message, attrs...)
	}
}

func (h *History) clearReport(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.reported, key)
}
