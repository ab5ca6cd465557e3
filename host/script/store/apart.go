package store

import (
	"fmt"
	"path/filepath"
)

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
