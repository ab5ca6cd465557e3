//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package socket

import (
	"errors"

	"golang.org/x/sys/unix"
)

// hasRoom reports whether something can be written. It asks the kernel, since there may
// have been room before anybody waited for it, which is told only once.
func hasRoom(fd uintptr) bool {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 0)
		if !errors.Is(err, unix.EINTR) {
			return n > 0 || err != nil
		}
	}
}
