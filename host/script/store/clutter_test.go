package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
)

// cpu returns the processor time that this process spends in do.
func cpu(t testing.TB, do func()) time.Duration {
	t.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	begin := used()
	do()
	return used() - begin
}

// within fails the test if do takes more processor time than a reload may. It is
// generous, for the race detector and loaded machines; what must not be takes days.
func within(t testing.TB, limit time.Duration, do func()) {
	t.Helper()
	if took := cpu(t, do); took > limit {
		t.Errorf("took %v of processor time, more than %v", took, limit)
	}
}

// heap returns the bytes that are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// memoryDir returns a directory in memory, if the machine has one, which takes
// thousands of files in a moment.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "eslua-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// warned reports whether a status has a warning that contains text.
func warned(st Status, text string) bool {
	return slices.ContainsFunc(st.Problems, func(p Problem) bool { return p.Warning && strings.Contains(p.Error(), text) })
}

// reload reads the tree again, and reports whether main.lua serves as it was saved.
func reload(t *testing.T, s *Store, source string) {
	t.Helper()
	put(t, s.dir, "main.lua", source)
	must(t, s.Reload(t.Context()))
	if data, err := s.Current().ReadFile("main.lua"); err != nil || data != source {
		t.Errorf("main.lua serves %q, %v", data, err)
	}
}

// Ten directories with ninety links to each other have 10^8 paths and more.
func TestDirectoriesThatLinkToEachOther(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	for from := range 10 {
		put(t, dir, fmt.Sprintf("d%d/flow.lua", from), "return 1", fmt.Sprintf("d%d/data.txt", from), "x")
		for to := range 90 {
			must(t, os.Symlink(fmt.Sprintf("../d%d", to%10), filepath.Join(dir, fmt.Sprintf("d%d/to%02d", from, to))))
		}
	}
	before := heap()
	within(t, 20*time.Second, func() {
		s, _, log := openManual(t, dir, Config{})
		for _, path := range []string{"d3/flow", "d3/to07/flow"} {
			if _, err := s.Current().Script(path); err != nil {
				t.Error(err)
			}
		}
		reload(t, s, "return 2")
		if st := s.Status(); !warned(st, "more than 10000 links") || !warned(st, "leads back to a directory that contains it") || st.Refused || len(st.Problems) > 50 {
			t.Errorf("problems:\n%s", problemTexts(st.Problems))
		}
		if n := log.Count("more than 10000 links"); n != 1 {
			t.Errorf("logged %d times", n)
		}
		if grown := heap() - before; grown > 64<<20 {
			t.Errorf("the tree takes %d bytes", grown)
		}
		runtime.KeepAlive(s)
	})
}

// Files, directories and sparse files that nobody needs hurt nothing.
func TestClutterBesideTheScripts(t *testing.T) {
	files, dirs, limits := 12_000, 5000, Limits{} // somewhat more than the limits
	if testing.Short() {
		files, limits = 2000, Limits{Files: 1000}
	}
	dir := memoryDir(t)
	put(t, dir, "main.lua", "return 1", "lib/util.lua", "return 1", "lists/vip.csv", "1000")
	for i := range files {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("spool-%06d.wav", i)))
		must(t, err)
		must(t, f.Close())
	}
	for i := range dirs {
		must(t, os.MkdirAll(filepath.Join(dir, fmt.Sprintf("a/%03d/%05d", i%100, i)), 0o755))
	}
	sparse, err := os.Create(filepath.Join(dir, "core"))
	must(t, err)
	must(t, sparse.Truncate(100<<30))
	must(t, sparse.Close())

	before := heap()
	within(t, 30*time.Second, func() {
		s, _, log := openManual(t, dir, Config{Limits: limits, Notify: notifications(t)})
		w := newWatcher(s)
		defer w.notifier.close()
		w.step(t.Context())
		if got := s.Current().FlowNames(); !slices.Equal(got, []string{"lib/util", "main"}) {
			t.Errorf("flows %v", got)
		}
		reload(t, s, "return 2")
		st := s.Status()
		for _, want := range []string{"core: is larger than 4194304 bytes", fmt.Sprintf("besides the scripts only %d files are read", s.cfg.Limits.Files), "more than 4096 directories hold no script"} {
			if !warned(st, want) || log.Count(want) != 1 {
				t.Errorf("logged %d times: %s; problems:\n%s", log.Count(want), want, problemTexts(st.Problems))
			}
		}
		if n := len(s.Current().Files()); n > 10_010 {
			t.Errorf("%d files are held", n)
		}
		if n := len(w.notifier.watcher.WatchList()); n > 4200 {
			t.Errorf("%d directories are watched", n)
		}
		if grown := heap() - before; grown > 64<<20 {
			t.Errorf("the tree takes %d bytes", grown)
		}
		runtime.KeepAlive(s)
	})
}

// Files that came first are not displaced by others.
func TestClutterDisplacesNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1", "vip.csv", "1000")
	s, _, _ := openManual(t, dir, Config{Limits: Limits{Files: 3, Total: 100}})
	for i := range 10 {
		put(t, dir, fmt.Sprintf("a%d.wav", i), "0123456789")
	}
	put(t, dir, "huge.csv", strings.Repeat("x", 90))
	reload(t, s, "return 2")
	if _, err := s.Current().ReadFile("vip.csv"); err != nil || len(s.Current().Files()) != 4 {
		t.Errorf("%v; %+v", err, s.Current().Files())
	}
}

