package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
)

// A tree is the script directory as one scan found it.
type tree struct {
	dir      string   // the directory that was read, with links resolved; "" if there is none
	points   []string // the names on the path to it that decide which directory it is
	files    map[string]*file
	dirs     []treeDir
	problems []Problem
	busy     bool   // some file is being written right now
	writing  string // one of them that is a script
	sum      sum    // of names, bytes and problems
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
func emptyTree() *tree { return &tree{files: map[string]*file{}} }

// scanDir scans a directory, wherever links on the path to it lead now.
// It reads everything through one handle on that directory, so that a link that is
// switched during the scan cannot mix two trees, and no link inside leads out.
func scanDir(dir string, limits Limits, previous *tree, reread rereadFunc) *tree {
	resolved, points, err := resolve(dir)
	var root *os.Root
	if err == nil {
		root, err = os.OpenRoot(resolved)
	}
	if err != nil {
		t := &tree{files: map[string]*file{}, points: points}
		t.problems = append(t.problems, Problem{Message: fmt.Sprintf("the script directory %s cannot be read: %s", dir, withoutPath(err))})
		t.computeSum()
		return t
	}
	defer root.Close()
	t := scan(root.FS(), limits, previous, reread)
	t.dir, t.points = resolved, points
	return t
}

// scan reads a tree. Files that are unchanged since the previous one are taken
// from there.
func scan(fsys fs.FS, limits Limits, previous *tree, reread rereadFunc) *tree {
	s := &scanner{fsys: fsys, limits: limits, previous: previous, reread: reread, tree: emptyTree()}
	s.dir(".", nil)
	s.tree.computeSum()
	return s.tree
}

type scanner struct {
	fsys     fs.FS
	limits   Limits
	previous *tree
	reread   rereadFunc
	tree     *tree
	size     int64
	full     bool // a limit of the whole tree is exceeded; the rest is not read
}

// dir reads a directory; parents are the directories on the path to it.
func (s *scanner) dir(name string, parents []fs.FileInfo) {
	info, err := fs.Stat(s.fsys, name)
	if err != nil {
		s.unreadable(name, err)
		return
	}
	if slices.ContainsFunc(parents, func(p fs.FileInfo) bool { return os.SameFile(p, info) }) {
		s.problem(name, "this link leads back to a directory that contains it; remove it")
		return
	}
	s.tree.dirs = append(s.tree.dirs, treeDir{name, info})
	entries, err := fs.ReadDir(s.fsys, name)
	if err != nil {
		s.unreadable(name, err)
		return
	}
	parents = append(slices.Clip(parents), info)
	for _, e := range entries {
		if s.full {
			return
		}
		if !isIgnored(e.Name()) {
			s.entry(path.Join(name, e.Name()), e.Type()&fs.ModeSymlink != 0, parents)
		}
	}
}

func (s *scanner) entry(name string, isLink bool, parents []fs.FileInfo) {
	info, err := fs.Stat(s.fsys, name)
	switch {
	case err != nil && isLink:
		s.problem(name, describeBadLink(s.fsys, name, err))
	case err != nil:
		s.unreadable(name, err)
	case info.IsDir():
		s.dir(name, parents)
	case info.Mode().IsRegular(): // pipes and sockets are ignored
		s.file(name, info, isLink)
	}
}

// file takes a file from the previous scan or reads it.
func (s *scanner) file(name string, info fs.FileInfo, isLink bool) {
	was := s.previous.files[name]
	if was != nil && was.trusted && sameStamp(was.info, info) && !s.reread(path.Base(name), isLink) {
		s.tree.files[name] = was
	} else if !s.read(name, was) {
		return
	}
	s.size += int64(len(s.tree.files[name].content.data))
	if len(s.tree.files) > s.limits.Files {
		s.limitExceeded(fmt.Sprintf("the script directory holds more than %d files", s.limits.Files))
	}
	if s.size > s.limits.Total {
		s.limitExceeded(fmt.Sprintf("the files in the script directory are larger than %d bytes together", s.limits.Total))
	}
}

// read reads a file into the tree. It returns false if that was not possible.
func (s *scanner) read(name string, was *file) bool {
	f, err := s.fsys.Open(name)
	if err != nil {
		s.unreadable(name, err)
		return false
	}
	defer f.Close()
	first, err := f.Stat()
	if err != nil {
		s.unreadable(name, err)
		return false
	}
	data, err := io.ReadAll(io.LimitReader(f, s.limits.File+1))
	if err != nil {
		s.unreadable(name, err)
		return false
	}
	if int64(len(data)) > s.limits.File {
		s.problem(name, fmt.Sprintf("larger than %d bytes, the limit for a file; keep recordings and other large files outside the script directory", s.limits.File))
		return false
	}
	last, err := f.Stat()
	busy := err != nil || first.Size() != last.Size() || !first.ModTime().Equal(last.ModTime()) || openForWriting(f)
	if busy {
		s.tree.busy = true
		if isScript(name) && s.tree.writing == "" {
			s.tree.writing = name
		}
	}
	c := &content{name: name, sum: sha256.Sum256(data)}
	same := was != nil && was.content.sum == c.sum
	if same {
		c = was.content
	} else {
		c.data = string(data)
	}
	s.tree.files[name] = &file{info: first, content: c, trusted: same && !busy}
	return true
}

// unreadable notes an error of the file system. A file that disappeared since it
// was listed is no error, but the directory itself is.
func (s *scanner) unreadable(name string, err error) {
	if errors.Is(err, fs.ErrNotExist) && name != "." {
		return
	}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	s.problem(name, fmt.Sprintf("cannot be read: %v", err))
}

func (s *scanner) problem(name, message string) {
	if name == "." {
		name, message = "", "the script directory "+message
	}
	s.tree.problems = append(s.tree.problems, Problem{File: name, Message: message})
}

func (s *scanner) limitExceeded(message string) {
	s.full = true
	s.tree.problems = append(s.tree.problems, Problem{Message: message + "; keep in it only what calls need"})
}

func describeBadLink(fsys fs.FS, name string, err error) string {
	target, readErr := fs.ReadLink(fsys, name)
	switch {
	case readErr != nil:
		return fmt.Sprintf("this link cannot be read: %v", readErr)
	case path.IsAbs(target):
		return fmt.Sprintf("this link is to the absolute path %s; a link must be relative and stay inside the script directory", target)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("this link is to %s, which does not exist", target)
	}
	return fmt.Sprintf("this link is to %s, outside the script directory or not readable (%v); copy the file into it", target, err)
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
