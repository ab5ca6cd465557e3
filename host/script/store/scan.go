package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// A tree is the script directory as one scan found it.
type tree struct {
	dir      string   // the directory that was read, with links resolved; "" if there is none
	points   []string // the names on the path to it that decide which directory it is
	files    map[string]*file
	dirs     []treeDir
	problems []Problem
	partial  bool            // the directory is too large to be searched whole
	large    map[string]bool // files beyond the limit for a file
	busy     bool            // some file is being written right now
	writing  string          // one of them that is a script
	held     time.Time       // when a file that changes too often is read again; zero: none waits
	sum      sum             // of names, bytes and problems
}

// A file is a file as a scan found it.
type file struct {
	info    fs.FileInfo
	content *content
	trusted bool // two scans read the same bytes, so while its stamp is the same, so are they
}

// A treeDir is a directory of the tree, to be watched.
type treeDir struct {
	name string
	info fs.FileInfo
}

// A rereadFunc reports whether a file must be read although its stamp is the same
// as in the previous scan.
type rereadFunc func(base string, isLink bool) bool

func rereadAll(string, bool) bool  { return true }
func rereadNone(string, bool) bool { return false }

// emptyTree returns the previous tree of the first scan.
func emptyTree() *tree { return &tree{files: map[string]*file{}, large: map[string]bool{}} }

// A scan reads a tree. Files that are unchanged since the previous tree are taken
// from there.
type scan struct {
	limits   Limits
	previous *tree
	reread   rereadFunc
	pace     pace // of files other than scripts
	hurry    bool // the pace does not matter
	now      time.Time
}

// dir scans a directory, wherever links on the path to it lead now. It reads
// everything through one handle on that directory, so that a link that is switched
// during the scan cannot mix two trees, and no link inside leads out. It fails only
// if ctx ends.
func (s scan) dir(ctx context.Context, dir string) (*tree, error) {
	resolved, points, err := resolve(dir)
	var root rootFS
	if err == nil {
		root, err = openRoot(resolved)
	}
	if err != nil {
		t := &tree{files: map[string]*file{}, points: points}
		t.problems = append(t.problems, Problem{Message: fmt.Sprintf("the script directory %s cannot be read: %s", dir, withoutPath(err))})
		t.computeSum()
		return t, nil
	}
	defer root.Close()
	t, err := s.files(ctx, root)
	if err == nil {
		t.dir, t.points = resolved, points
	}
	return t, err
}

// files scans a file system. It fails only if ctx ends.
func (s scan) files(ctx context.Context, fsys fs.FS) (*tree, error) {
	r := &reader{scan: s, ctx: ctx, fsys: fsys, tree: emptyTree()}
	w := &walk{ctx: ctx, fsys: fsys, limits: s.limits, report: &r.report}
	if err := w.run(); err != nil {
		return nil, err
	}
	r.tree.partial = w.partial
	r.readScripts(w.scripts)
	r.readOthers(w.others)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.tree.dirs = watched(w.dirs, &r.report)
	r.tree.problems = r.report.problems()
	r.tree.computeSum()
	return r.tree, nil
}

// maxWatched limits the directories without scripts that are watched. The kernel has at
// least this many watches for all programs of a user.
const maxWatched = 4096

// watched returns the directories to be watched.
func watched(found []*foundDir, report *report) (dirs []treeDir) {
	plain := 0
	for _, d := range found {
		if !d.script {
			if plain++; plain > maxWatched {
				continue
			}
		}
		dirs = append(dirs, treeDir{d.name, d.info})
	}
	if plain > maxWatched {
		report.add(Problem{Message: fmt.Sprintf("more than %d directories hold no script; a script that is put into one of the others is found only by the periodic scan", maxWatched), Warning: true})
	}
	return dirs
}

// sameStamp reports whether a file was very likely not written between two stats.
func sameStamp(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// computeSum computes the sum by which two scans are compared.
func (t *tree) computeSum() {
	h := sha256.New()
	for _, name := range sortedKeys(t.files) {
		fmt.Fprintf(h, "%s\x00%x\n", name, t.files[name].content.sum)
	}
	for _, p := range t.problems {
		fmt.Fprintf(h, "%s\x00%s\n", p.File, p.Message)
	}
	h.Sum(t.sum[:0])
}

func (t *tree) hasScripts() bool {
	for name := range t.files {
		if isScript(name) {
			return true
		}
	}
	return false
}

func (t *tree) contents() map[string]*content {
	contents := make(map[string]*content, len(t.files))
	for name, f := range t.files {
		contents[name] = f.content
	}
	return contents
}
