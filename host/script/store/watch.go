package store

import (
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// watch asks the kernel to be told of changes in the directories of a tree and
// at the points on the way to it. It never changes what it watches: other
// directories are a new watcher, since a watch follows its directory when that
// is moved and two paths may share one.
type watch struct {
	open func() (*fsnotify.Watcher, error)
	log  *slog.Logger

	w      *fsnotify.Watcher // nil: no notifications, the scan alone finds changes
	dirs   map[string]fs.FileInfo
	tree   map[string]bool // those of dirs that are the tree's
	points []string
	placed int  // watches when it was made; one goes when its directory is moved or deleted
	worn   bool // it may have missed something, or could not be made
	told   map[string]bool
}

// follow sees to it that t's directories are watched. It reports true when it
// had to begin anew: changes from before that may have gone unnoticed.
func (w *watch) follow(t *tree) bool {
	dirs, inTree := watchable(t)
	w.points = t.points
	same := maps.EqualFunc(w.dirs, dirs, os.SameFile) && maps.Equal(w.tree, inTree)
	if same && !w.worn && (w.w == nil || len(w.w.WatchList()) == w.placed) {
		return false
	}
	w.close()
	w.dirs, w.tree, w.worn = dirs, inTree, false
	watcher, err := w.open()
	if err != nil {
		w.tell("no notifications of changes; they are found by the periodic scan alone", err)
		w.worn = true // try again at the next look
		return false
	}
	for dir := range dirs {
		if err := watcher.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			if errors.Is(err, syscall.ENOSPC) {
				err = errors.New("the system has no more watches; raise the sysctl fs.inotify.max_user_watches")
			}
			w.tell("no notifications from "+dir+"; changes there are found by the periodic scan", err)
		}
	}
	w.w, w.placed = watcher, len(watcher.WatchList())
	return true
}

// watchable are the directories to watch for a tree, and which of them are the
// tree's own.
func watchable(t *tree) (dirs map[string]fs.FileInfo, inTree map[string]bool) {
	dirs, inTree = map[string]fs.FileInfo{}, map[string]bool{}
	for _, d := range t.dirs {
		path := filepath.Join(t.real, filepath.FromSlash(d.name))
		dirs[path], inTree[path] = d.info, true
	}
	for _, p := range t.points {
		parent := filepath.Dir(p)
		if info, err := os.Stat(parent); err == nil && dirs[parent] == nil {
			dirs[parent] = info
		}
	}
	return dirs, inTree
}

// touches says whether an event may have changed the tree.
func (w *watch) touches(e fsnotify.Event) bool {
	name := filepath.Clean(e.Name) // fsnotify writes //name for what is in the root directory
	gone := w.dirs[name] != nil && (e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename))
	return gone || w.tree[filepath.Dir(name)] || w.tree[name] || slices.Contains(w.points, name)
}

// lost says that events were dropped, and with them perhaps the end of a watch.
func (w *watch) lost() { w.worn = true }

func (w *watch) events() <-chan fsnotify.Event {
	if w.w == nil {
		return nil
	}
	return w.w.Events
}

func (w *watch) errors() <-chan error {
	if w.w == nil {
		return nil
	}
	return w.w.Errors
}

// close waits for fsnotify's goroutine.
func (w *watch) close() {
	if w.w != nil {
		w.w.Close()
		w.w = nil
	}
}

// tell logs each trouble once.
func (w *watch) tell(what string, err error) {
	if text := what + err.Error(); !w.told[text] {
		w.told[text] = true
		w.log.Warn("scripts: "+what, "error", err)
	}
}
