package store

import (
	"fmt"
	"maps"
	"slices"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/lint"
)

// faults returns the mistakes in scripts that compile: a script that is larger than a
// flow that uses it may be, and what lint finds. A run notices the latter only when it
// gets there, so it is a warning unless every run fails there, or strict is set.
func faults(files map[string]*content, checker *lint.Checker, limit func(flow string) int, strict bool) (problems []Problem) {
	g := newGraph(files)
	computing := g.aroundComputing()
	lacking := g.lackingModules(checker)
	for _, name := range sortedKeys(files) {
		c := files[name]
		if c.script == nil {
			continue
		}
		if wrong := g.tooLarge(name, limit); wrong != "" {
			problems = append(problems, Problem{File: name, Line: 1, Message: wrong})
		}
		for _, r := range c.imports.Required {
			if r.Certain && g.leadsTo(g.module(r.Module), name, map[string]bool{}) {
				problems = append(problems, Problem{File: name, Line: r.Line, Message: fmt.Sprintf("requires %q, which requires this script before it has ended", r.Module)})
			}
		}
		if c.lint == nil {
			continue
		}
		for _, f := range checker.Check(c.lint, func() lint.Others { return g.together(name, computing) }) {
			if f.Global && lacking(name) {
				continue // the module that is missing may set it
			}
			problems = append(problems, Problem{File: name, Line: f.Line, Message: f.Message, Warning: !f.Certain && !strict})
		}
	}
	return problems
}

// lackingModules returns a function that reports whether a script, or one around it,
// certainly requires a module that does not exist, which is a problem of its own.
func (g graph) lackingModules(checker *lint.Checker) func(script string) bool {
	lacks := map[string]bool{}
	var known []string
	if checker != nil {
		known = checker.Libraries()
	}
	for _, c := range g.files {
		known = append(known, c.imports.Provided...)
	}
	for name, c := range g.files {
		lacks[name] = slices.ContainsFunc(c.imports.Required, func(r lint.Requirement) bool {
			return r.Certain && g.module(r.Module) == "" && !slices.Contains(known, r.Module)
		})
	}
	return func(script string) bool {
		for name := range g.around(script) {
			if lacks[name] {
				return true
			}
		}
		return false
	}
}

// tooLarge returns what a run says of a script that is larger than allowed in a flow
// that is this script, or requires it; "" if it is not.
func (g graph) tooLarge(script string, limit func(flow string) int) string {
	if limit == nil {
		return ""
	}
	for _, user := range g.users(script) {
		if !g.modules[user] {
			if err := g.files[script].script.CheckSize(limit(config.FlowName(user))); err != nil {
				return err.Text()
			}
		}
	}
	return ""
}

// leadsTo reports whether running a script certainly requires another one.
func (g graph) leadsTo(script, other string, seen map[string]bool) bool {
	if script == other {
		return true
	}
	if script == "" || seen[script] {
		return false
	}
	seen[script] = true
	return slices.ContainsFunc(g.files[script].imports.Required, func(r lint.Requirement) bool {
		return r.Certain && g.leadsTo(g.module(r.Module), other, seen)
	})
}

// users returns the names of a script and of all that can require it by name.
func (g graph) users(script string) []string {
	users := []string{script}
	for i := 0; i < len(users); i++ {
		for _, name := range g.requiredBy[users[i]] {
			if !slices.Contains(users, name) {
				users = append(users, name)
			}
		}
	}
	return users
}

// together returns the scripts that may run in one Lua state with a script: those
// around it, and where names are computed others too. What a script does to globals
// that its text does not name counts for those around it, and not for the whole tree.
func (g graph) together(script string, computing map[string]bool) lint.Others {
	sure := g.around(script)
	if len(computing) == 0 {
		return lint.Others{Sure: lints(g, sure)}
	}
	for name := range sure {
		if g.files[name].imports.Computed { // it may load every script
			return lint.Others{Sure: lints(g, g.files)}
		}
	}
	maps.Copy(sure, computing)
	return lint.Others{Sure: lints(g, sure), Perhaps: lints(g, g.files)}
}

// aroundComputing returns what is around the scripts that require modules of computed
// names, which may be any.
func (g graph) aroundComputing() map[string]bool {
	names := map[string]bool{}
	for name, c := range g.files {
		if c.imports.Computed {
			maps.Copy(names, g.around(name))
		}
	}
	return names
}

// around returns the names of what a script, and all that can require it by name, can
// require by name.
func (g graph) around(script string) map[string]bool {
	names := map[string]bool{}
	for _, user := range g.users(script) {
		for _, name := range g.reachable(user) {
			names[name] = true
		}
	}
	return names
}

func lints[V any](g graph, names map[string]V) (files []*lint.File) {
	for _, name := range sortedKeys(names) {
		if f := g.files[name].lint; f != nil {
			files = append(files, f)
		}
	}
	return files
}
