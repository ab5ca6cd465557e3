package store

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
)

// generationOf returns a generation of these files: name, content, name, content ...
func generationOf(t testing.TB, files ...string) *Generation {
	t.Helper()
	tree := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		tree[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	s, err := OpenFS(tree, Config{}, vm.Compile, quiet, clock.System())
	must(t, err)
	return s.Current()
}

func TestAVersionIsOfAllThatAFlowCanRequire(t *testing.T) {
	tree := []string{
		"main.lua", "require 'lib.menu'; pcall(require, 'lib.later')",
		"lib/menu.lua", "if x then require 'lib.deep' end",
		"lib/deep.lua", "require 'lib.menu'",
		"lib/later.lua", "return 1",
		"other.lua", "return 1",
		"any.lua", "require(argv[1])",
		"viaAny.lua", "require 'any'",
		"prompts.json", "{}",
	}
	before := generationOf(t, tree...)
	for file, want := range map[string]string{ // flows whose version changes with it
		"main.lua":      "any main viaAny",
		"lib/menu.lua":  "any lib/deep lib/menu main viaAny",
		"lib/deep.lua":  "any lib/deep lib/menu main viaAny",
		"lib/later.lua": "any lib/later main viaAny",
		"other.lua":     "any other viaAny",
		"prompts.json":  "any viaAny",
		"new.lua":       "any viaAny",
		"lib.lua":       "any viaAny",
	} {
		edited := append(slices.Clone(tree), file, "return 'another'")
		if i := slices.Index(tree, file); i >= 0 {
			edited = slices.Replace(slices.Clone(tree), i+1, i+2, tree[i+1]+"\n-- edited")
		}
		after := generationOf(t, edited...)
		var changed []string
		for _, f := range before.Flows() {
			if after.Version(f.Name) != f.Version {
				changed = append(changed, f.Name)
			}
		}
		if got := strings.Join(changed, " "); got != want {
			t.Errorf("with %s changes the version of %s, want %s", file, got, want)
		}
	}
	again := generationOf(t, tree...)
	for _, f := range before.Flows() {
		if len(f.Version) != 12 || again.Version(f.Name) != f.Version || before.Version(f.Name+".lua") != f.Version {
			t.Errorf("%s is %q, the next time %q", f.Name, f.Version, again.Version(f.Name))
		}
	}
	if v := before.Version("gone"); v != "" {
		t.Errorf("a flow that is not there is of version %q", v)
	}
}

// A flow whose module is found in another file has another version, even if the
// file that was found before still exists.
func TestAModuleThatAnotherFileHidesIsAnotherVersion(t *testing.T) {
	before := generationOf(t, "main.lua", "require 'lib'", "lib/init.lua", "return 1")
	after := generationOf(t, "main.lua", "require 'lib'", "lib/init.lua", "return 1", "lib.lua", "return 1")
	if before.Version("main") == after.Version("main") {
		t.Error("the flow requires another file and has the same version")
	}
}

func TestFlowsAndDependencies(t *testing.T) {
	g := generationOf(t, "main.lua", "require 'lib.menu'", "lib/menu.lua", "if x then require 'lib.menu' end", "alone.lua", "if x then require 'alone' end", "any.lua", "load(x)", "a.json", "{}")
	var got []string
	for _, f := range g.Flows() {
		got = append(got, fmt.Sprintf("%s %v", f.Name, f.Module))
	}
	if want := "alone false, any false, lib/menu true, main false"; strings.Join(got, ", ") != want {
		t.Errorf("flows %q, want %s", got, want)
	}
	for flow, want := range map[string]string{
		"main":     "lib/menu.lua main.lua",
		"lib/menu": "lib/menu.lua",
		"any":      "a.json alone.lua any.lua lib/menu.lua main.lua",
		"gone":     "",
	} {
		if got := strings.Join(g.Dependencies(flow), " "); got != want {
			t.Errorf("%s uses %q, want %q", flow, got, want)
		}
	}
}

func TestVersionsAreAskedForByManyCallsAtOnce(t *testing.T) {
	g := generationOf(t, "main.lua", "require 'a'", "a.lua", "return 1")
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() { g.Version("main"); g.Flows() })
	}
	calls.Wait()
	if n := testing.AllocsPerRun(100, func() { g.Version("main.lua") }); n > 1 {
		t.Errorf("a version takes %v allocations", n)
	}
}
