package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/testproc"
)

// A hostLife is a store with a history, from a start of the host to its end.
type hostLife struct {
	*Store
	history *History
	clk     *clock.Manual
	log     *testproc.Log
	dir     string
}

// openWithHistory opens a store over dir with a history in state ("" is memory).
// Only what serves is protected.
func openWithHistory(t testing.TB, dir, state string, keep int) *hostLife {
	t.Helper()
	k := &hostLife{clk: clock.NewManual(time.Unix(1e9, 0)), log: &testproc.Log{}, dir: dir}
	var err error
	k.history, err = OpenHistory(state, keep, k.log.Logger(), k.clk)
	must(t, err)
	if state != "" {
		k.history.blobs.write = writeUnsynced
	}
	k.history.Protect(func() []string { return nil })
	k.open(t)
	t.Cleanup(func() { k.awaitWritten(t) })
	return k
}

func (k *hostLife) open(t testing.TB) {
	t.Helper()
	var err error
	k.Store, err = Open(t.Context(), k.dir, Config{History: k.history}, vm.Compile, k.log.Logger(), k.clk)
	must(t, err)
}

// save saves files a minute later, and returns the name of the generation that then
// serves.
func (k *hostLife) save(t testing.TB, files ...string) string {
	t.Helper()
	k.clk.Advance(time.Minute)
	put(t, k.dir, files...)
	must(t, k.Reload(context.Background()))
	k.awaitWritten(t)
	return k.Current().Name()
}

func (k *hostLife) awaitWritten(t testing.TB) {
	t.Helper()
	must(t, k.history.Close(context.Background()))
}

// summary returns the entries as lines.
func summary(entries []Entry) string {
	var lines []string
	for _, e := range entries {
		lines = append(lines, fmt.Sprintf("%s %s %d +%v ~%v -%v", e.Generation, e.Served.UTC().Format("15:04"), e.Scripts, e.Added, e.Edited, e.Removed))
	}
	return strings.Join(lines, "\n")
}

func inMemoryAndOnDisk(t *testing.T, run func(t *testing.T, state string)) {
	t.Run("in memory", func(t *testing.T) { run(t, "") })
	t.Run("on disk", func(t *testing.T) { run(t, t.TempDir()) })
}

func TestHistoryListsWhatServed(t *testing.T) {
	inMemoryAndOnDisk(t, func(t *testing.T, state string) {
		dir := t.TempDir()
		put(t, dir, "main.lua", "return 1", "lib/util.lua", "return 1", "menu.json", "{}")
		k := openWithHistory(t, dir, state, 100)
		first := k.Current().Name()
		second := k.save(t, "main.lua", "return 2", "menu.json", "[]", "new.lua", "return 1")
		must(t, os.RemoveAll(filepath.Join(dir, "lib")))
		third := k.save(t)
		put(t, dir, "main.lua", "return return")
		if k.Reload(context.Background()) == nil {
			t.Fatal("a broken save serves")
		}
		want := third + " 01:48 2 +[] ~[] -[lib/util.lua]\n" +
			second + " 01:47 3 +[new.lua] ~[main.lua menu.json] -[]\n" +
			first + " 01:46 2 +[] ~[] -[]"
		if got := summary(k.history.List()); got != want {
			t.Errorf("list:\n%s\nwant:\n%s", got, want)
		}
		// Served again, a generation is the newest, and in the list once.
		again := k.save(t, "main.lua", "return 2", "lib/util.lua", "return 1")
		want = again + " 01:49 3 +[lib/util.lua] ~[] -[]\n" + third + " 01:48 2 +[] ~[] -[lib/util.lua]\n" + first + " 01:46 2 +[] ~[] -[]"
		if got := summary(k.history.List()); again != second || got != want {
			t.Errorf("list:\n%s\nwant:\n%s", got, want)
		}
	})
}

