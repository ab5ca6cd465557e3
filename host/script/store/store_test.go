package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
)

func TestAGenerationIsTheTreeAsItWas(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "require 'lib.util'", "lib/util.lua", "return 1", "ivr/init.lua", "return 2", "menu.json", "{}", ".git/config", "x", "main.lua~", "x")
	s, _, _ := openManual(t, dir, Config{})
	g := s.Current()

	for ask, file := range map[string]string{"main": "main.lua", "main.lua": "main.lua", "lib/util": "lib/util.lua"} {
		if sc, err := g.Script(ask); err != nil || sc.Name() != file {
			t.Errorf("Script(%q) = %v, %v, want %s", ask, sc, err, file)
		}
	}
	for ask, file := range map[string]string{"lib.util": "lib/util.lua", "lib/util": "lib/util.lua", "lib/util.lua": "lib/util.lua", "./lib/util.lua": "lib/util.lua", "ivr": "ivr/init.lua", "main": "main.lua"} {
		if sc, err := g.Require(ask); err != nil || sc.Name() != file {
			t.Errorf("Require(%q) = %v, %v, want %s", ask, sc, err, file)
		}
	}
	if data, err := g.ReadFile("./menu.json"); err != nil || data != "{}" {
		t.Errorf("ReadFile = %q, %v", data, err)
	}
	var names []string
	for _, f := range g.Files() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "ivr/init.lua lib/util.lua main.lua menu.json" {
		t.Errorf("files: %s", got)
	}
	if len(g.Name()) != 12 || !g.loaded.Equal(time.Unix(1e9, 0)) {
		t.Errorf("generation %q loaded %v", g.Name(), g.loaded)
	}

	must(t, os.RemoveAll(dir))
	if _, err := g.Require("lib.util"); err != nil {
		t.Errorf("the generation has gone with the directory: %v", err)
	}
}

func TestNamesOutsideTheTree(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "tree/main.lua", "", "secret.lua", "return 1")
	s, _, _ := openManual(t, filepath.Join(dir, "tree"), Config{})
	g := s.Current()
	var missing *NotFoundError
	for _, name := range []string{"../secret", filepath.Join(dir, "secret.lua"), "nothing", ""} {
		if _, err := g.Script(name); !errors.As(err, &missing) {
			t.Errorf("Script(%q): %v", name, err)
		}
		if sc, err := g.Require(name); err == nil {
			t.Errorf("Require(%q) = %v", name, sc)
		}
		if data, err := g.ReadFile(name); err == nil {
			t.Errorf("ReadFile(%q) = %q", name, data)
		}
	}
	_, err := g.Require("lib.menu")
	if want := `"lib.menu" is not among the scripts: no lib/menu.lua, no lib/menu/init.lua (generation ` + g.Name() + ")"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestEqualTreesHaveEqualNames(t *testing.T) {
	name := func(files ...string) string {
		dir := t.TempDir()
		put(t, dir, files...)
		s, _, _ := openManual(t, dir, Config{})
		return s.Current().Name()
	}
	a := name("a.lua", "return 1", "b.txt", "x")
	if b := name("b.txt", "x", "a.lua", "return 1"); a != b {
		t.Errorf("equal trees are named %s and %s", a, b)
	}
	for _, other := range []string{
		name("a.lua", "return 2", "b.txt", "x"),
		name("a.lua", "return 1", "c.txt", "x"),
		name("a.lua", "return 1"),
	} {
		if other == a {
			t.Errorf("a different tree is named %s too", a)
		}
	}
}

func TestOpenOfAMissingDirectory(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "file", "")
	for name, want := range map[string]string{"missing": "no such file or directory", "file": "not a directory"} {
		_, err := Open(t.Context(), filepath.Join(dir, name), Config{}, vm.Compile, quiet, clock.System())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Join(dir, name)) {
			t.Errorf("Open(%s): %v", name, err)
		}
	}
}

