package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestRoomsStandOnWhatTheyMay holds the house's order: host imports no
// bindings, a binding imports no other binding, nobody imports cmd, and the
// simulator shares no code with the wire it is there to check.
func TestRoomsStandOnWhatTheyMay(t *testing.T) {
	const module = "github.com/eslua/eslua/"
	files := 0
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") {
			return err
		}
		files++
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from, _ := filepath.Rel("../..", filepath.Dir(file))
		test := strings.HasSuffix(file, "_test.go")
		for _, spec := range tree.Imports {
			to, _ := strconv.Unquote(spec.Path.Value)
			to, ours := strings.CutPrefix(to, module)
			if ours && !mayImport(filepath.ToSlash(from), to, test) {
				t.Errorf("%s imports %s", file, to)
			}
		}
		return nil
	})
	if err != nil || files < 20 {
		t.Fatalf("read %d files: %v", files, err)
	}
}

func mayImport(from, to string, test bool) bool {
	inside := func(p, room string) bool { return p == room || strings.HasPrefix(p, room+"/") }
	switch {
	case inside(to, "cmd"):
		return false
	case inside(from, "host/switchsim"):
		return inside(to, "host/switchsim") || to == "host/clock"
	case inside(from, "host") && inside(to, "bindings"):
		return test // a test may run a whole call
	case inside(from, "bindings") && inside(to, "bindings"):
		return from == "bindings" || path.Dir(to) != "bindings" || from == to || test
	}
	return true
}

func TestMayImport(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"host/run", "host/script/vm", true},
		{"host/run", "bindings/session", false},
		{"bindings", "bindings/session", true},
		{"bindings/api", "bindings/session", false},
		{"bindings/api", "host/script/vm", true},
		{"host/switchsim", "host/freeswitch/esl", false},
		{"scripts", "cmd/eslua", false},
	} {
		if got := mayImport(c.from, c.to, false); got != c.want {
			t.Errorf("%s imports %s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}
