package store

import (
	"slices"
	"strings"
	"testing"
)

func TestFilesOfEditorsAreIgnored(t *testing.T) {
	for _, name := range strings.Fields(".git .x.lua.swp .#x.lua .x.lua.Ab12Cd ..data ..2026_01_01 x.lua~ #x.lua# 4913 x.lua.swp x.lua.swx x.lua.tmp x.lua.part x.lua.filepart menu_test.lua x.lua___jb_tmp___ x.lua___jb_old___") {
		if !isIgnored(name) {
			t.Errorf("%q belongs to the tree", name)
		}
	}
	for _, name := range strings.Fields("x.lua lib test.lua sedaB12Cd menu.json 4913.lua #readme prompts.csv x.lua.bak") {
		if isIgnored(name) {
			t.Errorf("%q does not belong to the tree", name)
		}
	}
}

func TestModuleFiles(t *testing.T) {
	for name, want := range map[string]string{
		"util":           "util.lua util/init.lua",
		"lib.util":       "lib/util.lua lib/util/init.lua",
		"lib/util":       "lib/util.lua lib/util/init.lua",
		"lib/util.lua":   "lib/util.lua lib/util/lua.lua lib/util/lua/init.lua",
		"./lib/util":     "lib/util.lua lib/util/init.lua",
		"a.b.c":          "a/b/c.lua a/b/c/init.lua",
		"../x":           "",
		"lib/../../x":    "",
		"..":             "",
		"...":            "",
		".util":          "",
		".":              "",
		"/etc/passwd":    "",
		`..\x`:           "",
		"":               "",
		"/srv/x/lib.lua": "",
	} {
		got, err := moduleFiles(name)
		if want == "" {
			if err == nil {
				t.Errorf("moduleFiles(%q) = %q, want an error", name, got)
			}
			continue
		}
		if err != nil || !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("moduleFiles(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}
