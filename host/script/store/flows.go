package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// A Flow is a script of a generation. Any script may be run as a flow.
type Flow struct {
	Name    string // as a call names it, without ".lua"
	Version string // see Generation.Version
	Module  bool   // another script requires it
}

// A graph says which scripts of a tree load which.
type graph struct {
	files      map[string]*content
	requires   map[string][]string // by script: the files that it can require by name
	requiredBy map[string][]string
	modules    map[string]bool // files that another file requires
}

func newGraph(files map[string]*content) graph {
	g := graph{files, map[string][]string{}, map[string][]string{}, map[string]bool{}}
	named := map[string][]string{} // files by the last part of their names
	for name := range files {
		named[path.Base(name)] = append(named[path.Base(name)], name)
	}
	for name, c := range files {
		for _, module := range c.imports.Modules() {
			for _, file := range g.candidates(module, named) {
				if file != name {
					g.requires[name] = append(g.requires[name], file)
					g.requiredBy[file] = append(g.requiredBy[file], name)
					g.modules[file] = true
				}
			}
		}
	}
	return g
}

// candidates returns the files that may be a module: the one that Require takes, or else
// those that a package.path of the script's own can lead to.
func (g graph) candidates(module string, named map[string][]string) (found []string) {
	if file := g.module(module); file != "" {
		return []string{file}
	}
	files, _ := moduleFiles(module)
	for _, file := range files {
		for _, name := range named[path.Base(file)] {
			if strings.HasSuffix(name, "/"+file) {
				found = append(found, name)
			}
		}
	}
	return found
}

// Version returns 12 hexadecimal digits: a hash of everything that can decide how
// a flow behaves. That is its script and every script it can require, or the whole
// tree if that shows only as it runs (require(name), load, package). Two
// generations in which a flow has the same version run it alike. It is "" for a
// flow that does not exist.
func (g *Generation) Version(flow string) string { return g.versions[flowFile(flow)] }

// Flows returns all scripts, sorted by name.
func (g *Generation) Flows() []Flow {
	list := make([]Flow, 0, len(g.versions))
	for _, name := range sortedKeys(g.versions) {
		list = append(list, Flow{config.FlowName(name), g.versions[name], g.modules[name]})
	}
	return list
}

// Dependencies returns the names of the files that decide a flow's version; none
// for a flow that does not exist.
func (g *Generation) Dependencies(flow string) []string {
	script := flowFile(flow)
	if g.files[script] == nil {
		return nil
	}
	files, all := g.closure(script)
	if all {
		return sortedKeys(g.files)
	}
	return files
}

func (g *Generation) version(script string) string {
	files, all := g.closure(script)
	h := sha256.New()
	if all {
		fmt.Fprintf(h, "%s\n", g.name)
	}
	for _, name := range files {
		fmt.Fprintf(h, "%s\x00%x\n", name, g.files[name].sum)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// closure returns the names of a script and of all it can require, or all if it
// may load any.
func (g graph) closure(script string) (files []string, all bool) {
	files = g.reachable(script)
	if slices.ContainsFunc(files, func(name string) bool { return g.files[name].imports.Dynamic }) {
		return nil, true
	}
	slices.Sort(files)
	return files, false
}

// reachable returns the names of a script and of all it can require by name.
func (g graph) reachable(script string) []string {
	seen := map[string]bool{script: true}
	files := []string{script}
	for i := 0; i < len(files); i++ {
		for _, file := range g.requires[files[i]] {
			if !seen[file] {
				seen[file] = true
				files = append(files, file)
			}
		}
	}
	return files
}

// module returns the file that Require takes for a name, "" if there is none.
func (g graph) module(name string) string {
	candidates, _ := moduleFiles(name)
	at := slices.IndexFunc(candidates, func(file string) bool { return g.files[file] != nil })
	if at < 0 {
		return ""
	}
	return candidates[at]
}

// hooks is the directory of the scripts that run for events and times, and not for calls.
const hooks = "hooks/"

// IsHook reports whether a script runs for events and times, and not for calls.
func IsHook(flow string) bool { return strings.HasPrefix(flow, hooks) }

// A HookError reports that a call or a job names a script under hooks/.
type HookError struct{ Flow string }

func (e *HookError) Error() string {
	return fmt.Sprintf("%q is under hooks/ and runs for events and times only; move the script to another directory if something else shall run it", e.Flow)
}

// HookNames returns the names of the scripts under hooks/ that no other script requires,
// sorted.
func (g *Generation) HookNames() []string { return g.names(true) }

// FlowNames returns the names of the scripts that calls may run and no other script
// requires, sorted.
func (g *Generation) FlowNames() []string { return g.names(false) }

func (g *Generation) names(areHooks bool) (names []string) {
	for _, f := range g.Flows() {
		if !f.Module && IsHook(f.Name) == areHooks {
			names = append(names, f.Name)
		}
	}
	return names
}

// DescribeFlows returns the end of an error about a flow that is not among FlowNames.
func (g *Generation) DescribeFlows(missing string) string {
	return config.DescribeFlows(missing, g.FlowNames())
}
