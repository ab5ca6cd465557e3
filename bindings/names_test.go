package bindings_test

import (
	"flag"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/script/vm"
)

var update = flag.Bool("update", false, "write testdata/names.txt")

// TestNames holds all names that scripts can use to a golden file, so that a name
// that is added or removed is seen in its diff.
func TestNames(t *testing.T) {
	set := bindings.New(bindings.Deps{})
	var lines []string
	for _, m := range set.Modules() {
		for _, c := range m.Constants {
			lines = append(lines, m.Name+"."+c.Name)
		}
		for _, f := range m.Funcs {
			lines = append(lines, strings.TrimPrefix(m.Name+"."+signature(t, f), "."))
		}
		for _, c := range m.Classes {
			if c.Doc == "" {
				t.Errorf("%s has no doc", c.Name)
			}
			for _, f := range c.Methods {
				lines = append(lines, c.Name+":"+signature(t, f))
			}
		}
	}
	sort.Strings(lines)
	got := strings.Join(lines, "\n") + "\n"
	const file = "testdata/names.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the Lua-visible names have changed; if that is meant, run go test ./bindings -run TestNames -update\n%s", got)
	}
}

func signature(t *testing.T, f vm.Func) string {
	t.Helper()
	if f.Doc == "" {
		t.Errorf("%s has no doc", f.Name)
	}
	results := make([]string, len(f.Results))
	for i, r := range f.Results {
		results[i] = r.Name
	}
	return strings.TrimSpace(f.Usage() + " " + strings.Join(results, ", "))
}
