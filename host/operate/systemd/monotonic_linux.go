package systemd

import (
	"time"

	"golang.org/x/sys/unix"
)

// monotonic returns the clock that systemd compares MONOTONIC_USEC with.
func monotonic() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
