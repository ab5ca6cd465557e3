package store

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// put writes files: name, content, name, content ...
func put(t testing.TB, dir string, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, filepath.FromSlash(files[i]))
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		must(t, os.WriteFile(name, []byte(files[i+1]), 0o644))
	}
}

// replace saves a file as careful editors do: a new one, renamed over the old.
func replace(t testing.TB, dir, name, content string) {
	t.Helper()
	name = filepath.Join(dir, filepath.FromSlash(name))
	must(t, os.WriteFile(name+".tmp", []byte(content), 0o644))
	must(t, os.Rename(name+".tmp", name))
}

// relink points a link elsewhere in one step, as deploys do.
func relink(t testing.TB, target, link string) {
	t.Helper()
	must(t, os.Symlink(target, link+".new"))
	must(t, os.Rename(link+".new", link))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var quiet = slog.New(slog.DiscardHandler)

// openManual opens a store on a manual clock, without a goroutine and without
// notifications.
func openManual(t testing.TB, dir string, cfg Config) (*Store, *clock.Manual, *testproc.Log) {
	t.Helper()
	clk, log := clock.NewManual(time.Unix(1e9, 0)), &testproc.Log{}
	s, err := Open(t.Context(), dir, cfg, vm.Compile, log.Logger(), clk)
	must(t, err)
	return s, clk, log
}

// watching configures a store that watches its directory and has no periodic scan:
// every change that a test sees was notified.
func watching(t *testing.T) Config { return Config{Scan: 1000 * time.Hour, Notify: notifications(t)} }

// openRunning opens a store that watches its directory.
func openRunning(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, watching(t), vm.Compile, quiet, hurryingClock())
	must(t, err)
	start(t, s)
	return s
}

// writeUnsynced does what disk.WriteFiles does, but does not wait for the disk: no
// test in this package pulls the plug.
func writeUnsynced(dir string, files map[string]string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, text := range files {
		f, err := os.CreateTemp(dir, ".half-")
		if err != nil {
			return err
		}
		if _, err := f.WriteString(text); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// unnotified returns a watcher without notifications, to be stepped by hand.
func unnotified(s *Store) *watcher {
	s.cfg.Notify = noNotifications
	return newWatcher(s)
}

// awaitFirstChange waits until a change is noticed, so that later ones are found by
// notifications and not by the first scan of Run.
func awaitFirstChange(t *testing.T, s *Store) {
	t.Helper()
	name := s.Current().Name()
	put(t, s.dir, "warm.txt", "")
	await(t, s, "a first change", func() bool { _, err := s.Current().ReadFile("warm.txt"); return err == nil })
	must(t, os.Remove(filepath.Join(s.dir, "warm.txt")))
	await(t, s, "the first change undone", func() bool { return s.Current().Name() == name })
}

// overwriteSameStamp overwrites a file and keeps its size and time.
func overwriteSameStamp(t testing.TB, name, content string) {
	t.Helper()
	old, err := os.Stat(name)
	must(t, err)
	if old.Size() != int64(len(content)) {
		t.Fatalf("%s has %d bytes, %q has not", name, old.Size(), content)
	}
	must(t, os.WriteFile(name, []byte(content), 0o644))
	must(t, os.Chtimes(name, old.ModTime(), old.ModTime()))
}

// start runs a store until the test ends.
func start(t testing.TB, s *Store) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		must(t, <-done)
	})
}

// await waits for a state of the store.
func await(t *testing.T, s *Store, what string, reached func() bool) {
	t.Helper()
	hangs := testproc.Context(t).Done()
	for {
		changed := s.Changed()
		if reached() {
			return
		}
		select {
		case <-changed:
		case <-hangs:
			t.Fatalf("not reached: %s; status %+v", what, s.Status())
		}
	}
}

// tick advances the clock whenever the store waits for the tree to be stable.
func tick(clk *clock.Manual, step time.Duration) (stop func()) {
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			clk.WaitForTimers(2) // of the periodic scan and of debounce
			select {
			case <-end:
				return
			default:
				clk.Advance(step)
			}
		}
	}()
	return func() {
		close(end)
		clk.NewTimer(time.Hour) // lets it out of WaitForTimers
		clk.NewTimer(time.Hour)
		<-done
	}
}

// holds reports whether a generation has exactly these files: name, content, ...
func holds(g *Generation, files ...string) bool {
	if len(g.Files()) != len(files)/2 {
		return false
	}
	for i := 0; i < len(files); i += 2 {
		if data, err := g.ReadFile(files[i]); err != nil || data != files[i+1] {
			return false
		}
	}
	return true
}

func problemTexts(ps []Problem) string {
	var texts []string
	for _, p := range ps {
		texts = append(texts, p.Error())
	}
	return strings.Join(texts, "\n")
}

// scanDir scans a directory.
func scanDir(t testing.TB, dir string, limits Limits, previous *tree, reread rereadFunc) *tree {
	t.Helper()
	found, err := scan{limits: Config{Limits: limits}.withDefaults().Limits, previous: previous, reread: reread}.dir(t.Context(), dir)
	must(t, err)
	return found
}

// scanFS scans a file system.
func scanFS(t testing.TB, fsys fs.FS, limits Limits, previous *tree, reread rereadFunc) *tree {
	t.Helper()
	found, err := scan{limits: limits, previous: previous, reread: reread}.files(t.Context(), fsys)
	must(t, err)
	return found
}

// A storedFile is one file of a generation.
type storedFile struct {
	Name string // relative to the tree, with slashes
	Size int
	Hash string // 64 hexadecimal digits over its bytes
}

// Files returns all files, sorted by name.
func (g *Generation) Files() []storedFile {
	files := make([]storedFile, 0, len(g.files))
	for _, name := range sortedKeys(g.files) {
		c := g.files[name]
		files = append(files, storedFile{Name: name, Size: len(c.data), Hash: hexSum(c.sum)})
	}
	return files
}
