package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// A reader reads the files of a tree that a walk has found.
type reader struct {
	scan
	ctx    context.Context
	fsys   fs.FS
	tree   *tree
	report report
	size   int64 // of all files in the tree
}

// readScripts reads the scripts. All of them are needed: which of them call each
// other shows only as they run.
func (r *reader) readScripts(found []foundFile) {
	if len(found) > r.limits.Files {
		r.report.add(Problem{Message: fmt.Sprintf("the script directory holds more than %d scripts; keep in it only what calls need", r.limits.Files)})
		return
	}
	for _, f := range found {
		if r.ctx.Err() != nil {
			return
		}
		if info, ok := r.stat(f); ok {
			r.file(f, info)
		}
		if r.size > r.limits.Total {
			r.report.add(Problem{Message: fmt.Sprintf("the scripts are larger than %d bytes together; keep in the script directory only what calls need", r.limits.Total), Warning: f.linked})
			if f.linked {
				delete(r.tree.files, f.name)
			}
			return
		}
	}
}

// readOthers reads the files that flows can open, as far as the limits allow. Those
// that the previous tree knows come first, so that others do not displace them.
func (r *reader) readOthers(found []foundFile) {
	read, left := 0, ""
	for _, before := range []bool{true, false} {
		for _, f := range found {
			was := r.previous.files[f.name]
			if r.ctx.Err() != nil || (was != nil || r.previous.large[f.name]) != before {
				continue
			}
			if read == r.limits.Files {
				left = cmp.Or(left, f.name)
				break
			}
			if !before && r.holds(dirKey(f.name)) {
				continue
			}
			info, ok := r.stat(f)
			switch {
			case !ok:
			case info.Size() > r.limits.File:
				r.tree.large[f.name] = true
				r.report.add(Problem{File: f.name, Message: fmt.Sprintf("is larger than %d bytes, so that flows cannot open it; keep recordings and other large files outside the script directory", r.limits.File), Warning: true})
			case r.size+info.Size() > r.limits.Total:
				left = cmp.Or(left, f.name)
			default:
				r.file(f, info)
				read++
			}
		}
	}
	if left != "" {
		r.report.add(Problem{File: path.Dir(left), Message: fmt.Sprintf("flows cannot open all files in here: besides the scripts only %d files are read, and %d bytes of all; keep in the script directory only what calls need", r.limits.Files, r.limits.Total), Warning: true})
	}
	r.holdRemovals()
	for _, key := range r.pace.restless(r.now) {
		name, what := key, "changes"
		if strings.HasSuffix(key, "/") {
			name, what = strings.TrimSuffix(key, "/"), "gets and loses files"
		}
		r.report.add(Problem{File: name, Message: fmt.Sprintf("%s so often that it is read only every %v; keep logs and the like outside the script directory, and let flows read them with grants: read", what, longestPause), Warning: true})
	}
}

// holdRemovals leaves files in the tree that are gone from a directory whose names
// change too often.
func (r *reader) holdRemovals() {
	if len(r.pace) == 0 {
		return
	}
	for name, was := range r.previous.files {
		if r.tree.files[name] == nil && !isScript(name) && r.holds(dirKey(name)) {
			r.tree.files[name] = was
		}
	}
}

// holds reports whether a change has to wait, and notes until when.
func (r *reader) holds(key string) bool {
	until := r.pace.until(key, r.now)
	if r.hurry || until.IsZero() {
		return false
	}
	if r.tree.held.IsZero() || until.Before(r.tree.held) {
		r.tree.held = until
	}
	return true
}

// stat returns what a file is now. It reports false if it is no longer a regular file.
func (r *reader) stat(f foundFile) (fs.FileInfo, bool) {
	info, err := fs.Stat(r.fsys, f.name)
	if err != nil {
		r.report.unreadable(f.name, err)
		return nil, false
	}
	return info, info.Mode().IsRegular()
}

// file takes a file from the previous tree or reads it.
func (r *reader) file(f foundFile, info fs.FileInfo) {
	was := r.previous.files[f.name]
	same := was != nil && sameStamp(was.info, info)
	switch {
	case same && was.trusted && !r.reread(path.Base(f.name), f.isLink):
		r.tree.files[f.name] = was
	case was != nil && !isScript(f.name) && r.holds(f.name):
		r.tree.files[f.name] = was
	case !r.read(f.name, was):
		return
	}
	r.size += int64(len(r.tree.files[f.name].content.data))
}

// read reads a file into the tree. It returns false if that was not possible.
func (r *reader) read(name string, was *file) bool {
	f, err := r.fsys.Open(name)
	if err != nil {
		r.report.cannotOpen(r.fsys, name, err)
		return false
	}
	defer f.Close()
	first, err := f.Stat()
	if err != nil {
		r.report.unreadable(name, err)
		return false
	}
	if !first.Mode().IsRegular() {
		return false // something else has taken its place
	}
	data, err := io.ReadAll(io.LimitReader(interruptible{r.ctx, f}, r.limits.File+1))
	if err != nil {
		r.report.unreadable(name, err)
		return false
	}
	if int64(len(data)) > r.limits.File {
		r.report.add(Problem{File: name, Message: fmt.Sprintf("is larger than %d bytes, the limit for a file", r.limits.File), Warning: !isScript(name)})
		return false
	}
	last, err := f.Stat()
	busy := err != nil || first.Size() != last.Size() || !first.ModTime().Equal(last.ModTime()) || openForWriting(f)
	if busy {
		r.tree.busy = true
		if isScript(name) && r.tree.writing == "" {
			r.tree.writing = name
		}
	}
	c := &content{name: name, sum: sha256.Sum256(data)}
	same := was != nil && was.content.sum == c.sum
	if same {
		c = was.content
	} else {
		c.data = string(data)
	}
	r.tree.files[name] = &file{info: first, content: c, trusted: same && !busy}
	return true
}

// interruptible reads until ctx ends.
type interruptible struct {
	ctx context.Context
	fs.File
}

func (i interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.File.Read(p)
}
