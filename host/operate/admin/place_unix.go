//go:build unix

package admin

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// isOwner reports whether a file belongs to this process's user.
func isOwner(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid()
}

// isDead reports whether an error of dialling a socket says that its file is
// there but no process listens.
func isDead(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
