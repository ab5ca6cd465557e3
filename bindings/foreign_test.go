package bindings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// The modules that scripts expect from outside answer as the libraries of that name do:
// testdata/modules/NAME.txt is what lua5.1 with these libraries printed for NAME.lua.
func TestModulesAnswerAsTheirLibraries(t *testing.T) {
	files, err := filepath.Glob("testdata/modules/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(strings.TrimSuffix(file, "lua") + "txt")
			if err != nil {
				t.Fatal(err)
			}
			compareLines(t, printed(t, file), string(want))
		})
	}
}

// printed runs a script without a call and returns what it prints.
func printed(t *testing.T, file string) string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, err := vm.Compile(filepath.Base(file), src)
	if err != nil {
		t.Fatal(err)
	}
	set := bindings.New(bindings.Deps{})
	m, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	st := m.NewState(vm.StateOptions{Limits: guard.Limits{Burst: time.Minute, CPU: time.Minute}, Print: func(line string) { out.WriteString(line + "\n") }})
	defer st.Close()
	defer bindAlone(set, st, nil)(t.Context())
	if err := st.Run(t.Context(), script, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func compareLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "", ""
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("line %d\n got %s\nwant %s", i+1, a, b)
		}
	}
}
