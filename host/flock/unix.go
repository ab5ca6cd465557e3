//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package flock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Exclusive locks f for this process alone. It does not wait: the error is
// ErrLocked while another process has any lock of it.
func Exclusive(f *os.File) error {
	err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

// Shared waits until no process has f locked exclusively, and keeps it so. On a
// file system without locks it does nothing, for there Exclusive fails.
func Shared(f *os.File) error {
	err := flock(f, unix.LOCK_SH)
	if errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}

// Release ends the lock of f and closes f. Closing alone would not end it while a program is
// being started: the process that becomes it has a copy of the open file until then.
func Release(f *os.File) error {
	err := flock(f, unix.LOCK_UN)
	if errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			if err != nil {
				err = &os.PathError{Op: "lock", Path: f.Name(), Err: err}
			}
			return err
		}
	}
}
