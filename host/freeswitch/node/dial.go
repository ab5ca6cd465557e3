package node

import (
	"context"
	"net"
	"syscall"
	"time"
)

// deliverWithin is how long the system tries to deliver what was sent. Without a limit a
// command that was sent while the network was interrupted would be carried out when it is
// restored, a quarter of an hour later perhaps, though nobody waits for it any more: a
// number of a campaign could be dialled twice.
const deliverWithin = 10 * time.Second

// dial connects over TCP.
func dial(ctx context.Context, address string) (net.Conn, error) {
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if failed := c.Control(func(fd uintptr) { err = limitDelivery(fd) }); failed != nil {
			return failed
		}
		return err
	}}
	return d.DialContext(ctx, "tcp", address)
}
