package main

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// looked returns whether a person looks at what is written: whether it goes to a terminal.
func looked(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// colours reports whether a person looks at w, and wants colours (https://no-color.org).
func (p *program) colours(w io.Writer) bool {
	return looked(w) && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}

// A colour is what a terminal calls it (ECMA-48, SGR).
type colour string

const (
	bold   colour = "1"
	red    colour = "31"
	yellow colour = "33"
)

// line prints one line as printLine does, in the colour if a person looks at it.
func (c colour) line(w io.Writer, format string, args ...any) {
	text := oneLine(fmt.Sprintf(format, args...))
	if t, ok := w.(terminal); ok && t.colours {
		fmt.Fprintf(t.to, "\x1b[%sm%s\x1b[m\n", c, visible([]byte(text)))
		return
	}
	fmt.Fprintln(w, text)
}
