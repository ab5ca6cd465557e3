package admin

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const socketName = "eslua.sock"

// SocketPath returns the admin socket's path: as configured, else in the first
// directory for sockets, of a service or a user, that exists. eslua serve and the
// commands that talk to it must find the same path, each in its own environment;
// that is why the list has /run/eslua, which the systemd unit creates.
func SocketPath(configured string, getenv func(string) string) string {
	return socketPath(configured, getenv, isDir)
}

func socketPath(configured string, getenv func(string) string, isDir func(string) bool) string {
	if configured != "" {
		return configured
	}
	runtime, _, _ := strings.Cut(getenv("RUNTIME_DIRECTORY"), ":") // systemd may name several
	for _, dir := range []string{runtime, "/run/eslua", getenv("XDG_RUNTIME_DIR")} {
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

// privateDir returns the directory of last resort. Any user could have made it.
func privateDir() string { return fmt.Sprintf("/tmp/eslua-%d", os.Getuid()) }

// makeDir makes a socket's directory for this user alone, if there is none.
func makeDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	return checkDir(dir)
}

// checkDir returns an error if a socket's directory is the one of last resort and
// may be another user's.
func checkDir(dir string) error {
	if dir != privateDir() {
		return nil
	}
	return checkPrivate(dir)
}

// checkPrivate returns an error if users other than this one can enter a directory:
// one of them may have made it in /tmp to answer in our place.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !isOwner(info) {
		return fmt.Errorf("%s must be a directory of this user with mode drwx------, and is %s: remove it, or set admin to another path", dir, fs.FileMode(info.Mode()))
	}
	return nil
}
