package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/lint"
	"github.com/eslua/eslua/host/script/vm"
)

func TestCheckNamesEveryProblem(t *testing.T) {
	dir := t.TempDir()
	put(t, dir,
		"a.lua", "local x = 1\nlocal = 2",
		"b.lua", "require 'lib.gone'\nrequire 'lib.c'\nlocal function f() require 'perhaps' end",
		"lib/c.lua", "return return",
		"good.lua", "require 'json'")
	cfg := Config{Modules: []string{"json"}}
	problems, err := Check(t.Context(), dir, nil, cfg, vm.Compile)
	must(t, err)
	for i, want := range []struct {
		begin   string
		warning bool
	}{
		{"a.lua:2: ", false},
		{`b.lua:1: requires "lib.gone"`, false},
		{`b.lua:3: requires "perhaps"`, true},
		{"lib/c.lua:1: ", false},
	} {
		if i >= len(problems) || !strings.HasPrefix(problems[i].Error(), want.begin) || problems[i].Warning != want.warning {
			t.Fatalf("problem %d is not %+v:\n%s", i, want, problemTexts(problems))
		}
	}
	if len(problems) != 4 {
		t.Errorf("problems:\n%s", problemTexts(problems))
	}
}

// TestCheckAboveTheScriptDirectory: modules that are found from a directory below say so,
// and the globals that they may set are no mistakes.
func TestCheckAboveTheScriptDirectory(t *testing.T) {
	dir := t.TempDir()
	put(t, dir,
		"scripts/app/main.lua", "require 'lib.util'\ngreet()\nif x then require 'lib.other' end",
		"scripts/lib/util.lua", "function greet() end",
		"scripts/other.lua", "greet()")
	check := func(dir, want string) {
		t.Helper()
		problems, err := Check(t.Context(), dir, nil, Config{Lint: lint.New(nil)}, vm.Compile)
		must(t, err)
		if got := problemTexts(problems); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	check(dir, `scripts/app/main.lua:1: requires "lib.util", which is neither a built-in module nor in the script directory (lib/util.lua); is scripts meant to be the script directory?
scripts/app/main.lua:3: requires "lib.other", which is neither a built-in module nor in the script directory (lib/other.lua)
scripts/other.lua:1: nothing sets the global "greet"`)
	put(t, filepath.Join(dir, "scripts"), "lib/other.lua", "")
	check(filepath.Join(dir, "scripts"), "other.lua:1: nothing sets the global \"greet\"")
}

func TestCheckOfSomeFiles(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.lua", "return return", "b.lua", "return return", "good.lua", "require 'a'", ".hidden.lua", "")
	for files, want := range map[string]string{
		"a.lua":         "a.lua",
		"./b.lua a.lua": "b.lua a.lua",
		"good.lua":      "",
		"gone.lua":      "gone.lua",
		".hidden.lua":   ".hidden.lua",
	} {
		problems, err := Check(t.Context(), dir, strings.Fields(files), Config{}, vm.Compile)
		must(t, err)
		var got []string
		for _, p := range problems {
			got = append(got, p.File)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("Check(%s):\n%s", files, problemTexts(problems))
		}
	}
}

func TestCheckOfNoDirectory(t *testing.T) {
	if ps, err := Check(t.Context(), filepath.Join(t.TempDir(), "gone"), nil, Config{}, vm.Compile); err == nil {
		t.Errorf("problems %v and no error", ps)
	}
}
