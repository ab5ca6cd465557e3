package store

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Diff is a unified diff of two generations, as patch -p1 takes it; "" when they
// do not differ. Binary files are only named. With files (names as in Files, see
// also Dependencies) it is of those only. A nil generation has no files.
func Diff(from, to *Generation, files ...string) string {
	added, edited, removed := changes(from.sums(), to.sums())
	names := slices.Concat(added, edited, removed)
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		if len(files) == 0 || slices.Contains(files, name) {
			diffFile(&b, name, from.content(name), to.content(name))
		}
	}
	return b.String()
}

// content is nil for a file that is not there.
func (g *Generation) content(name string) *content {
	if g == nil {
		return nil
	}
	return g.files[name]
}

// diffFile writes what changed in a file; was or is may be nil.
func diffFile(b *strings.Builder, name string, was, is *content) {
	before, after := "a/"+name, "b/"+name
	var old, now string
	if was == nil {
		before = "/dev/null"
	} else {
		old = was.data
	}
	if is == nil {
		after = "/dev/null"
	} else {
		now = is.data
	}
	if binary(old) || binary(now) {
		fmt.Fprintf(b, "Binary files %s and %s differ\n", before, after)
		return
	}
	fmt.Fprintf(b, "--- %s\n+++ %s\n", nameInDiff(before), nameInDiff(after))
	hunks(b, linesOf(old), linesOf(now))
}

// nameInDiff ends a name with a blank by a tab, which patch and git take for the
// end, and quotes one that a line cannot hold.
func nameInDiff(name string) string {
	switch {
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }):
		return fmt.Sprintf("%q", name)
	case strings.Contains(name, " "):
		return name + "\t"
	}
	return name
}

func binary(data string) bool { return strings.Contains(data, "\x00") || !utf8.ValidString(data) }

// linesOf are the lines of a text with their ends; a last one without is told as
// diff does.
func linesOf(text string) []string {
	lines := slices.Collect(strings.Lines(text))
	if last := len(lines) - 1; last >= 0 && !strings.HasSuffix(lines[last], "\n") {
		lines[last] += "\n\\ No newline at end of file\n"
	}
	return lines
}

// hunks writes the changes from old to now with three lines around them.
func hunks(b *strings.Builder, old, now []string) {
	const around = 3
	edits := editsOf(old, now)
	near := make([]bool, len(edits)) // to be shown
	for i, e := range edits {
		if e.op != ' ' {
			for k := max(0, i-around); k <= min(i+around, len(edits)-1); k++ {
				near[k] = true
			}
		}
	}
	var lines [2]int // of old and now that have gone by
	for i := 0; i < len(edits); {
		end := i
		for end < len(edits) && near[end] {
			end++
		}
		begin := lines
		for _, e := range edits[i:max(end, i+1)] {
			lines = e.advance(lines)
		}
		if end == i {
			i++
			continue
		}
		fmt.Fprintf(b, "@@ -%s +%s @@\n", span(begin[0], lines[0]), span(begin[1], lines[1]))
		for _, e := range edits[i:end] {
			b.WriteByte(e.op)
			b.WriteString(e.line)
		}
		i = end
	}
}

// span names lines as diff does: the first, counted from 1, and how many; the
// line before when there are none.
func span(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}