func TestLimitsOfTheTree(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.lua", "return 1", "b.lua", "return 2")
	for want, limits := range map[string]Limits{
		"more than 1 scripts":  {Files: 1},
		"larger than 10 bytes": {Total: 10},
	} {
		_, err := Open(t.Context(), dir, Config{Limits: limits}, vm.Compile, quiet, clock.System())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open with %+v: %v", limits, err)
		}
	}
	put(t, dir, "long.wav", strings.Repeat("x", 9))
	s, _, _ := openManual(t, dir, Config{Limits: Limits{File: 8}})
	if st := s.Status(); st.Refused || !strings.HasPrefix(problemTexts(st.Problems), "long.wav: is larger than 8 bytes") {
		t.Errorf("status %+v", st)
	}
}

func TestAnEmptyDirectoryServesNothingYet(t *testing.T) {
	s, _, _ := openManual(t, t.TempDir(), Config{})
	if _, err := s.Current().Script("main"); err == nil {
		t.Error("a script in an empty directory")
	}
}

func TestEmbeddedScripts(t *testing.T) {
	files := fstest.MapFS{"a.lua": {Data: []byte("require 'lib.b'")}, "lib/b.lua": {Data: []byte("return 1")}}
	s, err := OpenFS(files, Config{}, vm.Compile, quiet, clock.System())
	must(t, err)
	start(t, s)
	if sc, err := s.Current().Require("lib.b"); err != nil || sc.Name() != "lib/b.lua" {
		t.Errorf("Require = %v, %v", sc, err)
	}
	files["lib/b.lua"].Data = []byte("return return")
	if _, err := OpenFS(files, Config{}, vm.Compile, quiet, clock.System()); err == nil || !strings.Contains(err.Error(), "lib/b.lua:1: ") {
		t.Errorf("broken embedded script: %v", err)
	}
}

// failing is a file system in which one operation on one file fails.
type failing struct {
	fs.FS
	op, name string
}

func (f failing) err(op, name string) error {
	if op == f.op && name == f.name {
		return &fs.PathError{Op: op, Path: name, Err: errors.New("i/o error")}
	}
	return nil
}

func (f failing) Open(name string) (fs.File, error) {
	if err := f.err("open", name); err != nil {
		return nil, err
	}
	file, err := f.FS.Open(name)
	return failingFile{file, f, name}, err
}

func (f failing) Stat(name string) (fs.FileInfo, error) {
	if err := f.err("stat", name); err != nil {
		return nil, err
	}
	return fs.Stat(f.FS, name)
}

type failingFile struct {
	fs.File
	fsys failing
	name string
}

func (f failingFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if err := f.fsys.err("list", f.name); err != nil {
		return nil, err
	}
	return f.File.(fs.ReadDirFile).ReadDir(n)
}

func (f failingFile) Read(p []byte) (int, error) {
	if err := f.fsys.err("read", f.name); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f failingFile) Stat() (fs.FileInfo, error) {
	if err := f.fsys.err("fstat", f.name); err != nil {
		return nil, err
	}
	return f.File.Stat()
}

// A file or directory that cannot be read is a problem, not a missing file.
func TestErrorsOfTheFileSystem(t *testing.T) {
	files := fstest.MapFS{"a.lua": {Data: []byte("return 1")}, "lib/b.lua": {Data: []byte("return 1")}}
	for _, fsys := range []failing{
		{files, "stat", "a.lua"}, {files, "open", "a.lua"}, {files, "fstat", "a.lua"}, {files, "read", "a.lua"}, {files, "open", "lib"}, {files, "fstat", "lib"}, {files, "list", "lib"},
	} {
		tree := scanFS(t, fsys, Config{}.withDefaults().Limits, emptyTree(), rereadNone)
		if got := problemTexts(tree.problems); got != fsys.name+": cannot be read: i/o error" || len(tree.files) != 1 {
			t.Errorf("%s %s: %d files, problems:\n%s", fsys.op, fsys.name, len(tree.files), got)
		}
	}
	tree := scanFS(t, failing{files, "list", "."}, Config{}.withDefaults().Limits, emptyTree(), rereadNone)
	if got := problemTexts(tree.problems); got != "the script directory cannot be read: i/o error" {
		t.Errorf("problems:\n%s", got)
	}
}
