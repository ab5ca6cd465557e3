package store

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/script/vm"
)

// A Generation is an immutable snapshot of a script tree. Any number of goroutines
// may use it. It needs no closing and is freed when nobody refers to it.
type Generation struct {
	name     string
	loaded   time.Time
	graph                      // made here, so that no call waits for it
	versions map[string]string // by script
	broken   map[string]bool   // files with errors: only the first load accepts such
}

// A NotFoundError reports that no script or file has a name.
type NotFoundError struct {
	Name       string   // that was asked for
	Tried      []string // files that could have had that name
	Generation string   // "" for a Dir
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("%q is not among the scripts: no %s", e.Name, strings.Join(e.Tried, ", no "))
	if slices.ContainsFunc(e.Tried, IsTest) {
		text += "; files *_test.lua hold tests (eslua test), and nothing else runs them"
	}
	if e.Generation != "" {
		text += " (generation " + e.Generation + ")"
	}
	return text
}

// Is makes it an fs.ErrNotExist.
func (e *NotFoundError) Is(target error) bool { return target == fs.ErrNotExist }

func newGeneration(files map[string]*content, broken map[string]bool, loaded time.Time) *Generation {
	g := &Generation{loaded: loaded, graph: newGraph(files), versions: map[string]string{}, broken: broken}
	g.name = treeName(g.sums())
	for name := range files {
		if isScript(name) {
			g.versions[name] = g.version(name)
		}
	}
	return g
}

// sums returns the hashes of the files by name. A nil generation has no files.
func (g *Generation) sums() map[string]sum {
	if g == nil {
		return nil
	}
	sums := make(map[string]sum, len(g.files))
	for name, c := range g.files {
		sums[name] = c.sum
	}
	return sums
}

// Name returns 12 hexadecimal digits. Equal trees have equal names on every host.
func (g *Generation) Name() string { return g.name }

// Script returns a flow's script: "inviteToConf" is inviteToConf.lua, "ivr/main" is
// ivr/main.lua; the ending may be given. The error is a *NotFoundError, or a
// Problem if the file did not compile at the store's first load.
func (g *Generation) Script(flow string) (*vm.Script, error) {
	return g.first(flow, []string{flowFile(flow)})
}

// Require returns the script that require or dofile means by a name: "lib.util" and
// "lib/util" are lib/util.lua, else lib/util/init.lua; "lib/util.lua" is that
// file. Names are relative to the tree and never lead out of it.
func (g *Generation) Require(name string) (*vm.Script, error) {
	files, err := moduleFiles(name)
	if err != nil {
		return nil, err
	}
	return g.first(name, files)
}

func (g *Generation) first(name string, files []string) (*vm.Script, error) {
	for _, file := range files {
		c, ok := g.files[file]
		switch {
		case !ok:
		case c.wrong != nil:
			return nil, *c.wrong
		case c.script != nil:
			return c.script, nil
		}
	}
	return nil, &NotFoundError{Name: name, Tried: files, Generation: g.name}
}

// ReadFile returns what any file of the tree held when the generation was loaded,
// by its name relative to the tree.
func (g *Generation) ReadFile(name string) (string, error) {
	file := path.Clean(name)
	if !fs.ValidPath(file) {
		return "", fmt.Errorf("file %q: a name is relative to the script directory and stays inside it", name)
	}
	c, ok := g.files[file]
	if !ok {
		return "", &NotFoundError{Name: name, Tried: []string{file}, Generation: g.name}
	}
	return c.data, nil
}

// Names returns the names of all files, relative to the tree, in order.
func (g *Generation) Names() []string { return slices.Sorted(maps.Keys(g.files)) }

// scripts counts the scripts that compile.
func (g *Generation) scripts() (n int) {
	for _, c := range g.files {
		if c.script != nil {
			n++
		}
	}
	return n
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
