package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/testproc"
)

// Damage costs one entry, is logged once, and delays nothing.
func TestDamageCostsOneEntry(t *testing.T) {
	type places struct{ manifest, body string } // of the damaged generation
	for name, tc := range map[string]struct {
		damage func(t *testing.T, at places)
		listed bool // the damage shows only when it is looked for
		log    string
	}{
		"a flipped byte of a file":     {func(t *testing.T, at places) { flip(t, at.body) }, true, "its content has changed since it was written"},
		"a file cut short":             {func(t *testing.T, at places) { must(t, os.Truncate(at.body, 3)) }, true, "its content has changed since it was written"},
		"a file missing":               {func(t *testing.T, at places) { must(t, os.Remove(at.body)) }, true, "no such file or directory"},
		"a flipped byte of a manifest": {func(t *testing.T, at places) { flip(t, at.manifest) }, false, "its content has changed since it was written"},
		"a manifest cut short":         {func(t *testing.T, at places) { must(t, os.Truncate(at.manifest, 60)) }, false, "its content has changed since it was written"},
		"an empty manifest":            {func(t *testing.T, at places) { must(t, os.Truncate(at.manifest, 0)) }, false, "its content has changed since it was written"},
		"a manifest that is a directory": {func(t *testing.T, at places) {
			must(t, os.Remove(at.manifest))
			must(t, os.Mkdir(at.manifest, 0o755))
		}, false, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, state := t.TempDir(), t.TempDir()
			put(t, dir, "main.lua", "return 1", "same.lua", "return 0")
			k := openWithHistory(t, dir, state, 100)
			whole := k.Current().Name()
			k.awaitWritten(t)
			damaged := k.save(t, "main.lua", "return 2")
			body := hexSum(k.Current().files["main.lua"].sum)
			k.save(t, "main.lua", "return 3")

			k = openWithHistory(t, dir, state, 100)
			k.clk.Advance(time.Hour)
			k.awaitWritten(t)
			tc.damage(t, places{filepath.Join(state, "scripts/generations", damaged), filepath.Join(state, "scripts/files", body)})
			for range 3 {
				if n := len(k.history.List()); n != 2 && !tc.listed {
					t.Errorf("%d generations are listed", n)
				}
				if _, err := k.history.Find(damaged); err == nil || !strings.Contains(err.Error(), tc.log) {
					t.Errorf("Find: %v", err)
				}
			}
			k.history.Protect(func() []string { return nil }) // reads them all once more
			k.awaitWritten(t)
			if n := k.log.Count(damaged); k.log.Count(tc.log) != 1 || n != 2 && n != 1 {
				t.Errorf("logged:\n%s", k.log)
			}
			if _, err := k.history.Find(whole); err != nil {
				t.Error(err)
			}
			after := k.save(t, "main.lua", "return 4")
			if list := k.history.List(); list[0].Generation != after {
				t.Errorf("a generation after that is not listed:\n%s", summary(list))
			}
			if strings.HasSuffix(name, "directory") {
				return
			}
			if again := k.save(t, "main.lua", "return 2"); again != damaged {
				t.Fatal(again)
			}
			collectGarbage()
			k = openWithHistory(t, dir, state, 100) // a damaged generation is repaired when it serves again
			k.clk.Advance(2 * time.Hour)
			k.save(t, "main.lua", "return 5")
			collectGarbage()
			if _, err := k.history.Find(damaged); err != nil {
				t.Error(err)
			}
		})
	}
}

// Files that also serve now are taken from there.
func TestDamageToAFileThatServes(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "main.lua", "return 1", "same.lua", "return 0")
	k := openWithHistory(t, dir, state, 100)
	name := k.Current().Name()
	k.save(t, "main.lua", "return 2")
	must(t, os.Remove(filepath.Join(state, "scripts/files", hexSum(k.Current().files["same.lua"].sum))))
	collectGarbage()
	if _, err := k.history.Find(name); err != nil {
		t.Error(err)
	}
}

