package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/eslua/eslua/host/script/vm"
)

// Loose is a directory whose files are read when they are asked for: the tree of
// a script that is run once. What else lies there is not looked at.
type Loose struct {
	dir     string
	limits  Limits
	compile Compile
}

// NewLoose is for the scripts and files of dir.
func NewLoose(dir string, compile Compile) Loose {
	return Loose{dir: dir, limits: Config{}.withDefaults().Limits, compile: compile}
}

// Require is as Generation's, of what the directory holds now.
func (l Loose) Require(name string) (*vm.Script, error) {
	files, err := moduleFiles(name)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		data, err := l.ReadFile(file)
		switch {
		case err == nil:
			return l.compile(file, []byte(data))
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return nil, &NotFoundError{Name: name, Tried: files}
}

// ReadFile is as Generation's, of what the directory holds now.
func (l Loose) ReadFile(name string) (string, error) {
	root, err := os.OpenRoot(l.dir) // no link leads out of it
	if err != nil {
		return "", err
	}
	defer root.Close()
	switch info, err := root.Stat(name); {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular(): // a pipe would block
		return "", fmt.Errorf("%s is no regular file", name)
	case info.Size() > l.limits.File:
		return "", fmt.Errorf("%s has %d bytes, at most %d are read", name, info.Size(), l.limits.File)
	}
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(io.LimitReader(f, l.limits.File))
	return string(data), errors.Join(err, f.Close())
}