func TestHistoryOutlivesARestart(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "main.lua", "return 1")
	k := openWithHistory(t, dir, state, 100)
	k.save(t, "main.lua", "return 2")
	before := summary(k.history.List())

	k = openWithHistory(t, dir, state, 100) // the same generation serves
	k.awaitWritten(t)
	if got := summary(k.history.List()); got != before {
		t.Errorf("after a restart:\n%s\nwant:\n%s", got, before)
	}
	put(t, dir, "main.lua", "return 3", "new.lua", "return 1")
	k.clk.Advance(time.Hour)
	k = openWithHistory(t, dir, state, 100) // edited meanwhile
	k.clk.Advance(time.Hour)
	k.save(t, "main.lua", "return 4")
	list := k.history.List()
	if len(list) != 4 {
		t.Fatalf("list:\n%s", summary(list))
	}
	for _, e := range list {
		g, err := k.history.Find(e.Generation)
		if err != nil || g.Name() != e.Generation {
			t.Errorf("Find(%s) = %v, %v", e.Generation, g, err)
		}
	}
	if !slices.ContainsFunc(list, func(e Entry) bool {
		return slices.Equal(e.Added, []string{"new.lua"}) && slices.Equal(e.Edited, []string{"main.lua"})
	}) {
		t.Errorf("an edit between two lives is not listed:\n%s", summary(list))
	}
}

func TestAnEarlierGenerationIsRestored(t *testing.T) {
	inMemoryAndOnDisk(t, func(t *testing.T, state string) {
		dir := t.TempDir()
		files := []string{"main.lua", "return require 'lib.util'", "lib/util.lua", "return 1", "menu.json", "{}", "ünï code.lua", "return 1"}
		put(t, dir, files...)
		k := openWithHistory(t, dir, state, 100)
		name, version, served := k.Current().Name(), k.Current().Version("main"), k.Current().loaded
		k.save(t, "lib/util.lua", "return 2")
		collectGarbage()
		g, err := k.history.Find(strings.ToUpper(name[:5]))
		must(t, err)
		if g.Name() != name || g.Version("main") != version || !g.loaded.Equal(served) || !holds(g, files...) {
			t.Errorf("found %s, %+v", g.Name(), g.Files())
		}
		now, _ := k.Current().Script("main")
		then, _ := g.Script("main")
		if then == nil || then != now {
			t.Error("an unchanged script was compiled again")
		}
		if again, _ := k.history.Find(name); again != g {
			t.Error("a generation that is in use was made again")
		}
		if g, _ := k.history.Find(k.Current().Name()); g != k.Current() {
			t.Error("what serves was made again")
		}
	})
}

