package node

import (
	"os"

	"golang.org/x/sys/unix"
)

// limitDelivery has a connection end when what was sent is not acknowledged in time.
func limitDelivery(fd uintptr) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deliverWithin.Milliseconds())))
}