// The files of a generation are written before its manifest, and must not be
// removed in between.
func TestNothingIsRemovedWhileAnotherWrites(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "main.lua", "return 0")
	k := openWithHistory(t, dir, state, 1)
	k.awaitWritten(t)
	other := newBlobStore(filepath.Join(state, "scripts"))
	unlock, err := other.lock(false)
	must(t, err)
	must(t, other.putFiles(map[string]string{"body": "x"}))
	k.save(t, "main.lua", "return 1")
	if _, err := other.get(fileBlobs, "body"); err != nil || len(k.history.List()) != 2 {
		t.Errorf("%v; list:\n%s", err, summary(k.history.List()))
	}
	unlock()
	k.save(t, "main.lua", "return 2")
	if _, err := other.get(fileBlobs, "body"); err == nil || len(k.history.List()) != 1 {
		t.Errorf("a file of no generation is left; list:\n%s", summary(k.history.List()))
	}
	unlock, err = other.lock(true)
	must(t, err)
	defer unlock()
	if _, err := other.lock(true); err == nil {
		t.Error("two remove at a time")
	}
}

// A directory that cannot be listed must not look like an empty one.
func TestAHistoryThatCannotBeListed(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "main.lua", "return 1")
	put(t, state, "scripts/generations", "a file, not a directory")
	k := openWithHistory(t, dir, state, 3)
	k.awaitWritten(t)
	if _, err := k.history.Find("ffff"); err == nil || !strings.Contains(err.Error(), "the history cannot be read") {
		t.Errorf("Find: %v", err)
	}
	if list := k.history.List(); len(list) != 1 || k.log.Count("check that eslua can read the directory of the setting state") != 1 {
		t.Errorf("list:\n%s\nlogged:\n%s", summary(list), k.log)
	}
}

// A file that cannot be removed is reported once and changes nothing else.
func TestAHistoryThatCannotBePruned(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "main.lua", "return 0")
	put(t, state, "scripts/files/body/in the way", "")
	k := openWithHistory(t, dir, state, 1)
	for i := range 3 {
		k.save(t, "main.lua", fmt.Sprintf("return %d", i+1))
	}
	if n := k.log.Count("old generations cannot be removed"); n != 1 || len(k.history.List()) != 1 {
		t.Errorf("list:\n%s\nlogged %d times:\n%s", summary(k.history.List()), n, k.log)
	}
}

// flip changes one byte in the middle of a file.
func flip(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	must(t, err)
	data[len(data)/2] ^= 1
	must(t, os.WriteFile(name, data, 0o600))
}

// A file that was damaged after it was written is repaired too.
func TestAFileDamagedBetweenTwoLives(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	put(t, dir, "main.lua", "return 1")
	k := openWithHistory(t, dir, state, 100)
	k.awaitWritten(t)
	name := k.Current().Name()
	flip(t, filepath.Join(state, "scripts/files", hexSum(k.Current().files["main.lua"].sum)))
	k = openWithHistory(t, dir, state, 100)
	k.save(t, "main.lua", "return 2")
	collectGarbage()
	if _, err := k.history.Find(name); err != nil {
		t.Error(err)
	}
}

func TestADirectoryThatCannotBeUsed(t *testing.T) {
	dir, root := t.TempDir(), t.TempDir()
	put(t, root, "state", "a file, not a directory")
	put(t, dir, "main.lua", "return 1")
	k := openWithHistory(t, dir, filepath.Join(root, "state"), 3)
	names := []string{k.Current().Name()}
	k.history.Protect(func() []string { return names[:1] }) // it is pinned
	for i := range minPending + 2 {
		names = append(names, k.save(t, "main.lua", fmt.Sprintf("return %d", i+2)))
	}
	if n := k.log.Count("make the directory of the setting state writable"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, k.log)
	}
	// In memory the history continues, within its limit.
	collectGarbage()
	if list := k.history.List(); len(list) != minPending+1 || list[minPending].Generation != names[0] || list[minPending-1].Generation != names[3] {
		t.Errorf("list:\n%s", summary(list))
	}
	for i, source := range map[int]string{0: "return 1", 3: "return 4"} {
		if g, err := k.history.Find(names[i]); err != nil || !holds(g, "main.lua", source) {
			t.Errorf("Find: %v, %v", g, err)
		}
	}
	must(t, os.Remove(filepath.Join(root, "state"))) // the admin reads the log
	k.save(t, "main.lua", "return 9")
	after := openWithHistory(t, dir, filepath.Join(root, "state"), 3) // where nothing is pinned
	after.awaitWritten(t)
	if n := len(after.history.List()); n != 3 {
		t.Errorf("%d generations are on disk when it can be written again", n)
	}
}

