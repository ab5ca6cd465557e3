package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestABrokenSaveChangesNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1", "lib/menu.lua", "return {}")
	s, clk, log := openManual(t, dir, Config{})
	good := s.Current()
	script, _ := good.Require("lib.menu")

	put(t, dir, "main.lua", "return 2", "lib/menu.lua", "local m = {}\n\nlocal = 3\n")
	broken := clk.Now()
	for range 3 { // it stays broken, and is logged once
		if err := s.Reload(context.Background()); err == nil || !strings.HasPrefix(err.Error(), "lib/menu.lua:3: ") {
			t.Fatalf("Reload: %v", err)
		}
		clk.Advance(time.Minute)
	}
	st := s.Status()
	if s.Current() != good || !st.Refused || st.Generation != good.Name() || !st.Since.Equal(broken) || st.Refusals != 1 {
		t.Errorf("serving %s, status %+v", s.Current().Name(), st)
	}
	if n := log.Count("lib/menu.lua:3: "); n != 1 {
		t.Errorf("the error is logged %d times", n)
	}

	put(t, dir, "main.lua", "return 3") // right, but the tree is still broken
	if s.Reload(context.Background()) == nil || s.Current() != good || log.Count("lib/menu.lua:3: ") != 1 {
		t.Errorf("serving %s, logged %d times", s.Current().Name(), log.Count("lib/menu.lua:3: "))
	}

	put(t, dir, "main.lua", "return 2", "lib/menu.lua", "local m = {}\nreturn return")
	if err := s.Reload(context.Background()); err == nil || !strings.HasPrefix(err.Error(), "lib/menu.lua:2: ") {
		t.Fatalf("Reload: %v", err)
	}
	if n := log.Count("lib/menu.lua:2: "); n != 1 {
		t.Errorf("another error is logged %d times", n)
	}
	if st := s.Status(); !st.Since.Equal(broken) {
		t.Errorf("broken since %v, want %v", st.Since, broken)
	}

	put(t, dir, "lib/menu.lua", "return {}")
	must(t, s.Reload(context.Background()))
	st = s.Status()
	if !holds(s.Current(), "main.lua", "return 2", "lib/menu.lua", "return {}") || st.Refused || len(st.Problems) != 0 || !st.Since.IsZero() || st.Swaps != 2 {
		t.Errorf("serving %+v, status %+v", s.Current().Files(), st)
	}
	if n := log.Count("all problems are solved"); n != 1 {
		t.Errorf("logged %d times that all problems are solved", n)
	}
	if again, _ := s.Current().Require("lib.menu"); again != script {
		t.Error("an unchanged script was compiled again")
	}
}

func TestABrokenSaveTakenBackIsNoNewGeneration(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, _, _ := openManual(t, dir, Config{})
	good := s.Current()
	put(t, dir, "main.lua", "return return")
	if s.Reload(context.Background()) == nil {
		t.Fatal("the broken file was taken")
	}
	put(t, dir, "main.lua", "return 1")
	must(t, s.Reload(context.Background()))
	if st := s.Status(); s.Current() != good || st.Swaps != 1 || st.Refused {
		t.Errorf("status %+v", st)
	}
}

// A file that was wrong from the start must stay right once it is, also if no file
// that was read has changed.
func TestABadLinkFromTheStartIsRemoved(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "good.lua", "return 1")
	must(t, os.Symlink("nowhere.lua", filepath.Join(dir, "bad.lua")))
	s, _, _ := openManual(t, dir, Config{})
	must(t, os.Remove(filepath.Join(dir, "bad.lua")))
	must(t, s.Reload(context.Background()))
	put(t, dir, "bad.lua", "return return")
	if err := s.Reload(context.Background()); err == nil || !holds(s.Current(), "good.lua", "return 1") {
		t.Errorf("%v; %+v serves", err, s.Current().Files())
	}
}

