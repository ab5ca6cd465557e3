package store

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/eslua/eslua/host/script/vm"
)

// A Dir is a directory whose files are read when they are asked for. It serves a
// script that is run once; other files there are not read.
type Dir struct {
	dir     string
	limits  Limits
	compile Compile
}

// NewDir returns the scripts and files of dir.
func NewDir(dir string, compile Compile) Dir {
	return Dir{dir: dir, limits: Config{}.withDefaults().Limits, compile: compile}
}

// Require does what Generation.Require does, with what the directory holds now.
func (d Dir) Require(name string) (*vm.Script, error) {
	files, err := moduleFiles(name)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		data, err := d.ReadFile(file)
		switch {
		case err == nil:
			return d.compile(file, []byte(data))
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return nil, &NotFoundError{Name: name, Tried: files}
}

// ReadFile does what Generation.ReadFile does, with what the directory holds now.
func (d Dir) ReadFile(name string) (string, error) {
	return readRegular(d.dir, name, d.limits.File)
}

// List returns what Generation.Names does, with what the directory holds now.
func (d Dir) List(ctx context.Context) (names []string) {
	root, err := openRoot(d.dir)
	if err != nil {
		return nil
	}
	defer root.Close()
	w := &walk{ctx: ctx, fsys: root, limits: d.limits, report: &report{}}
	if w.run() != nil {
		return nil
	}
	for _, f := range slices.Concat(w.scripts, w.others) {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}
