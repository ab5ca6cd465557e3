package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/vm"
)

func TestADirIsReadWhenAsked(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	put(t, outside, "secret.lua", "return 1")
	put(t, dir, "broken.lua", "if x the", "lib/a.lua", "return 1", "b/init.lua", "return 2", "data.txt", "text", "large.txt", strings.Repeat("x", 4<<20+1))
	must(t, os.Symlink(filepath.Join(outside, "secret.lua"), filepath.Join(dir, "secret.lua")))
	l := NewDir(dir, vm.Compile)
	for name, want := range map[string]string{
		"lib.a":       "",
		"lib/a.lua":   "",
		"b":           "",
		"broken":      "broken.lua:1: ",
		"missing":     `"missing" is not among the scripts: no missing.lua, no missing/init.lua`,
		"../x":        "outside the script directory",
		"secret":      "escapes",
		"lib":         `"lib" is not among`,
		"data.txt":    `"data.txt" is not among`,
		"broken.lua.": `is not among`,
	} {
		_, err := l.Require(name)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("require %s: %v, want %q", name, err, want)
		}
	}
	if text, err := l.ReadFile("data.txt"); err != nil || text != "text" {
		t.Errorf("data.txt: %q, %v", text, err)
	}
	for name, want := range map[string]string{"lib": "not a regular file", "large.txt": "the limit for a file", "none": "no such file", "../x": "escapes"} {
		if _, err := l.ReadFile(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