func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	k := openWithHistory(t, dir, t.TempDir(), 3)
	k.awaitWritten(t)
	write := k.history.blobs.write
	for range 2 {
		k.history.blobs.write = func(string, map[string]string) error {
			return &os.PathError{Op: "write", Path: "state", Err: syscall.ENOSPC}
		}
		k.save(t, "main.lua", "return 2")
		k.save(t, "main.lua", "return 3")
		k.history.blobs.write = write
		k.save(t, "main.lua", "return 4")
	}
	if n := k.log.Count("no space left on device"); n != 2 {
		t.Errorf("logged %d times, want once for each time it was full", n)
	}
	if n := k.log.Count("a new generation serves"); n != 7 {
		t.Errorf("%d generations served", n)
	}
}

func TestADiskThatHangsDelaysNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0")
	k := &hostLife{clk: clock.NewManual(clock.System().Now()), log: &testproc.Log{}, dir: dir}
	var err error
	k.history, err = OpenHistory(t.TempDir(), 4, quiet, k.clk)
	must(t, err)
	hangs := make(chan struct{})
	k.history.blobs.write = func(dir string, files map[string]string) error {
		<-hangs
		return writeUnsynced(dir, files)
	}
	k.open(t)
	for i := range minPending + 4 {
		k.clk.Advance(time.Minute)
		put(t, dir, "main.lua", fmt.Sprintf("return %d", i+1))
		must(t, k.Reload(context.Background()))
	}
	if list := k.history.List(); len(list) != minPending || list[0].Generation != k.Current().Name() {
		t.Errorf("list:\n%s", summary(list))
	}
	ended, stop := context.WithCancel(context.Background())
	stop()
	if err := k.history.Close(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	close(hangs)
	k.awaitWritten(t)
	if names, _ := k.history.blobs.names(manifestBlobs); len(names) < 4 {
		t.Errorf("%d generations are written in the end", len(names))
	}
}

// A process that is killed at any moment leaves a history in which every listed
// generation is found and nothing is damaged.
func TestAKilledProcessLeavesAWholeHistory(t *testing.T) {
	state, temporary := t.TempDir(), t.TempDir() // the killed processes remove nothing
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		var lives sync.WaitGroup
		for id := range 2 { // that share it
			life := exec.Command(os.Args[0], "-test.run=^TestALifeOfTheHost$")
			life.Env = append(os.Environ(), "TMPDIR="+temporary, "ESLUA_TEST_LIFE="+state, fmt.Sprintf("ESLUA_TEST_SEED=%d.%d", round, id))
			out, err := life.StdoutPipe()
			must(t, err)
			must(t, life.Start())
			lives.Go(func() {
				lines := bufio.NewScanner(out)
				for n := 0; n < 5+7*round+id && lines.Scan(); n++ {
				}
				_ = life.Process.Kill()
				_ = life.Wait()
			})
		}
		lives.Wait()
		log := &testproc.Log{}
		h, err := OpenHistory(state, 5, log.Logger(), clock.System())
		must(t, err)
		h.use(vm.Compile, Config{})
		list := h.List()
		if len(list) < 2 {
			t.Fatalf("%d generations were written", len(list))
		}
		for _, e := range list {
			if _, err := h.Find(e.Generation); err != nil {
				t.Error(err)
			}
		}
		h.Protect(func() []string { return nil })
		must(t, h.Close(context.Background()))
		if n := len(h.List()); n != 5 && n != len(list) {
			t.Errorf("%d generations are left", n)
		}
		if unfinished, _ := filepath.Glob(h.blobs.path(fileBlobs, ".*")); len(unfinished) > 0 {
			t.Errorf("left unfinished: %v", unfinished)
		}
		if log.String() != "" {
			t.Errorf("logged:\n%s", log)
		}
	}
}