// After a restart with a broken file there is no generation before it. The other
// flows serve and can be edited.
func TestAFileBrokenFromTheStartDoesNotDelayOthers(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "good.lua", "return 1", "bad.lua", "return return")
	s, _, log := openManual(t, dir, Config{})
	if _, err := s.Current().Script("bad"); err == nil || !strings.HasPrefix(err.Error(), "bad.lua:1: ") {
		t.Errorf("Script(bad): %v", err)
	}
	if _, err := s.Current().Script("good"); err != nil {
		t.Errorf("Script(good): %v", err)
	}
	if st := s.Status(); st.Refused || len(st.Problems) != 1 || st.Since.IsZero() || log.Count("bad.lua:1: ") != 1 {
		t.Errorf("status %+v", st)
	}

	put(t, dir, "good.lua", "return 2")
	if err := s.Reload(context.Background()); err == nil || !strings.HasPrefix(err.Error(), "bad.lua:1: ") {
		t.Errorf("Reload: %v", err)
	}
	if data, _ := s.Current().ReadFile("good.lua"); data != "return 2" {
		t.Errorf("good.lua serves %q", data)
	}
	put(t, dir, "good.lua", "return return")
	_ = s.Reload(context.Background())
	if data, _ := s.Current().ReadFile("good.lua"); data != "return 2" {
		t.Errorf("a broken save of good.lua serves: %q", data)
	}
	put(t, dir, "good.lua", "return 2", "bad.lua", "return 3")
	must(t, s.Reload(context.Background()))
	put(t, dir, "bad.lua", "return return")
	_ = s.Reload(context.Background())
	if _, err := s.Current().Script("bad"); err != nil {
		t.Errorf("once right, a broken save of it serves: %v", err)
	}
}

func TestAModuleThatIsMissing(t *testing.T) {
	for name, tc := range map[string]struct {
		files []string
		want  string // problems
		grave bool
	}{
		"in the tree":         {[]string{"main.lua", "require 'lib.a'", "lib/a.lua", ""}, "", false},
		"a directory's init":  {[]string{"main.lua", "require 'lib'", "lib/init.lua", ""}, "", false},
		"built in":            {[]string{"main.lua", "local json = require 'json'"}, "", false},
		"a data file":         {[]string{"main.lua", "require 'menu'", "menu.json", "{}"}, `main.lua:1: requires "menu", which is neither a built-in module nor in the script directory (menu.lua)`, true},
		"missing":             {[]string{"main.lua", "\nrequire 'lib.a'"}, `main.lua:2: requires "lib.a", which is neither a built-in module nor in the script directory (lib/a.lua)`, true},
		"outside":             {[]string{"main.lua", "require '../a'"}, `main.lua:1: module "../a": a module outside the script directory cannot be loaded`, true},
		"perhaps not needed":  {[]string{"main.lua", "if x then require 'luasql.postgres' end"}, `main.lua:1: requires "luasql.postgres", which is neither a built-in module nor in the script directory (luasql/postgres.lua)`, false},
		"tried":               {[]string{"main.lua", "local ok, sql = pcall(require, 'luasql.mysql')"}, "", false},
		"provided":            {[]string{"main.lua", "package.preload['db.a'] = function() return {} end require 'db.a' require 'sub'", "sub.lua", "require 'db.a' package.loaded.b = {} return require 'b'"}, "", false},
		"another is provided": {[]string{"main.lua", "package.preload.a = print require 'b'"}, `main.lua:1: requires "b", which is neither a built-in module nor in the script directory (b.lua)`, false},
		"its script is wrong": {[]string{"main.lua", "require 'a'", "a.lua", "return return"}, "a.lua:1: ", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "old.lua", "return 0")
			s, _, _ := openManual(t, dir, Config{Modules: []string{"json"}})
			put(t, dir, tc.files...)
			err := s.Reload(context.Background())
			st := s.Status()
			if got := problemTexts(st.Problems); got != tc.want && (tc.want == "" || !strings.HasPrefix(got, tc.want)) {
				t.Errorf("problems:\n%s\nwant:\n%s", got, tc.want)
			}
			if (err != nil) != tc.grave || st.Refused != tc.grave {
				t.Errorf("Reload: %v, refused %v", err, st.Refused)
			}
		})
	}
}

