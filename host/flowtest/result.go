package flowtest

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A Case is a test in a file.
type Case struct {
	Name, File string
	Line       int
}

// A Result tells how a test has ended.
type Result struct {
	Case
	Failure string // "": it has passed
	Line    int    // of the failure
	Ladder  string // of a test that has failed
	Took    time.Duration
	Output  []string // what the test has printed
}

// Print writes a test that has failed.
func (r Result) Print(w io.Writer) {
	for _, line := range r.Output {
		fmt.Fprintln(w, line)
	}
	if r.Failure == "" {
		return
	}
	fmt.Fprintf(w, "FAILED %s (%s:%d)\n", r.Name, r.File, r.Case.Line)
	fmt.Fprint(w, r.Ladder)
	fmt.Fprintf(w, "  %s\n\n", strings.ReplaceAll(r.Failure, "\n", "\n  "))
}
