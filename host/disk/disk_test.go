package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// syncs records what a power cut would leave at each sync: the bytes of a file,
// or the names in a directory.
type syncs struct {
	t    *testing.T
	root string
	seen []string
	err  map[string]error // what the sync that sees this answers
}

func (s *syncs) sync(f *os.File) error {
	seen := ""
	if info, err := f.Stat(); err == nil && info.IsDir() {
		rel, err := filepath.Rel(s.root, f.Name())
		must(s.t, err)
		seen = rel + "/"
		for _, name := range namesIn(s.t, f.Name()) {
			seen += " " + name
		}
	} else {
		data, err := os.ReadFile(f.Name())
		must(s.t, err)
		seen = string(data)
	}
	s.seen = append(s.seen, seen)
	return s.err[seen]
}

// A power cut after WriteFiles loses neither bytes nor names nor new directories.
func TestWriteFilesSyncsFilesAndThenDirectories(t *testing.T) {
	s := &syncs{t: t, root: t.TempDir()}
	must(t, writer{s.sync}.writeFiles(filepath.Join(s.root, "a/b"), map[string]string{"x": "text"}))
	if want := []string{"./ a", "a/ b", "text", "a/b/ x"}; !slices.Equal(s.seen, want) {
		t.Errorf("synced %q, want %q", s.seen, want)
	}
	s.seen = nil
	must(t, writer{s.sync}.writeFiles(filepath.Join(s.root, "a/b"), map[string]string{"x": "new", "y": "new"}))
	if want := []string{"new", "new", "a/b/ x y"}; !slices.Equal(s.seen, want) {
		t.Errorf("synced %q, want %q", s.seen, want)
	}
	s.seen = nil
	must(t, writer{s.sync}.writeFiles(filepath.Join(s.root, "a/b"), nil))
	if len(s.seen) > 0 {
		t.Errorf("synced %q for nothing", s.seen)
	}
}

func TestAFileThatCannotBeSyncedDoesNotAppear(t *testing.T) {
	full := errors.New("disk full")
	s := &syncs{t: t, root: t.TempDir(), err: map[string]error{"text": full}}
	must(t, WriteFiles(s.root, map[string]string{"x": "old"}))
	if err := (writer{s.sync}).writeFiles(s.root, map[string]string{"x": "text"}); !errors.Is(err, full) {
		t.Errorf("written with %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(s.root, "x")); err != nil || string(data) != "old" || len(namesIn(t, s.root)) != 1 {
		t.Errorf("the file holds %q, %v; there are %q", data, err, namesIn(t, s.root))
	}
}

func TestADirectoryThatCannotBeSynced(t *testing.T) {
	for _, failure := range []error{syscall.EIO, syscall.EINVAL} { // EINVAL: the file system cannot
		s := &syncs{t: t, root: t.TempDir(), err: map[string]error{"./ x": failure}}
		err := writer{s.sync}.writeFiles(s.root, map[string]string{"x": "text"})
		if want := failure == syscall.EIO; (err != nil) != want {
			t.Errorf("%v: written with %v", failure, err)
		}
	}
}

// A reader that has the file open sees the old bytes, never a mixture.
func TestAFileIsReplacedByRenaming(t *testing.T) {
	dir := t.TempDir()
	must(t, WriteFiles(dir, map[string]string{"x": "before"}))
	f, err := os.Open(filepath.Join(dir, "x"))
	must(t, err)
	defer f.Close()
	must(t, WriteFiles(dir, map[string]string{"x": "after"}))
	was, err := io.ReadAll(f)
	must(t, err)
	is, err := os.ReadFile(filepath.Join(dir, "x"))
	if string(was) != "before" || string(is) != "after" || err != nil {
		t.Errorf("%q, then %q, %v", was, is, err)
	}
}

func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "private")
	must(t, WriteFiles(dir, map[string]string{"x": ""}))
	for name, want := range map[string]os.FileMode{dir: os.ModeDir | 0o700, filepath.Join(dir, "x"): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, want %v", name, info.Mode(), want)
		}
	}
}

// A failure is never silent.
func TestPlacesThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, os.Symlink("missing", link))
	for _, place := range []string{file, filepath.Join(file, "below"), link, filepath.Join(link, "below")} {
		if err := WriteFiles(place, map[string]string{"x": ""}); err == nil {
			t.Errorf("WriteFiles(%s) succeeded", place)
		}
	}
	for _, place := range []string{filepath.Join(file, "below"), filepath.Join(link, "below")} {
		if err := MakeDir(place); err == nil {
			t.Errorf("MakeDir(%s) succeeded", place)
		}
	}
}

func TestRemoveUnfinished(t *testing.T) {
	dir := t.TempDir()
	must(t, RemoveUnfinished(filepath.Join(dir, "missing")))
	must(t, os.WriteFile(filepath.Join(dir, tempPrefix+"1"), nil, 0o600))
	must(t, WriteFiles(dir, map[string]string{"x": ""}))
	must(t, RemoveUnfinished(dir))
	if got := namesIn(t, dir); !slices.Equal(got, []string{"x"}) {
		t.Errorf("left: %q", got)
	}
}
