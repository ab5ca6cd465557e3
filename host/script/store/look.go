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

// tree is one look at the directory: every file's bytes, and what could not be
// read.
type tree struct {
	real     string   // the directory that was read, free of links; "" when there is none
	points   []string // the names on the way to it that decide which directory it is
	files    map[string]*file
	dirs     []dir
	problems []Problem
	busy     bool   // some file is being written right now
	writing  string // one of them that is a script
	sum      sum    // of names, bytes and problems
}

// file is a file at the time of a look.
type file struct {
	info  fs.FileInfo
	body  *content
	twice bool // read twice with the same bytes: its stamp can be trusted
}

// dir is a directory of the tree, for the watch.
type dir struct {
	name string
	info fs.FileInfo
}

// reader takes one look.
type reader struct {
	fsys   fs.FS
	limits Limits
	before *tree                               // what is unchanged since then is not read again
	doubt  func(base string, isLink bool) bool // a file whose stamp must not be trusted
	now    *tree
	size   int64
	over   bool // a limit of the whole tree is passed; the rest is not read
}

// look reads a tree. before may be empty, never nil.
func look(fsys fs.FS, limits Limits, before *tree, doubt func(base string, isLink bool) bool) *tree {
	r := &reader{fsys: fsys, limits: limits, before: before, doubt: doubt, now: &tree{files: map[string]*file{}}}
	r.dir(".", nil)
	r.now.seal()
	return r.now
}

// dir reads a directory; above are the directories on the way to it.
func (r *reader) dir(name string, above []fs.FileInfo) {
	info, err := fs.Stat(r.fsys, name)
	if err != nil {
		r.unreadable(name, err)
		return
	}
	if slices.ContainsFunc(above, func(up fs.FileInfo) bool { return os.SameFile(up, info) }) {
		r.problem(name, "this link leads back to a directory it lies in; remove it")
		return
	}
	r.now.dirs = append(r.now.dirs, dir{name, info})
	entries, err := fs.ReadDir(r.fsys, name)
	if err != nil {
		r.unreadable(name, err)
		return
	}
	above = append(above[:len(above):len(above)], info)
	for _, e := range entries {
		if r.over {
			return
		}
		if !dropping(e.Name()) {
			r.entry(path.Join(name, e.Name()), e.Type()&fs.ModeSymlink != 0, above)
		}
	}
}

func (r *reader) entry(name string, isLink bool, above []fs.FileInfo) {
	info, err := fs.Stat(r.fsys, name)
	switch {
	case err != nil && isLink:
		r.problem(name, badLink(r.fsys, name, err))
	case err != nil:
		r.unreadable(name, err)
	case info.IsDir():
		r.dir(name, above)
	case info.Mode().IsRegular(): // a pipe or a socket is nobody's script
		r.file(name, info, isLink)
	}
}

// file takes over what the look before knows, or reads.
func (r *reader) file(name string, info fs.FileInfo, isLink bool) {
	was := r.before.files[name]
	if was != nil && was.twice && sameStamp(was.info, info) && !r.doubt(path.Base(name), isLink) {
		r.now.files[name] = was
	} else if !r.read(name, was) {
		return
	}
	r.size += int64(len(r.now.files[name].body.data))
	if len(r.now.files) > r.limits.Files {
		r.tooMuch(fmt.Sprintf("the script directory holds more than %d files", r.limits.Files))
	}
	if r.size > r.limits.Total {
		r.tooMuch(fmt.Sprintf("the files of the script directory are more than %d bytes together", r.limits.Total))
	}
}

// read reads a file; it reports false when there is nothing to keep.
func (r *reader) read(name string, was *file) bool {
	f, err := r.fsys.Open(name)
	if err != nil {
		r.unreadable(name, err)
		return false
	}
	defer f.Close()
	first, err := f.Stat()
	if err != nil {
		r.unreadable(name, err)
		return false
	}
	data, err := io.ReadAll(io.LimitReader(f, r.limits.File+1))
	if err != nil {
		r.unreadable(name, err)
		return false
	}
	if int64(len(data)) > r.limits.File {
		r.problem(name, fmt.Sprintf("larger than the %d bytes a file may have; keep recordings and other large files outside the script directory", r.limits.File))
		return false
	}
	last, err := f.Stat()
	busy := err != nil || first.Size() != last.Size() || !first.ModTime().Equal(last.ModTime()) || openForWriting(f)
	if busy {
		r.now.busy = true
		if isScript(name) && r.now.writing == "" {
			r.now.writing = name
		}
	}
	body := &content{name: name, sum: sha256.Sum256(data)}
	same := was != nil && was.body.sum == body.sum
	if same {
		body = was.body
	} else {
		body.data = string(data)
	}
	r.now.files[name] = &file{info: first, body: body, twice: same && !busy}
	return true
}

// unreadable notes an error of the file system; what is gone since it was listed
// is no error, but for the tree itself.
func (r *reader) unreadable(name string, err error) {
	if errors.Is(err, fs.ErrNotExist) && name != "." {
		return
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	r.problem(name, fmt.Sprintf("cannot be read: %v", err))
}

func (r *reader) problem(name, message string) {
	if name == "." {
		name, message = "", "the script directory "+message
	}
	r.now.problems = append(r.now.problems, Problem{File: name, Message: message})
}

func (r *reader) tooMuch(message string) {
	r.over = true
	r.now.problems = append(r.now.problems, Problem{Message: message + "; keep in it only what calls need, or raise the limit"})
}

func badLink(fsys fs.FS, name string, err error) string {
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

// sameStamp says that a file was very likely not written between two stats.
func sameStamp(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// seal computes the sum by which two looks are compared.
func (t *tree) seal() {
	h := sha256.New()
	for _, name := range sortedKeys(t.files) {
		fmt.Fprintf(h, "%s\x00%x\n", name, t.files[name].body.sum)
	}
	for _, p := range t.problems {
		fmt.Fprintf(h, "%s\x00%s\n", p.File, p.Message)
	}
	h.Sum(t.sum[:0])
}
