package store

import (
	"fmt"
	"maps"
	"slices"
)

// acceptIfStable accepts a tree that is stable or overdue. It returns false if the
// tree must be scanned again. A script that is being written is waited for however
// long that takes, because half of it may compile; only at the first load it is
// not, because nothing else could serve.
func (s *Store) acceptIfStable(t *tree, stable, overdue bool) bool {
	switch {
	case stable || overdue && (t.writing == "" || s.current.Load() == nil):
		s.accept(t)
		return true
	case overdue:
		s.reportWriter(t.writing)
	}
	return false
}

// accept examines a tree, and lets it serve unless it is wrong.
func (s *Store) accept(t *tree) {
	if t.sum == s.examined && !s.hasWriter {
		if !s.status.Refused {
			s.servedDir = t.dir // a deploy of the same files
		}
		return
	}
	s.examined, s.hasWriter = t.sum, false
	start := s.clk.Now()
	defer func() { s.loadTime.Observe(s.clk.Now().Sub(start).Seconds()) }()
	serving := s.current.Load()
	problems := examine(t, serving, s.cfg.Modules, s.compile)
	if serving == nil && slices.ContainsFunc(problems, func(p Problem) bool { return p.File == "" }) {
		s.status.Problems = problems // of the tree as a whole: Open's error
		return
	}
	if serving != nil && serving.scripts() > 0 && !t.hasScripts() && len(problems) == 0 {
		problems = append(problems, Problem{Message: fmt.Sprintf("the script directory %s has no *.lua file; check that it is mounted and that no deploy is under way", s.dir)})
	}
	if mayServe(problems, serving) {
		s.report(problems, false)
		s.serve(t, problems, serving)
	} else {
		s.status.Refusals++
		s.report(problems, true)
	}
	s.publish()
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
	broken := map[string]bool{}
	for _, p := range withoutWarnings(problems) {
		broken[p.File] = true
	}
	g := newGeneration(t.contents(), broken, s.clk.Now())
	s.servedDir = t.dir
	if serving != nil && g.name == serving.name && maps.Equal(broken, serving.broken) {
		return // a bad save was undone
	}
	s.current.Store(g)
	s.status.Generation, s.status.Loaded, s.status.Scripts = g.name, g.loaded, g.scripts()
	s.status.Swaps++
	if s.cfg.History != nil {
		s.cfg.History.record(serving, g)
	}
	s.log.Info("scripts: a new generation serves", append([]any{"generation", g.name, "scripts", g.scripts()}, changeAttrs(serving, g)...)...)
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