func TestARequiredModuleIsDeleted(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "require 'lib.a'", "lib/a.lua", "return 1")
	s, _, _ := openManual(t, dir, Config{})
	must(t, os.RemoveAll(filepath.Join(dir, "lib")))
	if err := s.Reload(context.Background()); err == nil || !strings.HasPrefix(err.Error(), `main.lua:1: requires "lib.a"`) {
		t.Errorf("Reload: %v", err)
	}
	if _, err := s.Current().Require("lib.a"); err != nil {
		t.Error(err)
	}
}

func TestAnEmptiedTreeIsRefused(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1", "menu.json", "{}")
	s, _, _ := openManual(t, dir, Config{})
	must(t, os.Remove(filepath.Join(dir, "main.lua")))
	if err := s.Reload(context.Background()); err == nil || !strings.Contains(err.Error(), "has no *.lua file") {
		t.Errorf("Reload: %v", err)
	}
	if !holds(s.Current(), "main.lua", "return 1", "menu.json", "{}") {
		t.Error("the last good generation does not serve")
	}
}

func TestLinksAndPipes(t *testing.T) {
	for name, tc := range map[string]struct{ link, target, want string }{
		"outside":              {"x.lua", "../secret.lua", "x.lua: this link is to ../secret.lua, outside the script directory"},
		"a directory outside":  {"lib", "../outside", "lib: this link is to ../outside, outside the script directory"},
		"absolute":             {"x.lua", "/etc/passwd", "x.lua: this link is to the absolute path /etc/passwd"},
		"nowhere":              {"x.lua", "gone.lua", "x.lua: this link is to gone.lua, which does not exist"},
		"back to where it is":  {"mod/up", "..", ""},
		"to itself":            {"x.lua", "x.lua", "x.lua: this link is to x.lua"},
		"a file inside":        {"x.lua", "mod/a.lua", ""},
		"a directory inside":   {"lib", "mod", ""},
		"hidden, of an editor": {".#x.lua", "me@host.1234", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "scripts")
			put(t, root, "scripts/mod/a.lua", "return 1", "secret.lua", "return 'secret'", "outside/b.lua", "return 2")
			s, _, _ := openManual(t, dir, Config{})
			must(t, os.Symlink(tc.target, filepath.Join(dir, tc.link)))
			must(t, syscall.Mkfifo(filepath.Join(dir, "pipe.lua"), 0o600)) // reading it would never return
			err := s.Reload(context.Background())
			if tc.want == "" {
				must(t, err)
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("Reload: %v, want %s", err, tc.want)
			}
			if len(s.Current().Files()) != 1 {
				t.Errorf("serving %+v", s.Current().Files())
			}
		})
	}
}

// A tree that never stops changing is accepted after a second all the same.
func TestASteadyStreamOfSavesDelaysNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0", "other.lua", "return 0")
	s, clk, _ := openManual(t, dir, Config{})
	w := unnotified(s)
	put(t, dir, "other.lua", "return 1")
	begin := clk.Now()
	for i := 1; s.Status().Swaps == 1; i++ {
		replace(t, dir, "main.lua", fmt.Sprintf("return %d", i))
		w.debounce.note(clk.Now())
		clk.Advance(s.cfg.Quiet)
		w.step(t.Context())
		if clk.Now().Sub(begin) > 2*time.Second {
			t.Fatal("the stream holds other.lua up")
		}
	}
	if early := clk.Now().Sub(begin) < time.Second; early {
		t.Error("a tree that changes was taken at once")
	}
	if data, _ := s.Current().ReadFile("other.lua"); data != "return 1" {
		t.Errorf("other.lua serves %q", data)
	}
}

