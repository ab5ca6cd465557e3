package admin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestThePrivateDirectoryIsOneUsers: a single bit of its mode for other users is
// enough to refuse a directory.
func TestThePrivateDirectoryIsOneUsers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "eslua")
	if err := makeDir(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("it is made with %v, %v", info.Mode(), err)
	}
	if err := makeDir(filepath.Join(dir, "missing", "eslua")); err == nil {
		t.Error("a directory that cannot be made is none")
	}
	if err := checkPrivate(dir); err != nil {
		t.Error(err)
	}
	for bit := os.FileMode(0o001); bit <= 0o040; bit <<= 1 {
		if err := os.Chmod(dir, 0o700|bit); err != nil {
			t.Fatal(err)
		}
		if err := checkPrivate(dir); err == nil || !strings.Contains(err.Error(), "drwx------") {
			t.Errorf("mode %o: %v", 0o700|bit, err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	link := dir + ".link"
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := checkPrivate(link); err == nil {
		t.Error("a symbolic link is trusted")
	}
	file := dir + ".file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkPrivate(file); err == nil {
		t.Error("a file is trusted")
	}
	if err := checkPrivate(dir + ".missing"); err == nil {
		t.Error("a directory that does not exist is trusted")
	}
}

func TestOnlyTheDirectoryOfLastResortIsChecked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "eslua")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := checkDir(dir); err != nil { // an admin's choice, such as /run/eslua
		t.Error(err)
	}
}
