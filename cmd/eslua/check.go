package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// check compiles the scripts of directories, and single files, and prints their
// errors. A directory is one script tree; a file is checked in the tree
// of its directory.
func check(p *program, _ context.Context, args []string) error {
	cfg, paths, err := p.settings("check", args)
	if err != nil {
		return err
	}
	if len(paths) == 0 && cfg.Scripts != "" {
		paths = []string{cfg.Scripts}
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	wrong := false
	for _, path := range paths {
		dir, files, err := checkTarget(path)
		if err != nil {
			return err
		}
		problems, err := store.Check(dir, files, store.Config{}, vm.Compile)
		if err != nil {
			return err
		}
		for _, problem := range problems {
			wrong = wrong || !problem.Warning
			if problem.File != "" {
				problem.File = filepath.Join(dir, problem.File)
			}
			fmt.Fprintln(p.stdout, problem)
		}
	}
	if wrong {
		return &reportedError{}
	}
	return nil
}

// checkTarget returns the tree of a path and which of its files to report on; nil is all.
func checkTarget(path string) (dir string, files []string, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("%s: no such file or directory", path)
	}
	if err != nil {
		return "", nil, err
	}
	if info.IsDir() {
		return path, nil, nil
	}
	return filepath.Dir(path), []string{filepath.Base(path)}, nil
}
