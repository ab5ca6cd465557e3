package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// No link leads out of a rootFS. Opening a pipe or a device in it does not wait for
// anything: it may have taken a file's place since the file was looked at.
type rootFS struct{ *os.Root }

func openRoot(dir string) (rootFS, error) {
	root, err := os.OpenRoot(dir)
	return rootFS{root}, err
}

// Open opens a file for reading.
func (r rootFS) Open(name string) (fs.File, error) {
	f, err := r.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err // not a *os.File that is nil
	}
	return f, nil
}

// ReadLink makes rootFS an fs.ReadLinkFS.
func (r rootFS) ReadLink(name string) (string, error) { return r.Readlink(name) }

var errIrregular = errors.New("not a regular file")

// readRegular reads a file of at most limit bytes below dir.
func readRegular(dir, name string, limit int64) (string, error) {
	root, err := openRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	switch info, err := f.Stat(); {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s: %w", name, errIrregular)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes, the limit for a file", name, limit)
	}
	return string(data), err
}
