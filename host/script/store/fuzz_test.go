package store

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/lint"
	"github.com/eslua/eslua/host/script/vm"
)

// A name from a script or from a caller's socket path never becomes one outside
// the tree.
func FuzzNamesStayInside(f *testing.F) {
	for _, seed := range []string{"lib.util", "lib/util.lua", "../x", "a/../../b", "...", "./a", "/etc/passwd", "a//b", ".", `..\x`, "a/./b", "a\x00b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		files, err := moduleFiles(name)
		if err != nil {
			return
		}
		for _, file := range files {
			if strings.HasPrefix(file, "/") || strings.HasPrefix(file, "../") {
				t.Errorf("module %q may be the file %q", name, file)
			}
		}
	})
}

// The search for requires must cope with whatever an admin saves.
func FuzzImportsOf(f *testing.F) {
	for _, seed := range []string{"require 'a'", "#!x\nrequire(\"a.b\")", "if x then require[[a]] end", "require", "'", "[==[", "-- \xff\xfe", "require '\\300'", "end end require 'x'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if _, err := vm.Compile("x.lua", []byte(src)); err != nil {
			return // only what compiles is searched
		}
		lines := strings.Count(src, "\n") + strings.Count(src, "\r") + 1
		for _, n := range lint.ImportsOf(src).Required {
			if n.Line < 1 || n.Line > lines {
				t.Errorf("%q is said to be required in line %d of %d", n.Module, n.Line, lines)
			}
			if _, err := moduleFiles(n.Module); err == nil && fs.ValidPath(n.Module+".lua") && !strings.Contains(src, "require") {
				t.Errorf("%q is required in a source without the word", n.Module)
			}
		}
	})
}
