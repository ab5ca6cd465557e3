package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Check reads the script tree in dir as Open would and returns all its problems,
// warnings included, in order of file and line. With files (relative to dir) it
// returns only theirs. The error is for a tree that cannot be read at all.
func Check(dir string, files []string, cfg Config, compile Compile) ([]Problem, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("script directory %s: %w", dir, err)
	}
	t := lookAt(abs, cfg.withDefaults().Limits, nothing(), trusting)
	if t.real == "" {
		return nil, asError(t.problems)
	}
	problems := examine(t, nil, cfg.Modules, compile)
	if len(files) == 0 {
		return problems, nil
	}
	var theirs []Problem
	for _, name := range files {
		name = filepath.ToSlash(filepath.Clean(name))
		if t.files[name] == nil && !slices.ContainsFunc(problems, func(p Problem) bool { return p.File == name }) {
			theirs = append(theirs, Problem{File: name, Message: "is not in the script directory (hidden and temporary files are not read)"})
		}
		for _, p := range problems {
			if p.File == name || p.File == "" {
				theirs = append(theirs, p)
			}
		}
	}
	return theirs, nil
}

// lookAt looks at a directory, wherever its name leads to now. Everything is
// read through one handle on that directory, so that a link swapped meanwhile
// cannot mix two trees, and no link inside leads out.
func lookAt(dir string, limits Limits, before *tree, doubt func(string, bool) bool) *tree {
	real, points, err := resolve(dir)
	var root *os.Root
	if err == nil {
		root, err = os.OpenRoot(real)
	}
	if err != nil {
		t := &tree{files: map[string]*file{}, points: points}
		t.problems = append(t.problems, Problem{Message: fmt.Sprintf("the script directory %s cannot be read: %s", dir, reason(err))})
		t.seal()
		return t
	}
	defer root.Close()
	t := look(root.FS(), limits, before, doubt)
	t.real, t.points = real, points
	return t
}

// examine compiles what is new in a tree and returns all that is wrong with it.
// What serves already is not compiled again.
func examine(t *tree, serving *Generation, modules []string, compile Compile) []Problem {
	problems := slices.Clone(t.problems)
	for _, name := range sortedKeys(t.files) {
		f := t.files[name]
		if serving != nil && serving.files[name] != nil && serving.files[name].sum == f.body.sum {
			f.body = serving.files[name]
		}
		f.body.build(compile)
		if f.body.wrong != nil {
			problems = append(problems, *f.body.wrong)
		}
		for _, n := range f.body.imports.needs {
			if p, ok := unmet(name, n, t, modules); ok {
				problems = append(problems, p)
			}
		}
	}
	sortProblems(problems)
	return problems
}

// unmet says what is wrong with a module that a script needs.
func unmet(script string, n need, t *tree, modules []string) (Problem, bool) {
	p := Problem{File: script, Line: n.line, Warning: !n.sure}
	if slices.Contains(modules, n.module) {
		return p, false
	}
	files, err := moduleFiles(n.module)
	if err != nil {
		p.Message = err.Error()
		return p, true
	}
	for _, name := range files {
		if t.files[name] != nil {
			return p, false
		}
	}
	p.Message = fmt.Sprintf("requires %q, which is neither a built-in module nor in the script directory (%s)", n.module, files[0])
	return p, true
}

// reason is an error of the file system without the path, which its message names already.
func reason(err error) string {
	if at, ok := err.(*fs.PathError); ok { //nolint:errorlint // only the outermost repeats the path
		return at.Err.Error()
	}
	return err.Error()
}

// nothing is the look before the first.
func nothing() *tree { return &tree{files: map[string]*file{}} }

// trusting takes a file's stamp for its bytes; doubting reads every file.
func trusting(string, bool) bool { return false }
func doubting(string, bool) bool { return true }
