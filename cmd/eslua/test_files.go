package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eslua/eslua/bindings"
	flowtests "github.com/eslua/eslua/bindings/flowtest"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/flowtest"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// A testFile is a file of tests.
type testFile struct {
	path   string
	root   string // the script directory of the flows
	config string // the file of the configuration; "": none
	cfg    config.Config
}

const testEnding = "_test.lua" // see store.IsTest

// findTests returns the files of tests in the paths.
func findTests(paths []string, scripts string) (files []testFile, err error) {
	for _, path := range paths {
		if of := strings.TrimSuffix(path, ".lua") + testEnding; strings.HasSuffix(path, ".lua") && !strings.HasSuffix(path, testEnding) && isFile(of) {
			path = of // the tests of a flow
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, &usageError{fmt.Sprintf("eslua test: %s: no such file or directory", path)}
		case err != nil:
			return nil, err
		case !info.IsDir() && !strings.HasSuffix(path, testEnding):
			return nil, &usageError{fmt.Sprintf("eslua test: %s is no file of tests, and there is no %s beside it", path, filepath.Base(strings.TrimSuffix(path, ".lua")+testEnding))}
		case !info.IsDir():
			files = append(files, newTestFile(path, filepath.Dir(path), scripts))
			continue
		}
		err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != path {
				return fs.SkipDir
			}
			if err == nil && d.Type().IsRegular() && strings.HasSuffix(name, testEnding) && !strings.HasPrefix(d.Name(), ".") {
				files = append(files, newTestFile(name, path, scripts))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// newTestFile returns a file that was found below a directory.
func newTestFile(path, under, scripts string) testFile {
	f := testFile{path: path, root: filepath.Dir(path)}
	if own, _ := filepath.Glob(filepath.Join(under, "*.lua")); slices.ContainsFunc(own, func(name string) bool { return !strings.HasSuffix(name, testEnding) }) {
		f.root = under
	}
	if isBelow(scripts, path) {
		f.root = scripts
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		yaml := filepath.Join(dir, "eslua.yaml")
		if _, err := os.Stat(yaml); err == nil {
			f.config = yaml
			return f
		}
		if below, err := within(under, dir); err != nil || below == "." || !filepath.IsLocal(below) {
			return f
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isBelow(dir, path string) bool {
	below, err := within(dir, path)
	return dir != "" && err == nil && filepath.IsLocal(below)
}

// configure reads the configuration of the file's tests.
func (t *flowTests) configure(f *testFile) (source []byte, err error) {
	if t.overrides.file != "" {
		f.config = t.overrides.file
	}
	if f.config == "" {
		f.cfg = config.Default()
		return nil, nil
	}
	if f.cfg, err = config.Load(f.config); err != nil {
		return nil, err
	}
	if isBelow(f.cfg.Scripts, f.path) {
		f.root = f.cfg.Scripts
	}
	return os.ReadFile(f.config)
}

// list returns the tests in the file, or the result that says why they are not known.
func (f testFile) list(ctx context.Context) ([]flowtest.Case, *flowtest.Result) {
	reading := &flowtests.Play{}
	err := f.read(ctx, reading, func(string) {})
	if err == nil {
		return reading.Found, nil
	}
	r := &flowtest.Result{Case: flowtest.Case{Name: "the file", File: f.path, Line: 1}, Failure: err.Error()}
	var failed *vm.ScriptError
	if errors.As(err, &failed) {
		r.Case.Line = failed.Line
	}
	return nil, r
}

// read runs the file's script.
func (f testFile) read(ctx context.Context, reading *flowtests.Play, print func(string)) error {
	set := bindings.New(bindings.Deps{}, flowtests.Module{Play: reading})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		return err
	}
	general := run.GeneralConfig(&f.cfg)
	if general.Root, err = filepath.Abs(f.root); err != nil {
		return err
	}
	return run.New(run.Deps{Machine: machine, Binder: set, Clock: clock.System()}).Run(ctx, &run.Run{
		Flow: f.path, Name: f.path,
		Scripts: looseScript{store.NewDir(f.root, vm.Compile), ctx},
		Config:  general, Print: print,
	})
}

// stampOf returns a text that changes when a script or a test does, or a configuration. What
// else changes beside them, such as a report, is not looked at.
func stampOf(files []testFile, config string) string {
	var stamp strings.Builder
	seen := map[string]bool{}
	look := func(path string) {
		if info, err := os.Stat(path); err == nil && !seen[path] {
			fmt.Fprintln(&stamp, path, info.Size(), info.ModTime().UnixNano())
		}
		seen[path] = true
	}
	look(config)
	for _, f := range files {
		look(f.config)
		for _, dir := range []string{f.root, filepath.Dir(f.path)} {
			if seen[dir] {
				continue
			}
			seen[dir] = true
			_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
				switch {
				case err != nil:
				case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != dir:
					return fs.SkipDir
				case strings.HasSuffix(name, ".lua"):
					look(name)
				}
				return nil
			})
		}
	}
	return stamp.String()
}
