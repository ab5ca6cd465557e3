package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// acceptIfStable accepts a tree that is stable or overdue. It returns false if the
// tree must be scanned again. A script that is being written is waited for however
// long that takes, because half of it may compile; only at the first load it is
// not, because nothing else could serve. It fails only if ctx ends.
func (s *Store) acceptIfStable(ctx context.Context, t *tree, stable, overdue bool) (bool, error) {
	switch {
	case stable || overdue && (t.writing == "" || s.current.Load() == nil):
		return true, s.accept(ctx, t)
	case overdue:
		s.reportWriter(t.writing)
	}
	return false, nil
}

// accept examines a tree, and lets it serve unless it is wrong.
func (s *Store) accept(ctx context.Context, t *tree) error {
	if !s.recheck.Swap(false) && s.examined != nil && t.sum == s.examined.sum && !s.hasWriter {
		if !s.status.Refused {
			s.servedDir = t.dir // a deploy of the same files
		}
		return nil
	}
	start := s.clk.Now()
	defer func() { s.loadTime.Observe(s.clk.Now().Sub(start).Seconds()) }()
	serving := s.current.Load()
	problems, err := s.problems(ctx, t, serving)
	if err != nil {
		return err
	}
	if p, ok := notFound(t, serving); ok {
		problems = append(problems, p)
	}
	sortProblems(problems)
	if s.examined != nil {
		s.pace.noteChanges(s.examined.files, t.files, start)
	}
	s.examined, s.hasWriter = t, false
	if serving == nil && slices.ContainsFunc(problems, func(p Problem) bool { return p.File == "" && !p.Warning }) {
		s.status.Problems = problems // of the tree as a whole: Open's error
		return nil
	}
	if serving != nil && serving.scripts() > 0 && !t.hasScripts() && len(withoutWarnings(problems)) == 0 {
		problems = append(problems, Problem{Message: fmt.Sprintf("the script directory %s has no *.lua file; check that it is mounted and that no deploy is under way", s.dir)})
	}
	var last *Generation
	if serving == nil {
		if last, err = s.lastServed(ctx, t, problems); err != nil {
			return err
		}
	}
	switch {
	case last != nil:
		s.serveLast(last, t, problems)
	case mayServe(problems, serving):
		s.report(problems, false)
		s.serve(t, problems, serving)
	default:
		s.status.Refusals++
		s.report(problems, true)
	}
	s.publish()
	return nil
}

// problems returns all problems of a tree. It fails only if ctx ends.
func (s *Store) problems(ctx context.Context, t *tree, serving *Generation) ([]Problem, error) {
	problems, err := examine(ctx, t, serving, s.cfg, s.compile)
	if err != nil {
		return nil, err
	}
	return append(problems, faults(t.contents(), s.cfg.Lint, *s.sourceLimit.Load(), false)...), nil
}

// notFound returns a problem if a script that serves was not found in a directory
// that is too large to be searched whole.
func notFound(t *tree, serving *Generation) (Problem, bool) {
	if !t.partial || serving == nil {
		return Problem{}, false
	}
	for _, name := range sortedKeys(serving.files) {
		if isScript(name) && t.files[name] == nil {
			return Problem{File: name, Message: "serves and was not found, but the script directory is too large to be searched whole; keep in it only what calls need"}, true
		}
	}
	return Problem{}, false
}

// mayServe reports whether a tree with these problems can serve without harm to
// current calls. At the first load there are none; later, a file that was wrong
// from the start must not prevent edits of others.
func mayServe(problems []Problem, serving *Generation) bool {
	if serving == nil {
		return true
	}
	return !slices.ContainsFunc(problems, func(p Problem) bool {
		return !p.Warning && !serving.broken[p.File]
	})
}

// serve makes a tree the current generation.
func (s *Store) serve(t *tree, problems []Problem, serving *Generation) {
	broken := brokenIn(problems)
	g := newGeneration(t.contents(), broken, s.clk.Now())
	s.servedDir = t.dir
	if serving != nil && g.name == serving.name && maps.Equal(broken, serving.broken) {
		return // a bad save was undone
	}
	s.become(g)
	if s.cfg.History != nil {
		s.cfg.History.record(serving, g)
	}
	s.log.Info("scripts: a new generation serves", append([]any{"generation", g.name, "scripts", g.scripts()}, changeAttrs(serving, g)...)...)
}

func (s *Store) become(g *Generation) {
	s.current.Store(g)
	s.status.Generation, s.status.Loaded, s.status.Scripts = g.name, g.loaded, g.scripts()
	s.status.Swaps++
}

// brokenIn returns the files that have errors.
func brokenIn(problems []Problem) map[string]bool {
	broken := map[string]bool{}
	for _, p := range withoutWarnings(problems) {
		broken[p.File] = true
	}
	return broken
}

// changeAttrs returns log attributes for the files that changed: the name of a
// single file, else how many.
func changeAttrs(from, to *Generation) (attrs []any) {
	if from == nil {
		return nil
	}
	added, edited, removed := changes(from.sums(), to.sums())
	for _, d := range []struct {
		key   string
		names []string
	}{{"added", added}, {"edited", edited}, {"removed", removed}} {
		switch len(d.names) {
		case 0:
		case 1:
			attrs = append(attrs, d.key, d.names[0])
		default:
			attrs = append(attrs, d.key, len(d.names))
		}
	}
	return attrs
}
