package admin

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const socketName = "eslua.sock"

// SocketPath is where the admin's socket is: as configured, else in the first
// of the directories that a service or a user has for such things. eslua serve
// and the commands that ask it must come to the same answer, each with its own
// environment: /run/eslua, which the systemd unit makes, is for that.
func SocketPath(configured string, getenv func(string) string) string {
	return socketPath(configured, getenv, isDir)
}

func socketPath(configured string, getenv func(string) string, isDir func(string) bool) string {
	if configured != "" {
		return configured
	}
	own, _, _ := strings.Cut(getenv("RUNTIME_DIRECTORY"), ":") // systemd may name several
	for _, dir := range []string{own, "/run/eslua", getenv("XDG_RUNTIME_DIR")} {
		if dir != "" && isDir(dir) {
			return filepath.Join(dir, socketName)
		}
	}
	return filepath.Join(privateDir(), socketName)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// privateDir is the place of last resort. Anybody may make it before us.
func privateDir() string { return fmt.Sprintf("/tmp/eslua-%d", os.Getuid()) }

// makeDir makes the socket's directory, for this user alone, where there is none.
func makeDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	return trusted(dir)
}

// trusted says why the place of last resort may not be used: in /tmp somebody
// else may have made it, to be asked in our place or to read along.
func trusted(dir string) error {
	if dir != privateDir() {
		return nil
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !owns(info) {
		return fmt.Errorf("%s is %s and not this user's alone (drwx------): remove it, or set admin to a socket elsewhere", dir, fs.FileMode(info.Mode()))
	}
	return nil
}
