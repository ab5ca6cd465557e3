package store

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff returns a unified diff of two generations, as patch -p1 and git apply read
// it; "" if they do not differ. Binary files are only named. With files (see
// Files and Dependencies) it compares only those. A nil generation has no files.
func Diff(from, to *Generation, files ...string) string {
	added, edited, removed := changes(from.sums(), to.sums())
	names := slices.Concat(added, edited, removed)
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		if len(files) == 0 || slices.Contains(files, name) {
			b.WriteString(diffFile(name, from.content(name), to.content(name)))
		}
	}
	return b.String()
}

// content returns nil for a file that does not exist.
func (g *Generation) content(name string) *content {
	if g == nil {
		return nil
	}
	return g.files[name]
}

// diffFile returns the diff of a file that is added (was is nil), edited or
// removed (is is nil).
func diffFile(name string, was, is *content) string {
	before, after := "/dev/null", "/dev/null"
	var old, now string
	if was != nil {
		before, old = "a/"+name, was.data
	}
	if is != nil {
		after, now = "b/"+name, is.data
	}
	if isBinary(old) || isBinary(now) {
		return fmt.Sprintf("Binary files %s and %s differ\n", before, after)
	}
	before, after = quoteName(before), quoteName(after)
	if old == now { // both are empty
		return fmt.Sprintf("--- %s\n+++ %s\n", before, after)
	}
	_, text, _ := strings.Cut(string(diff.Diff(before, []byte(old), after, []byte(now))), "\n") // without the line "diff old new"
	return text
}

// quoteName quotes a name that a line cannot hold. A name with a blank ends with a
// tab, which patch and git take for its end.
func quoteName(name string) string {
	switch {
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }):
		return fmt.Sprintf("%q", name)
	case strings.Contains(name, " "):
		return name + "\t"
	}
	return name
}

func isBinary(data string) bool { return strings.Contains(data, "\x00") || !utf8.ValidString(data) }
