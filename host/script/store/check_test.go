package store

import (
	"path/filepath"
	"strings"
	"testing"

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
