package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is an error in a script tree, in words that an admin can act on.
type Problem struct {
	File    string `json:"file,omitempty"` // relative to the tree, with slashes; "" means the tree itself
	Line    int    `json:"line,omitempty"` // from 1; 0 means the file as a whole
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // the tree can serve all the same
}

// Error returns "lib/menu.lua:12: message", or less if the line or the file is not
// known.
func (p Problem) Error() string {
	switch {
	case p.File == "":
		return p.Message
	case p.Line == 0:
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

func sortProblems(ps []Problem) {
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
}

// withoutWarnings returns the problems that prevent a tree, or a file, from serving.
func withoutWarnings(ps []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

// asError returns the problems that are not warnings as one error, nil if there are
// none.
func asError(ps []Problem) error {
	switch errs := withoutWarnings(ps); len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	default:
		return manyProblems(errs)
	}
}

// manyProblems is an error whose text is one readable line of a log.
type manyProblems []Problem

func (ps manyProblems) Error() string {
	const shown = 5
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems:", len(ps))
	for i, p := range ps[:min(len(ps), shown)] {
		fmt.Fprintf(&b, " (%d) %s", i+1, strings.ReplaceAll(p.Error(), "\n", " "))
	}
	if more := len(ps) - shown; more > 0 {
		fmt.Fprintf(&b, " and %d more; eslua check lists them all", more)
	}
	return b.String()
}

func (ps manyProblems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}
