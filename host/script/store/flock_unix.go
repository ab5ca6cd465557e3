//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// flock locks until the file is closed, be it by the end of the process. A file
// system without locks has none to be held up by.
func flock(f *os.File, exclusive bool) error {
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX | unix.LOCK_NB
	}
	for {
		err := unix.Flock(int(f.Fd()), how)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case !exclusive && errors.Is(err, unix.ENOLCK), !exclusive && errors.Is(err, unix.ENOTSUP):
			return nil // and nobody removes, since that takes a lock
		}
		return err
	}
}
