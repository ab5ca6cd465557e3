package file

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// readWithin reads a regular file below dir. The target of a symbolic link must be
// below dir too. Only regular files are opened, because a pipe or a device would
// block. charge is called with the size before the memory is allocated.
func readWithin(dir, name string, charge func(bytes int)) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return "", err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may be another file by now
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err = f.Stat(); err == nil {
		err = regular(info)
	}
	if err != nil {
		return "", err
	}
	charge(int(info.Size()))
	var b strings.Builder
	b.Grow(int(info.Size()))
	if _, err := io.CopyN(&b, f, info.Size()); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return b.String(), nil
}

var errIrregular = errors.New("not a regular file")

func regular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return syscall.EISDIR
	case !info.Mode().IsRegular():
		return errIrregular
	}
	return nil
}
