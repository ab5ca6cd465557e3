package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
)

// An inode identifies a file or directory within the machine.
type inode struct{ device, number uint64 }

// maxDepth limits the nesting of directories.
const maxDepth = 32

// A walk finds the names in a tree. Those that are found without links come first,
// then those behind one link, and so on; of these the shallow ones. So whatever is
// left out because there is too much, it is the most remote.
type walk struct {
	ctx    context.Context
	fsys   fs.FS
	limits Limits
	report *report

	scripts, others []foundFile
	dirs            []*foundDir
	listings        map[inode]*listing // of the directories that were read
	names           int                // in the directories that were read
	links           int                // that were followed
	linked          int                // directories behind links
	partial         bool               // something was left out
}

// A foundFile is a regular file, or a link to one.
type foundFile struct {
	name   string
	isLink bool
	linked bool // it lies behind a link to a directory
}

// A foundDir is a directory with the path to it.
type foundDir struct {
	name   string
	info   fs.FileInfo
	inode  inode
	parent *foundDir
	depth  int
	linked bool // there are links on the path
	script bool // there are scripts in it
}

// A listing holds the names in a directory that matter, sorted.
type listing struct{ files, dirs, links []string }

// run walks the tree. It returns an error if ctx ends.
func (w *walk) run() error {
	w.listings = map[inode]*listing{}
	queue := []*foundDir{{name: "."}}
	for len(queue) > 0 {
		var behind []*foundDir // links, to be followed when everything else is found
		for i := 0; i < len(queue); i++ {
			if err := w.ctx.Err(); err != nil {
				return err
			}
			inner, links := w.dir(queue[i])
			queue = append(queue, inner...)
			behind = append(behind, links...)
			queue[i] = nil
		}
		queue = behind
	}
	return nil
}

// dir reads a directory and returns those in it, and those that links in it lead to.
func (w *walk) dir(d *foundDir) (inner, linked []*foundDir) {
	list := w.open(d)
	if list == nil {
		return nil, nil
	}
	for _, base := range list.files {
		w.file(d, base, false)
	}
	for _, base := range list.dirs {
		inner = append(inner, &foundDir{name: path.Join(d.name, base), parent: d, depth: d.depth + 1, linked: d.linked})
	}
	for _, base := range list.links {
		name := path.Join(d.name, base)
		if w.links >= w.limits.Links {
			w.leaveOut("more than %d links are in the script directory; the others are ignored", w.limits.Links)
			break
		}
		w.links++
		switch info, err := fs.Stat(w.fsys, name); {
		case err != nil:
			w.report.add(Problem{File: name, Message: describeBadLink(w.fsys, name, err)})
		case info.IsDir():
			linked = append(linked, &foundDir{name: name, parent: d, depth: d.depth + 1, linked: true})
		case info.Mode().IsRegular():
			w.file(d, base, true)
		}
	}
	w.dirs = append(w.dirs, d)
	return inner, linked
}

func (w *walk) file(d *foundDir, base string, isLink bool) {
	f := foundFile{path.Join(d.name, base), isLink, d.linked}
	switch {
	case !isScript(base):
		w.others = append(w.others, f)
	case d.linked && len(w.scripts) >= w.limits.Files:
		w.leaveOut("links lead to so many scripts that there are more than %d; the others are ignored", w.limits.Files)
	default:
		d.script = true
		w.scripts = append(w.scripts, f)
	}
}

// open returns the names in a directory, nil if it cannot be read or must not.
func (w *walk) open(d *foundDir) *listing {
	switch {
	case d.depth > maxDepth:
		w.leaveOut("directories lie more than %d deep in each other; those inside are ignored", maxDepth)
		return nil
	case len(w.dirs) >= w.limits.Dirs:
		w.leaveOut("more than %d directories are in the script directory; the others are ignored", w.limits.Dirs)
		return nil
	case d.linked && w.linked >= w.limits.Links/10:
		w.leaveOut("links lead to more than %d directories; the others are ignored", w.limits.Links/10)
		return nil
	}
	f, err := w.fsys.Open(d.name)
	if err != nil {
		w.report.cannotOpen(w.fsys, d.name, err)
		return nil
	}
	defer f.Close()
	if d.info, err = f.Stat(); err != nil {
		w.report.unreadable(d.name, err)
		return nil
	}
	dir, ok := f.(fs.ReadDirFile)
	if !ok || !d.info.IsDir() {
		return nil // something else has taken its place
	}
	d.inode = inodeOf(d.info)
	if d.linked {
		if d.isInItself() {
			w.report.add(Problem{File: d.name, Message: "this link leads back to a directory that contains it, and is ignored", Warning: true})
			return nil
		}
		w.linked++
		if known := w.listings[d.inode]; known != nil {
			w.names += len(known.files) + len(known.dirs) + len(known.links)
			return known
		}
	}
	list, err := w.list(dir)
	if err != nil {
		w.report.unreadable(d.name, err)
		return nil
	}
	if d.inode != (inode{}) {
		w.listings[d.inode] = list
	}
	return list
}

// isInItself reports whether the path to a directory leads through it.
func (d *foundDir) isInItself() bool {
	for p := d.parent; p != nil; p = p.parent {
		if p.inode == d.inode && d.inode != (inode{}) {
			return true
		}
	}
	return false
}

// list reads the names in a directory, a part at a time, since there may be
// millions.
func (w *walk) list(dir fs.ReadDirFile) (*listing, error) {
	list := &listing{}
	for w.ctx.Err() == nil {
		if w.names >= w.limits.Names {
			w.leaveOut("more than %d names are in the script directory; the others are ignored", w.limits.Names)
			break
		}
		entries, err := dir.ReadDir(min(1000, w.limits.Names-w.names))
		w.names += len(entries)
		for _, e := range entries {
			switch base := e.Name(); {
			case isIgnored(base):
			case e.Type()&fs.ModeSymlink != 0:
				list.links = append(list.links, base)
			case e.IsDir():
				list.dirs = append(list.dirs, base)
			case e.Type().IsRegular(): // pipes, sockets and devices are ignored
				list.files = append(list.files, base)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(list.files)
	slices.Sort(list.dirs)
	slices.Sort(list.links)
	return list, nil
}

func (w *walk) leaveOut(format string, limit int) {
	w.partial = true
	w.report.add(Problem{Message: fmt.Sprintf(format, limit) + "; keep in the script directory only what calls need", Warning: true})
}
