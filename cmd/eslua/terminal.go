package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A terminal shows the control characters that it is given, and those that change
// the direction of writing, as escapes: names of files, calls and causes may come
// from a caller, and would otherwise command the admin's terminal. Only a line's
// end and a tab pass. In JSON the escapes are JSON's own.
type terminal struct {
	to      io.Writer
	colours bool // a person looks, who wants them
}

func (t terminal) Write(p []byte) (int, error) {
	if _, err := t.to.Write(visible(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// visible returns p itself if there is nothing to escape.
func visible(p []byte) []byte {
	var shown []byte // what precedes from
	from := 0
	for i := 0; i < len(p); {
		r, size := utf8.DecodeRune(p[i:])
		escape := ""
		switch {
		case r == '\n' || r == '\t' || r == '\r' && i+1 < len(p) && p[i+1] == '\n':
		case r == utf8.RuneError && size == 1:
			escape = fmt.Sprintf(`\x%02x`, p[i])
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			escape = fmt.Sprintf(`\u%04x`, r)
		}
		if escape != "" {
			shown = append(append(shown, p[from:i]...), escape...)
			from = i + size
		}
		i += size
	}
	if from == 0 {
		return p
	}
	return append(shown, p[from:]...)
}

// printLine prints one line, whatever the arguments contain.
func printLine(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, oneLine(fmt.Sprintf(format, args...)))
}

var lineBreaks = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

// oneLine shows the line breaks and tabs in a text as escapes.
func oneLine(text string) string { return lineBreaks.Replace(text) }

// indent makes the lines of a text belong to the line above them.
func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }
