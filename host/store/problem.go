package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Problem is one thing that is wrong with a script tree, in words an admin can
// act on.
type Problem struct {
	File    string // relative to the tree, with slashes; "" is the tree itself
	Line    int    // from 1; 0 is the file as a whole
	Message string
	Warning bool // it does not keep the tree from serving
}

// Error is "lib/menu.lua:12: message", without what is unknown.
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

// withoutWarnings are the problems that keep a tree, or a file, from serving.
func withoutWarnings(ps []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

// asError joins what is not a warning; nil when nothing is left.
func asError(ps []Problem) error {
	var errs []error
	for _, p := range withoutWarnings(ps) {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}
