package config

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/grant"
)

// unsafeWrites notes the directories granted for writing in which a script could change
// what decides over scripts: it would grant itself everything.
func (t *tree) unsafeWrites(file string, c *Config) {
	state, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":")
	protected := map[string]string{scripts: c.Scripts, "the state": cmp.Or(c.State, state), "the configuration": file}
	for name, d := range c.Databases {
		if d.DSN.SQLite() {
			protected["the database "+name] = d.DSN.Rest()
		}
	}
	check := func(g *grant.Grants, path ...any) {
		for i, dir := range g.Write {
			for _, what := range slices.Sorted(maps.Keys(protected)) {
				if at := t.at(append(slices.Clone(path), "write", i)...); at != nil && changes(string(dir), protected[what], what == scripts) {
					t.errs = append(t.errs, errorAt(at, "a script that may write in %s could change %s, %s; grant a directory of its own", dir, what, protected[what]))
				}
			}
		}
	}
	check(&c.Grants, "grants")
	for _, flow := range slices.Sorted(maps.Keys(c.Flows)) {
		if g := c.Flows[flow].Grants; g != nil {
			check(g, "flows", flow, "grants")
		}
	}
}

const scripts = "the scripts"

// changes reports whether who writes below a directory can change a path, or with within
// something below it, as they are written or as links lead.
func changes(dir, path string, within bool) bool {
	if path == "" {
		return false
	}
	return below(dir, path) || below(real(dir), real(path)) || within && (below(path, dir) || below(real(path), real(dir)))
}

// below reports whether a path is that of a directory, or lies below it.
func below(dir, path string) bool {
	rel, err := filepath.Rel(absolute(dir), absolute(path))
	return err == nil && filepath.IsLocal(rel)
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func real(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	return path
}
