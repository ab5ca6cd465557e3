package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/fsnotify/fsnotify"
)

func noNotifications() (*fsnotify.Watcher, error) {
	return nil, errors.New("too many open files")
}

// Notifications that are not available are asked for again at the next scan.
func TestNotificationsMayComeLater(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	w := &notifier{open: noNotifications, log: quiet, reported: map[string]bool{}}
	defer w.close()
	tree := scanDir(t, dir, Config{}.withDefaults().Limits, emptyTree(), rereadNone)
	if w.follow(tree) {
		t.Fatal("it watches without notifications")
	}
	w.open = notifications(t)
	if !w.follow(tree) || w.watcher == nil {
		t.Error("there are notifications now, and they were not asked for")
	}
}

// An overflow does not tell which files were written, so all are read again.
func TestAnOverflowOfNotificationsReadsEverything(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	cfg, watchers := watching(t), make(chan *fsnotify.Watcher, 1)
	watch := cfg.Notify
	cfg.Notify = func() (*fsnotify.Watcher, error) {
		w, err := watch()
		if err == nil {
			watchers <- w
		}
		return w, err
	}
	s, err := Open(t.Context(), dir, cfg, vm.Compile, quiet, hurryingClock())
	must(t, err)
	start(t, s)
	awaitFirstChange(t, s)
	healthy := <-watchers
	healthy.Errors <- fsnotify.ErrEventOverflow // the end of a watch may be among the events that were dropped

	deaf := <-watchers
	awaitFirstChange(t, s)
	for _, watched := range deaf.WatchList() {
		must(t, deaf.Remove(watched)) // only the overflow can tell now
	}
	overwriteSameStamp(t, filepath.Join(dir, "main.lua"), "return 2")
	deaf.Errors <- fsnotify.ErrEventOverflow
	await(t, s, "the change", func() bool { return holds(s.Current(), "main.lua", "return 2") })
	<-watchers
	put(t, dir, "main.lua", "return 3")
	await(t, s, "a change after that", func() bool { return holds(s.Current(), "main.lua", "return 3") })
}

// The notifier makes a new watcher only when it must. Other files beside the tree
// do not concern it, even if they change often.
func TestWhatTheNotifierFollows(t *testing.T) {
	root := t.TempDir()
	put(t, root, "scripts/lib/a.lua", "return 1")
	w := &notifier{open: notifications(t), log: quiet, reported: map[string]bool{}}
	defer w.close()
	scripts := filepath.Join(root, "scripts")
	if !w.follow(scanDir(t, scripts, Config{}.withDefaults().Limits, emptyTree(), rereadNone)) {
		t.Fatal("no watcher was made")
	}
	if w.follow(scanDir(t, scripts, Config{}.withDefaults().Limits, emptyTree(), rereadNone)) {
		t.Error("a new watcher was made for the same directories")
	}

	// When the directory is moved away and back, the kernel's watch has ended.
	must(t, os.Rename(scripts, scripts+".away"))
	must(t, os.Rename(scripts+".away", scripts))
	for len(w.watcher.WatchList()) == w.watches {
		<-w.events()
	}
	if !w.follow(scanDir(t, scripts, Config{}.withDefaults().Limits, emptyTree(), rereadNone)) {
		t.Error("a watch that has ended is not noticed")
	}
	w.stale = true
	if !w.follow(scanDir(t, scripts, Config{}.withDefaults().Limits, emptyTree(), rereadNone)) {
		t.Error("a watcher that lost events is not replaced")
	}
	for name, want := range map[string]bool{
		"other.log":             false,
		"scripts":               true,
		"scripts/new.lua":       true,
		"scripts/lib/a.lua":     true,
		"scripts/.git/HEAD":     false,
		"scripts/lib/sub/b.lua": false, // sub itself comes first
	} {
		if got := w.concerns(fsnotify.Event{Name: filepath.Join(root, name), Op: fsnotify.Create}); got != want {
			t.Errorf("concerns(%s) = %v", name, got)
		}
	}
}

func TestResolve(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	put(t, root, "releases/1/scripts/a.lua", "")
	must(t, os.Symlink("releases/1", filepath.Join(root, "current")))
	must(t, os.Symlink(filepath.Join(root, "current/scripts"), filepath.Join(root, "link")))
	must(t, os.Symlink("loop", filepath.Join(root, "loop")))
	under := func(names ...string) (paths []string) {
		for _, n := range names {
			paths = append(paths, filepath.Join(root, n))
		}
		return paths
	}
	for name, tc := range map[string]struct {
		real   string
		points []string
	}{
		"releases/1":      {"releases/1", under("releases/1")},
		"current":         {"releases/1", under("current", "releases/1")},
		"link":            {"releases/1/scripts", under("link", "current", "releases/1/scripts")},
		"missing/scripts": {"", under("missing")},
		"current/missing": {"", under("current", "releases/1/missing")},
	} {
		real, points, err := resolve(filepath.Join(root, name))
		want := ""
		if tc.real != "" {
			want = filepath.Join(root, tc.real)
		}
		if real != want || (err == nil) != (tc.real != "") {
			t.Errorf("resolve(%s) = %s, %v", name, real, err)
		}
		if len(points) != len(tc.points) {
			t.Errorf("points of %s: %q, want %q", name, points, tc.points)
			continue
		}
		for i := range points {
			if points[i] != tc.points[i] {
				t.Errorf("points of %s: %q, want %q", name, points, tc.points)
			}
		}
	}
	if _, _, err := resolve(filepath.Join(root, "loop")); err == nil {
		t.Error("a link to itself resolves")
	}
}
