// Package disk writes files so that they survive a power cut.
package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// tempPrefix begins the names of files that are not complete yet.
const tempPrefix = ".half-"

// WriteFiles writes files (contents by name) into dir, which it makes if it is
// missing. Each file appears with all its bytes or not at all, and all of them
// are on the disk when WriteFiles returns.
func WriteFiles(dir string, files map[string]string) error {
	return writer{(*os.File).Sync}.writeFiles(dir, files)
}

// MakeDir makes a directory, with its parents, that survives a power cut.
func MakeDir(dir string) error { return writer{(*os.File).Sync}.makeDir(dir) }

// RemoveUnfinished removes the files in dir that a crash left incomplete. Nobody
// may be writing there.
func RemoveUnfinished(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

type writer struct{ sync func(*os.File) error }

func (w writer) writeFiles(dir string, files map[string]string) error {
	if err := w.makeDir(dir); err != nil || len(files) == 0 {
		return err
	}
	for name, text := range files {
		if err := w.writeFile(dir, name, text); err != nil {
			return err
		}
	}
	return w.syncDir(dir)
}

func (w writer) writeFile(dir, name, text string) error {
	f, err := os.CreateTemp(dir, tempPrefix)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = w.sync(f)
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (w writer) makeDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := w.makeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return w.syncDir(parent)
}

// syncDir makes the names in dir survive a power cut: syncing a file does not.
func (w writer) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = w.sync(d)
	if errors.Is(err, syscall.EINVAL) { // this file system cannot sync a directory
		err = nil
	}
	return errors.Join(err, d.Close())
}