// Where the directory is searched only in part, a script that serves is not given up.
func TestAScriptThatIsNotFoundInAHugeDirectory(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1", "lib/util.lua", "return 1")
	s, _, _ := openManual(t, dir, Config{Limits: Limits{Names: 20}})
	for i := range 50 {
		put(t, dir, fmt.Sprintf("a/%d.txt", i), "")
	}
	err := s.Reload(t.Context())
	if err == nil || !strings.Contains(err.Error(), "lib/util.lua: serves and was not found") || !warned(s.Status(), "more than 20 names") {
		t.Errorf("%v; problems:\n%s", err, problemTexts(s.Status().Problems))
	}
	if _, err := s.Current().Script("lib/util"); err != nil {
		t.Error(err)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "a")))
	must(t, s.Reload(t.Context()))
	if st := s.Status(); len(st.Problems) > 0 {
		t.Errorf("problems:\n%s", problemTexts(st.Problems))
	}
}

// A directory in a directory, and so on without end.
func TestDeepDirectories(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	at := root
	for range 2000 { // longer than any path that the system accepts
		must(t, at.Mkdir("deeper", 0o755))
		next, err := at.OpenRoot("deeper")
		must(t, err)
		if at != root {
			must(t, at.Close())
		}
		at = next
	}
	must(t, at.Close())
	within(t, 10*time.Second, func() {
		s, _, _ := openManual(t, dir, Config{})
		if !warned(s.Status(), "more than 32 deep") {
			t.Errorf("problems:\n%s", problemTexts(s.Status().Problems))
		}
	})
}

// swapping is a directory in which something else takes the place of a file or a
// directory in the moment before it is opened.
type swapping struct {
	rootFS
	t    *testing.T
	dir  string
	name string
	swap func(path string)
}

func (s swapping) Open(name string) (fs.File, error) {
	if name == s.name {
		path := filepath.Join(s.dir, name)
		must(s.t, os.RemoveAll(path))
		s.swap(path)
	}
	return s.rootFS.Open(name)
}

// Nothing that takes a file's place is waited for.
func TestWhatTakesAFilesPlace(t *testing.T) {
	for what, swap := range map[string]func(t *testing.T, path string){
		"pipe":      func(t *testing.T, path string) { must(t, syscall.Mkfifo(path, 0o600)) },
		"directory": func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) },
		"file":      func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("return 2"), 0o600)) },
		"link":      func(t *testing.T, path string) { must(t, os.Symlink("main.lua", path)) },
		"pipe behind a link": func(t *testing.T, path string) {
			must(t, syscall.Mkfifo(path+".pipe", 0o600))
			must(t, os.Symlink(filepath.Base(path)+".pipe", path))
		},
		"socket": func(t *testing.T, path string) {
			fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			must(t, err)
			must(t, syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}))
			must(t, syscall.Close(fd))
		},
		"nothing": func(*testing.T, string) {},
	} {
		for _, name := range []string{"lib.lua", "data.txt", "sub", "sub/c.lua", "sub/link"} {
			t.Run(what+" for "+name, func(t *testing.T) {
				dir, err := os.MkdirTemp("", "s") // a socket's path has 108 bytes
				must(t, err)
				defer os.RemoveAll(dir)
				put(t, dir, "main.lua", "return 1", "lib.lua", "return 1", "data.txt", "x", "sub/c.lua", "return 1", "other/d.lua", "return 1")
				must(t, os.Symlink("../other", filepath.Join(dir, "sub/link")))
				root, err := openRoot(dir)
				must(t, err)
				defer root.Close()
				s := swapping{root, t, dir, name, func(path string) { swap(t, path) }}
				tree := scanFS(t, s, Config{}.withDefaults().Limits, emptyTree(), rereadAll)
				if tree.files["main.lua"] == nil || len(tree.problems) > 0 {
					t.Errorf("%d files, problems:\n%s", len(tree.files), problemTexts(tree.problems))
				}
			})
		}
	}
}

// interrupting ends a context when a file or directory is opened.
type interrupting struct {
	fs.FS
	name string
	stop context.CancelFunc
}

func (i interrupting) Open(name string) (fs.File, error) {
	if name == i.name {
		i.stop()
	}
	return i.FS.Open(name)
}

// The end of the context ends a scan wherever it is, also that of the first load.
func TestReadingEndsWithTheContext(t *testing.T) {
	files := fstest.MapFS{"a.lua": {Data: []byte("return 1")}, "b/c.lua": {Data: []byte("return 1")}, "b/d.txt": {Data: []byte("x")}}
	for _, name := range []string{".", "a.lua", "b", "b/c.lua", "b/d.txt"} {
		ctx, stop := context.WithCancel(t.Context())
		tree, err := scan{limits: Config{}.withDefaults().Limits, previous: emptyTree(), reread: rereadAll}.files(ctx, interrupting{files, name, stop})
		if !errors.Is(err, context.Canceled) || tree != nil {
			t.Errorf("at %s: %v, %v", name, tree, err)
		}
	}
	dir := t.TempDir()
	put(t, dir, "a.lua", "return 1", "b.lua", "return 1")
	ctx, stop := context.WithCancel(t.Context())
	compiled := 0
	_, err := Open(ctx, dir, Config{}, func(name string, src []byte) (*vm.Script, error) {
		compiled++
		stop()
		return vm.Compile(name, src)
	}, quiet, clock.System())
	if !errors.Is(err, context.Canceled) || compiled != 1 {
		t.Errorf("Open: %v, %d scripts were compiled", err, compiled)
	}
	s, _, _ := openManual(t, dir, Config{})
	serves := s.Current()
	put(t, dir, "a.lua", "return 2")
	if err := s.Reload(ctx); !errors.Is(err, context.Canceled) || s.Current() != serves {
		t.Errorf("Reload: %v", err)
	}
	must(t, s.Reload(t.Context()))
	if s.Current() == serves {
		t.Error("the change was lost")
	}
}