func TestFindOfAMissingOrAmbiguousName(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0")
	k := openWithHistory(t, dir, "", 100)
	if _, err := k.history.Find(""); err == nil {
		t.Error("nothing finds the only one")
	}
	digits := map[byte]int{k.Current().Name()[0]: 1}
	for i := 1; len(digits) == i; i++ { // until two names begin alike
		digits[k.save(t, "main.lua", fmt.Sprintf("return %d", i))[0]]++
	}
	for digit, n := range digits {
		if n > 1 {
			if _, err := k.history.Find(string(digit)); err == nil || !strings.Contains(err.Error(), " may be any of the generations "+string(digit)) {
				t.Errorf("Find(%c): %v", digit, err)
			}
		}
	}
	for _, prefix := range []string{"", "x", "../../etc/passwd", k.Current().Name() + "0"} {
		if g, err := k.history.Find(prefix); err == nil {
			t.Errorf("Find(%q) = %s", prefix, g.Name())
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	inMemoryAndOnDisk(t, func(t *testing.T, state string) {
		dir := t.TempDir()
		put(t, dir, "main.lua", "return 0", "same.lua", "return 'same'")
		k := openWithHistory(t, dir, state, 3)
		names := []string{k.Current().Name()}
		held := []string{names[0]}
		k.history.Protect(func() []string { return held })
		var call *Generation
		for i := 1; i < 8; i++ {
			if i == 3 {
				call = k.Current() // a long call
			}
			names = append(names, k.save(t, "main.lua", fmt.Sprintf("return %d", i)))
		}
		var got []string
		for _, e := range k.history.List() {
			got = append(got, e.Generation)
		}
		if want := []string{names[7], names[6], names[5], names[0]}; !slices.Equal(got, want) {
			t.Fatalf("kept %v, want %v", got, want)
		}
		if state != "" {
			files, err := k.history.blobs.names(fileBlobs)
			must(t, err)
			if len(files) != 5 { // four of main.lua, one of same.lua
				t.Errorf("%d files are left", len(files))
			}
		}
		if g, err := k.history.Find(call.Name()); g != call {
			t.Errorf("what a call uses is not found: %v", err)
		}
		collectGarbage()
		for _, name := range got {
			if _, err := k.history.Find(name); err != nil {
				t.Error(err)
			}
		}
		if _, err := k.history.Find(names[1]); err == nil {
			t.Error("a removed generation is found")
		}
		held = nil // it is not pinned any more
		k.save(t, "main.lua", "return 8")
		collectGarbage()
		if _, err := k.history.Find(names[0]); err == nil || len(k.history.List()) != 3 {
			t.Errorf("kept:\n%s", summary(k.history.List()))
		}
	})
}

// A full history costs a save little more than one that is not full yet.
func TestAFullHistoryIsNotReadAtEverySave(t *testing.T) {
	k := openWithHistory(t, t.TempDir(), t.TempDir(), 40)
	k.awaitWritten(t)
	reads, all := 0, 0
	k.history.blobs.read = func(name string) ([]byte, error) {
		reads++
		return os.ReadFile(name)
	}
	for i := range 100 {
		reads = 0
		k.save(t, "main.lua", fmt.Sprintf("return %d", i))
		all += reads
		if n := len(k.history.List()); i > 40 && (n < 40 || n > 45) {
			t.Fatalf("%d generations are kept", n)
		}
	}
	if all > 100*40/4 {
		t.Errorf("%d manifests were read for 100 saves", all)
	}
}

// What serves may be older than the generations to keep, if another process that
// shares the directory had many edits.
func TestWhatServesIsNotRemoved(t *testing.T) {
	state := t.TempDir()
	slow, busy := t.TempDir(), t.TempDir()
	put(t, slow, "main.lua", "return 'slow'")
	put(t, busy, "main.lua", "return 0")
	b := openWithHistory(t, busy, state, 2)
	s := openWithHistory(t, slow, state, 2)
	b.history.Protect(func() []string { return []string{s.Current().Name()} })
	for i := range 5 {
		b.save(t, "main.lua", fmt.Sprintf("return %d", i+1))
	}
	s.history.Protect(func() []string { return nil })
	s.awaitWritten(t)
	if list := s.history.List(); !slices.ContainsFunc(list, func(e Entry) bool { return e.Generation == s.Current().Name() }) || len(list) != 3 {
		t.Errorf("kept:\n%s\nserving %s", summary(list), s.Current().Name())
	}
}

// Pins from before a restart are known only after Protect.
func TestNothingIsRemovedBeforeProtect(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "main.lua", "return 0")
	k := openWithHistory(t, dir, state, 2)
	pinned := k.Current().Name()
	k.save(t, "main.lua", "return 1")

	put(t, dir, "main.lua", "return 2")
	history, err := OpenHistory(state, 2, k.log.Logger(), k.clk)
	must(t, err)
	k.clk.Advance(time.Hour)
	k = &hostLife{history: history, clk: k.clk, log: k.log, dir: dir}
	k.open(t)
	k.awaitWritten(t)
	if n := len(history.List()); n != 3 {
		t.Fatalf("%d generations before anybody said what to keep", n)
	}
	history.Protect(func() []string { return []string{pinned} })
	k.save(t, "main.lua", "return 3")
	if _, err := history.Find(pinned); err != nil || len(history.List()) != 3 {
		t.Errorf("%v; kept:\n%s", err, summary(history.List()))
	}
}

// A generation that served with a broken file, at a start, is restored as it was.
func TestAGenerationThatWasBrokenFromTheStart(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "good.lua", "return 1", "bad.lua", "return return")
	k := openWithHistory(t, dir, t.TempDir(), 100)
	name := k.Current().Name()
	k.save(t, "bad.lua", "return 1")
	collectGarbage()
	g, err := k.history.Find(name)
	must(t, err)
	if _, err := g.Script("good"); err != nil {
		t.Error(err)
	}
	if _, err := g.Script("bad"); err == nil || !strings.HasPrefix(err.Error(), "bad.lua:1: ") {
		t.Errorf("Script(bad): %v", err)
	}
}

