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

// A notifier asks the kernel for notifications of changes in the directories of a
// tree and at the points on the path to it. It never adds directories to a
// watcher but makes a new one, since a watch follows its directory when that is
// moved, and two paths may share one watch.
type notifier struct {
	open func() (*fsnotify.Watcher, error)
	log  *slog.Logger

	watcher  *fsnotify.Watcher // nil: no notifications, only the periodic scan finds changes
	dirs     map[string]fs.FileInfo
	inTree   map[string]bool // the dirs that belong to the tree
	points   []string
	watches  int  // how many there were at first; one ends when its directory is moved or deleted
	stale    bool // events were lost, perhaps with the end of a watch, or there is no watcher
	reported map[string]bool
}

// follow watches the directories of t. It returns true if it had to make a new
// watcher, so that earlier changes may have gone unnoticed.
func (n *notifier) follow(t *tree) bool {
	dirs, inTree := watchedDirs(t)
	n.points = t.points
	same := maps.EqualFunc(n.dirs, dirs, os.SameFile) && maps.Equal(n.inTree, inTree)
	if same && !n.stale && (n.watcher == nil || len(n.watcher.WatchList()) == n.watches) {
		return false
	}
	n.close()
	n.dirs, n.inTree, n.stale = dirs, inTree, false
	watcher, err := n.open()
	if err != nil {
		n.reportOnce("no notifications of changes; only the periodic scan finds them", err)
		n.stale = true // try again at the next scan
		return false
	}
	for dir := range dirs {
		if err := watcher.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			if errors.Is(err, syscall.ENOSPC) {
				err = errors.New("the system has no more watches; raise the sysctl fs.inotify.max_user_watches")
			}
			n.reportOnce("no notifications from "+dir+"; only the periodic scan finds changes there", err)
		}
	}
	n.watcher, n.watches = watcher, len(watcher.WatchList())
	return true
}

// watchedDirs returns the directories to watch for a tree, and which of them
// belong to the tree itself.
func watchedDirs(t *tree) (dirs map[string]fs.FileInfo, inTree map[string]bool) {
	dirs, inTree = map[string]fs.FileInfo{}, map[string]bool{}
	for _, d := range t.dirs {
		path := filepath.Join(t.dir, filepath.FromSlash(d.name))
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

// concerns reports whether an event may have changed the tree.
func (n *notifier) concerns(e fsnotify.Event) bool {
	name := filepath.Clean(e.Name) // fsnotify writes //name for a file in the root directory
	dirGone := n.dirs[name] != nil && (e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename))
	return dirGone || n.inTree[filepath.Dir(name)] || n.inTree[name] || slices.Contains(n.points, name)
}

func (n *notifier) events() <-chan fsnotify.Event {
	if n.watcher == nil {
		return nil
	}
	return n.watcher.Events
}

func (n *notifier) errors() <-chan error {
	if n.watcher == nil {
		return nil
	}
	return n.watcher.Errors
}

// close waits for fsnotify's goroutine.
func (n *notifier) close() {
	if n.watcher != nil {
		n.watcher.Close()
		n.watcher = nil
	}
}

// reportOnce logs each failure once.
func (n *notifier) reportOnce(what string, err error) {
	if text := what + err.Error(); !n.reported[text] {
		n.reported[text] = true
		n.log.Warn("scripts: "+what, "error", err)
	}
}
