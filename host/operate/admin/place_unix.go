//go:build unix

package admin

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

func owns(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid()
}

// lock keeps other eslua processes from touching the sockets in dir until
// unlock. It does not wait: errBusy says to come again.
func lock(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = d.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errBusy
		}
		return nil, &fs.PathError{Op: "lock", Path: dir, Err: err}
	}
	return func() { _ = d.Close() }, nil
}

// nobody says that a socket's file is there and its process is not.
func nobody(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