// A restored generation is checked like a save, since another eslua wrote it.
func TestAnEarlierGenerationIsCheckedAgain(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "main.lua", "return 1", "old.lua", "return 'old'")
	k := openWithHistory(t, dir, state, 100)
	k.awaitWritten(t)
	name := k.Current().Name()
	put(t, dir, "main.lua", "return 2", "old.lua", "return 'new'")

	k = openWithHistory(t, dir, state, 100)
	k.history.use(func(name string, src []byte) (*vm.Script, error) {
		if strings.Contains(string(src), "old") {
			return nil, errors.New("is too old")
		}
		return vm.Compile(name, src)
	}, Config{})
	if _, err := k.history.Find(name); err == nil || !strings.Contains(err.Error(), "generation "+name+" cannot serve in this eslua: ") || !strings.Contains(err.Error(), "old.lua: is too old") {
		t.Errorf("Find: %v", err)
	}
}

// A generation is freed when its last user ends, and can be restored.
func TestHistoryHoldsNoCompiledGeneration(t *testing.T) {
	inMemoryAndOnDisk(t, func(t *testing.T, state string) {
		dir := t.TempDir()
		put(t, dir, "main.lua", "return 1")
		k := openWithHistory(t, dir, state, 100)
		freed := make(chan string, 3)
		name := k.Current().Name()
		runtime.AddCleanup(k.Current(), func(which string) { freed <- which }, "the first")
		call := k.Current()
		call.Version("main")
		k.save(t, "main.lua", "return 2")
		if got := collectFor(freed, 3); got != "nothing" {
			t.Fatalf("freed %s, which a call uses", got)
		}
		runtime.KeepAlive(call)
		if got := collect(freed); got != "the first" {
			t.Fatalf("freed %s", got)
		}
		found, err := k.history.Find(name)
		must(t, err)
		runtime.AddCleanup(found, func(which string) { freed <- which }, "the found")
		if data, _ := found.ReadFile("main.lua"); data != "return 1" {
			t.Errorf("found with %q", data)
		}
		if got := collect(freed); got != "the found" {
			t.Fatalf("freed %s", got)
		}
		runtime.KeepAlive(k)
	})
}

func TestAHistoryInsideTheScriptDirectory(t *testing.T) {
	root := t.TempDir()
	put(t, root, "scripts/main.lua", "return 1", "state/x", "")
	must(t, os.Symlink("scripts", filepath.Join(root, "link")))
	for state, inside := range map[string]bool{
		"scripts": true, "scripts/not/yet/there": true, "link/state": true,
		"state": false, "scripts.state": false, ".": true, // in ./scripts, that is
	} {
		h, err := OpenHistory(filepath.Join(root, state), 3, quiet, clock.System())
		must(t, err)
		for _, dir := range []string{"scripts", "link"} {
			_, err = Open(t.Context(), filepath.Join(root, dir), Config{History: h}, vm.Compile, quiet, clock.System())
			if refused := err != nil && strings.Contains(err.Error(), "lies in the script directory"); refused != inside {
				t.Errorf("scripts in %s, state in %s: %v", dir, state, err)
			}
		}
		must(t, h.Close(context.Background()))
	}
}

func TestAHistoryKeepsAtLeastOneGeneration(t *testing.T) {
	if _, err := OpenHistory("", 0, quiet, clock.System()); err == nil {
		t.Error("a history of no generation")
	}
}

// collectGarbage frees what nobody refers to.
func collectGarbage() { collectFor(nil, 3) }