// On a slow disk an editor may remove the old file long before the new one exists:
// no call gets a tree without it.
func TestADeletedFileMayComeBack(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1", "other.lua", "return 1")
	s, clk, _ := openManual(t, dir, Config{})
	w := unnotified(s)
	w.step(t.Context()) // asks for notifications
	scan := func() {
		w.debounce.note(clk.Now())
		for range 3 { // the first sees the change, the next that it is stable
			clk.Advance(s.cfg.Quiet)
			w.step(t.Context())
		}
	}
	must(t, os.Remove(filepath.Join(dir, "main.lua")))
	put(t, dir, "other.lua", "return 2")
	scan()
	if !holds(s.Current(), "main.lua", "return 1", "other.lua", "return 1") {
		t.Fatalf("a file was missing for a moment, and %+v serves", s.Current().Files())
	}
	put(t, dir, "main.lua", "return 2")
	scan()
	if !holds(s.Current(), "main.lua", "return 2", "other.lua", "return 2") {
		t.Fatalf("it came back, and %+v serves", s.Current().Files())
	}
	must(t, os.Remove(filepath.Join(dir, "main.lua")))
	w.debounce.note(clk.Now())
	for began := clk.Now(); clk.Now().Sub(began) < s.cfg.MaxDelay; {
		clk.Advance(s.cfg.Quiet)
		w.step(t.Context())
	}
	if !holds(s.Current(), "other.lua", "return 2") {
		t.Fatalf("it was deleted, and %+v serves", s.Current().Files())
	}
}

// A deploy leaves a file out on purpose; an edit of what was deployed may not.
func TestAFileThatADeployLeavesOutIsRemovedAtOnce(t *testing.T) {
	root := t.TempDir()
	put(t, root, "1/main.lua", "return 1", "1/old.lua", "return 1", "2/main.lua", "return 2", "3/main.lua", "return 2")
	link := filepath.Join(root, "current")
	relink(t, "1", link)
	s, clk, _ := openManual(t, link, Config{})
	w := unnotified(s)
	w.step(t.Context())
	scan := func() {
		w.debounce.note(clk.Now())
		for range 3 {
			clk.Advance(s.cfg.Quiet)
			w.step(t.Context())
		}
	}
	for _, release := range []string{"2", "3"} { // which are the same
		relink(t, release, link)
		scan()
		if !holds(s.Current(), "main.lua", "return 2") {
			t.Fatalf("of release %s %+v serves", release, s.Current().Files())
		}
	}
	must(t, os.Rename(filepath.Join(root, "3/main.lua"), filepath.Join(root, "3/main.lua~")))
	put(t, root, "3/other.lua", "return 3")
	scan()
	if !holds(s.Current(), "main.lua", "return 2") {
		t.Fatalf("a file was missing for a moment, and %+v serves", s.Current().Files())
	}
}

func TestOldGenerationsAreFreed(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1", "lib/util.lua", "return 1")
	s, _, _ := openManual(t, dir, Config{})
	freed := make(chan string, 2)
	runtime.AddCleanup(s.Current(), func(name string) { freed <- name }, "first")
	call := s.Current() // a running call keeps its generation

	put(t, dir, "main.lua", "return 2")
	must(t, s.Reload(context.Background()))
	runtime.AddCleanup(s.Current(), func(name string) { freed <- name }, "second")
	put(t, dir, "main.lua", "return 3")
	must(t, s.Reload(context.Background()))
	if got := collect(freed); got != "second" {
		t.Fatalf("freed %q, want the second, which nobody holds", got)
	}
	if data, err := call.ReadFile("main.lua"); err != nil || data != "return 1" {
		t.Errorf("the call's generation has %q, %v", data, err)
	}
	runtime.KeepAlive(call)
	if got := collect(freed); got != "first" {
		t.Fatalf("freed %q, want the first, whose call has ended", got)
	}
	runtime.KeepAlive(s)
}

// collect runs the garbage collector until something is freed.
func collect(freed <-chan string) string { return collectFor(freed, 100) }

func collectFor(freed <-chan string, rounds int) string {
	for range rounds {
		runtime.GC()
		select {
		case name := <-freed:
			return name
		default:
			runtime.Gosched()
		}
	}
	return "nothing"
}
