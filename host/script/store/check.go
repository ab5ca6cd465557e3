package store

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/lint"
)

// Check reads the script tree in dir as Open would and returns all its problems,
// warnings included, in order of file and line; what lint finds is not a warning here.
// With files (relative to dir) it returns only the problems of those and of the tree as
// a whole. It fails only if the tree cannot be read at all.
func Check(ctx context.Context, dir string, files []string, cfg Config, compile Compile) ([]Problem, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("script directory %s: %w", dir, err)
	}
	t, err := scan{limits: cfg.withDefaults().Limits, previous: emptyTree(), reread: rereadNone}.dir(ctx, abs)
	if err != nil {
		return nil, err
	}
	if t.dir == "" {
		return nil, asError(t.problems)
	}
	problems, err := examine(ctx, t, nil, cfg, compile)
	if err != nil {
		return nil, err
	}
	problems = append(problems, faults(t.contents(), cfg.Lint, cfg.SourceLimit, true)...)
	if !t.hasScripts() {
		problems = append(problems, Problem{Message: fmt.Sprintf("%s has no *.lua file", dir)})
	}
	sortProblems(problems)
	if len(files) == 0 {
		return problems, nil
	}
	var selected []Problem
	for _, name := range files {
		name = filepath.ToSlash(filepath.Clean(name))
		if t.files[name] == nil && !slices.ContainsFunc(problems, func(p Problem) bool { return p.File == name }) {
			selected = append(selected, Problem{File: name, Message: "is not in the script directory (hidden and temporary files are not read, and tests only by eslua test)"})
		}
		for _, p := range problems {
			if p.File == name || p.File == "" {
				selected = append(selected, p)
			}
		}
	}
	return selected, nil
}

// examine compiles the scripts of a tree and returns all its problems, except those
// that faults finds. Contents that serve already are not compiled again. It fails only
// if ctx ends.
func examine(ctx context.Context, t *tree, serving *Generation, cfg Config, compile Compile) ([]Problem, error) {
	problems := slices.Clone(t.problems)
	modules := slices.Clone(cfg.Modules)
	for _, name := range sortedKeys(t.files) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := t.files[name]
		if serving != nil && serving.files[name] != nil && serving.files[name].sum == f.content.sum {
			f.content = serving.files[name]
		}
		f.content.build(compile, cfg.Lint)
		if f.content.wrong != nil {
			problems = append(problems, *f.content.wrong)
		}
		modules = append(modules, f.content.imports.Provided...)
	}
	for _, name := range sortedKeys(t.files) {
		imports := t.files[name].content.imports
		for _, r := range imports.Required {
			if p, ok := missingModule(name, r, t, modules); ok {
				problems = append(problems, p)
			}
		}
		for _, r := range imports.Files {
			if t.files[path.Clean(r.Module)] == nil {
				problems = append(problems, Problem{File: name, Line: r.Line, Warning: !r.Certain, Message: fmt.Sprintf("runs %q, which is not in the script directory", r.Module)})
			}
		}
	}
	sortProblems(problems)
	return problems, nil
}

// missingModule returns the problem with a module that a script requires, if there
// is one.
func missingModule(script string, r lint.Requirement, t *tree, modules []string) (Problem, bool) {
	p := Problem{File: script, Line: r.Line, Warning: !r.Certain}
	if slices.Contains(modules, r.Module) {
		return p, false
	}
	files, err := moduleFiles(r.Module)
	if err != nil {
		p.Message = err.Error()
		return p, true
	}
	for _, name := range files {
		if t.files[name] != nil {
			return p, false
		}
	}
	p.Message = fmt.Sprintf("requires %q, which is neither a built-in module nor in the script directory (%s)", r.Module, files[0])
	for _, name := range sortedKeys(t.files) {
		if dir, below := strings.CutSuffix(name, "/"+files[0]); below {
			p.Message += fmt.Sprintf("; is %s meant to be the script directory?", dir)
			break
		}
	}
	return p, true
}

// withoutPath returns the text of a file system error without the path, for
// messages that name it already.
func withoutPath(err error) string {
	if at, ok := err.(*fs.PathError); ok { //nolint:errorlint // only the outermost repeats the path
		return at.Err.Error()
	}
	return err.Error()
}