// TestALifeOfTheHost runs in the process that is killed.
func TestALifeOfTheHost(t *testing.T) {
	state := os.Getenv("ESLUA_TEST_LIFE")
	if state == "" {
		return
	}
	dir := t.TempDir()
	for i := range 20 {
		put(t, dir, fmt.Sprintf("data%d", i), os.Getenv("ESLUA_TEST_SEED"))
	}
	k := openWithHistory(t, dir, state, 5)
	for i := 0; ; i++ {
		put(t, dir, "main.lua", fmt.Sprintf("return %d", i), fmt.Sprintf("data%d", i%20), fmt.Sprint(i))
		must(t, k.Reload(context.Background()))
		if i%3 == 0 { // else the next save comes first
			k.awaitWritten(t)
		}
		fmt.Println(i)
	}
}

// A generation that is removed while Find reads it is not damaged.
func TestFindDuringPruning(t *testing.T) {
	state := t.TempDir()
	k := openWithHistory(t, t.TempDir(), state, 5)
	lost := k.save(t, "main.lua", "return 1")
	log := &testproc.Log{}
	h, err := OpenHistory(state, 5, log.Logger(), clock.System())
	must(t, err)
	h.use(vm.Compile, Config{})
	must(t, os.Remove(h.blobs.path(manifestBlobs, h.List()[1].Generation))) // the empty tree before
	h.blobs.read = func(name string) ([]byte, error) {
		if filepath.Dir(name) == h.blobs.path(fileBlobs, "") { // the manifest was read, and the files were not
			must(t, os.Remove(h.blobs.path(manifestBlobs, lost)))
			must(t, os.Remove(name))
		}
		return os.ReadFile(name)
	}
	if _, err := h.Find(lost); err == nil || !strings.Contains(err.Error(), "has just been removed") {
		t.Errorf("Find: %v", err)
	}
	if log.String() != "" {
		t.Errorf("logged:\n%s", log)
	}
}

// Processes that share a directory do not remove what the others need.
func TestManyShareOneHistory(t *testing.T) {
	state := t.TempDir()
	var hosts sync.WaitGroup
	for id := range 4 {
		dir := t.TempDir()
		put(t, dir, "main.lua", "return 0", "same.lua", "return 'same'")
		k := openWithHistory(t, dir, state, 6)
		hosts.Go(func() {
			for i := range 25 {
				put(t, dir, "main.lua", fmt.Sprintf("return %d", i%7), "lib.lua", fmt.Sprintf("return %d", (i+id)%5))
				if err := k.Reload(context.Background()); err != nil {
					t.Error(err)
				}
				for _, e := range k.history.List() { // any may be removed by now
					if _, err := k.history.Find(e.Generation); err != nil && !strings.Contains(err.Error(), "has just been removed") && !strings.Contains(err.Error(), "in the history") {
						t.Error(err)
					}
				}
			}
			k.awaitWritten(t)
		})
	}
	hosts.Wait()
	log := &testproc.Log{}
	h, err := OpenHistory(state, 6, log.Logger(), clock.System())
	must(t, err)
	h.use(vm.Compile, Config{})
	list := h.List()
	if len(list) < 6 {
		t.Errorf("%d generations are kept", len(list))
	}
	for _, e := range list {
		if _, err := h.Find(e.Generation); err != nil {
			t.Error(err)
		}
	}
	if log.String() != "" {
		t.Errorf("logged:\n%s", log)
	}
}
