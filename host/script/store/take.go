package store

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// take examines a tree that has settled, and lets it serve when it may.
func (s *Store) take(t *tree) {
	if t.sum == s.taken && !s.held {
		if !s.status.Refused {
			s.real = t.real // a deploy of the same files
		}
		return
	}
	s.taken, s.held = t.sum, false
	start := s.clk.Now()
	defer func() { s.loadTime.Observe(s.clk.Now().Sub(start).Seconds()) }()
	serving := s.current.Load()
	problems := examine(t, serving, s.cfg.Modules, s.compile)
	if serving == nil && slices.ContainsFunc(problems, func(p Problem) bool { return p.File == "" }) {
		s.status.Problems = problems // of the tree as a whole: Open's error
		return
	}
	if serving != nil && serving.scripts() > 0 && !t.hasScripts() && len(problems) == 0 {
		problems = append(problems, Problem{Message: fmt.Sprintf("the script directory %s has no *.lua file; is it mounted, is a deploy under way?", s.dir)})
	}
	if mayServe(problems, serving) {
		s.report(problems, false)
		s.swap(t, problems, serving)
	} else {
		s.status.Refusals++
		s.report(problems, true)
	}
	s.tell()
}

// mayServe says whether a tree with these problems hurts nobody who is served
// now: at the first load there is nobody, and later a file that was wrong from
// the start must not keep others from being edited.
func mayServe(problems []Problem, serving *Generation) bool {
	if serving == nil {
		return true
	}
	return !slices.ContainsFunc(problems, func(p Problem) bool {
		return !p.Warning && !serving.broken[p.File]
	})
}

func (t *tree) hasScripts() bool {
	for name := range t.files {
		if isScript(name) {
			return true
		}
	}
	return false
}

func (t *tree) bodies() map[string]*content {
	bodies := make(map[string]*content, len(t.files))
	for name, f := range t.files {
		bodies[name] = f.body
	}
	return bodies
}

func (s *Store) swap(t *tree, problems []Problem, serving *Generation) {
	broken := map[string]bool{}
	for _, p := range withoutWarnings(problems) {
		broken[p.File] = true
	}
	g := newGeneration(t.bodies(), broken, s.clk.Now())
	s.real = t.real
	if serving != nil && g.name == serving.name && maps.Equal(broken, serving.broken) {
		return // a bad save was taken back
	}
	s.current.Store(g)
	s.status.Generation, s.status.Loaded, s.status.Scripts = g.name, g.loaded, g.scripts()
	s.status.Swaps++
	if s.cfg.History != nil {
		s.cfg.History.began(serving, g)
	}
	s.log.Info("scripts: a new generation serves", append([]any{"generation", g.name, "scripts", g.scripts()}, difference(serving, g)...)...)
}

// difference says what a generation brought, for the log: a name when it is one,
// else a number.
func difference(from, to *Generation) (attrs []any) {
	if from == nil {
		return nil
	}
	added, edited, removed := changes(from.sums(), to.sums())
	for _, d := range []struct {
		what  string
		names []string
	}{{"added", added}, {"edited", edited}, {"removed", removed}} {
		switch len(d.names) {
		case 0:
		case 1:
			attrs = append(attrs, d.what, d.names[0])
		default:
			attrs = append(attrs, d.what, len(d.names))
		}
	}
	return attrs
}

// hold reports a problem that is not one of the tree's contents.
func (s *Store) hold(p Problem) {
	if s.held && slices.Equal(s.status.Problems, []Problem{p}) {
		return
	}
	s.held = true
	s.report([]Problem{p}, true)
	s.tell()
}

// report puts problems into the status, and those that are new into the log.
func (s *Store) report(problems []Problem, refused bool) {
	known := s.status.Problems
	s.status.Problems, s.status.Refused = problems, refused
	grave := withoutWarnings(problems)
	if len(grave) == 0 {
		if !s.status.Since.IsZero() {
			s.log.Info("scripts: all is right again", "wrong since", s.status.Since)
		}
		s.status.Since = time.Time{}
	} else if s.status.Since.IsZero() {
		s.status.Since = s.clk.Now()
	}
	for _, p := range problems {
		switch {
		case slices.Contains(known, p):
		case p.Warning:
			s.log.Warn("scripts: " + p.Error())
		case refused:
			s.log.Error("scripts: "+p.Error(), "still serving", s.status.Generation)
		default:
			s.log.Error("scripts: " + p.Error())
		}
	}
}

// tell publishes the status and wakes those who wait for a change.
func (s *Store) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published = s.status
	close(s.changed)
	s.changed = make(chan struct{})
}
