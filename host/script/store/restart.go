package store

import (
	"context"
	"time"
)

// lastServed returns the generation that served before a restart, if a tree that the
// first load has found must not take its place: a save is broken that was not then. It
// returns nil without such a generation, or if the tree may serve. It fails only if
// ctx ends.
func (s *Store) lastServed(ctx context.Context, t *tree, problems []Problem) (*Generation, error) {
	h := s.cfg.History
	if h == nil || mayServe(problems, &Generation{}) {
		return nil, nil
	}
	manifests, _ := h.readManifests()
	if len(manifests) == 0 || !isOf(manifests[0], t) {
		return nil, nil
	}
	last, err := h.Find(manifests[0].Generation)
	if err != nil {
		h.reportOnce(manifests[0].Generation, err.Error())
		return nil, nil
	}
	before := emptyTree()
	for name, c := range last.files {
		before.files[name] = &file{content: c}
	}
	known, err := s.problems(ctx, before, nil) // a newer eslua may find more
	if err != nil {
		return nil, err
	}
	broken := brokenIn(known)
	for name := range last.broken {
		broken[name] = true
	}
	if mayServe(problems, &Generation{broken: broken}) {
		return nil, nil
	}
	return newGeneration(last.files, broken, last.loaded), nil
}

// isOf reports whether a generation is of the directory of a tree: it has most of its
// scripts. The setting scripts may name another directory since.
func isOf(m manifest, t *tree) bool {
	scripts, common := 0, 0
	for name := range m.files {
		if isScript(name) {
			scripts++
			if t.files[name] != nil {
				common++
			}
		}
	}
	return common > 0 && common*2 >= scripts
}

// serveLast lets the generation of before a restart serve.
func (s *Store) serveLast(g *Generation, t *tree, problems []Problem) {
	s.become(g)
	s.status.Refusals++
	s.status.Since = t.brokenSince(problems, s.clk.Now())
	s.log.Warn("scripts: some were saved with errors; those that served before this start serve", "generation", g.name, "served", g.loaded, "wrong_since", s.status.Since)
	s.report(problems, true)
	if s.cfg.History != nil {
		s.cfg.History.record(nil, g)
	}
}

// brokenSince returns when the last of the files with errors was saved.
func (t *tree) brokenSince(problems []Problem, now time.Time) time.Time {
	var since time.Time
	for _, p := range withoutWarnings(problems) {
		if f := t.files[p.File]; f != nil && f.info != nil && f.info.ModTime().After(since) {
			since = f.info.ModTime()
		}
	}
	if since.IsZero() || since.After(now) {
		return now
	}
	return since
}
