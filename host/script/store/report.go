package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// A report collects the problems of a scan, those with files up to a number: a
// directory may have a hundred thousand links that lead nowhere.
type report struct {
	errors, warnings []Problem
	more             bool // there are others
}

const (
	maxErrors   = 100
	maxWarnings = 20
)

func (r *report) add(p Problem) {
	list, limit := &r.errors, maxErrors
	if p.Warning {
		list, limit = &r.warnings, maxWarnings
	}
	switch {
	case slices.Contains(*list, p):
		return
	case len(*list) >= limit && p.File != "":
		r.more = true
		return
	}
	*list = append(*list, p)
}

// cannotOpen adds the error for a file or directory that cannot be opened, unless a
// socket has taken its place, which cannot be.
func (r *report) cannotOpen(fsys fs.FS, name string, err error) {
	if info, gone := fs.Stat(fsys, name); gone != nil || info.IsDir() || info.Mode().IsRegular() {
		r.unreadable(name, err)
	}
}

// unreadable adds an error of the file system. A file that disappeared since it was
// listed is not a problem; a directory that cannot be read is.
func (r *report) unreadable(name string, err error) {
	if errors.Is(err, fs.ErrNotExist) && name != "." {
		return
	}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	p := Problem{File: name, Message: fmt.Sprintf("cannot be read: %v", err)}
	if name == "." {
		p = Problem{Message: "the script directory " + p.Message}
	}
	r.add(p)
}

func (r *report) problems() []Problem {
	list := append(r.errors, r.warnings...)
	if r.more {
		list = append(list, Problem{Message: "the script directory has more problems than are listed", Warning: true})
	}
	return list
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
