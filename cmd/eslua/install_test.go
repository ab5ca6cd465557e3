package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// make install puts three files below DESTDIR, keeps the configuration's password from
// others, and leaves a configuration that is there.
func TestMakeInstall(t *testing.T) {
	t.Parallel()
	root, dest := t.TempDir(), t.TempDir()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(root, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"Makefile": string(makefile), "bin/eslua": "the program"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	install := func() {
		t.Helper()
		cmd := exec.Command("make", "-o", "build", "install", "DESTDIR="+dest, "PREFIX=/opt/eslua") // -o: the program is there
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	install()
	config, unit := filepath.Join(dest, "etc/eslua/eslua.yaml"), filepath.Join(dest, "etc/systemd/system/eslua.service")
	for name, mode := range map[string]os.FileMode{filepath.Join(dest, "opt/eslua/bin/eslua"): 0o755, config: 0o640, unit: 0o644} {
		if info, err := os.Stat(name); err != nil {
			t.Error(err)
		} else if info.Mode().Perm()&^0o022 != mode {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), mode)
		}
	}
	if text, err := os.ReadFile(unit); err != nil || !strings.Contains(string(text), "ExecStart=/opt/eslua/bin/eslua serve") {
		t.Errorf("the unit starts another program: %v\n%s", err, text)
	}
	if err := os.WriteFile(config, []byte("listen: 192.0.2.1:1\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	install()
	if text, err := os.ReadFile(config); err != nil || string(text) != "listen: 192.0.2.1:1\n" {
		t.Errorf("the configuration was replaced: %q, %v", text, err)
	}
}
