package database

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
)

// A wire is the connection to a database's server. It limits what the driver reads
// between two rows, so that no row takes more memory than it may, whatever the server
// announces.
type wire struct {
	net.Conn
	left atomic.Int64 // a driver that gives a connection up drains it in a goroutine of its own
}

// wireSlack allows for what a driver reads ahead, and for what is no row: the columns of
// a result.
const wireSlack = 256 << 10

var errRowSize = fmt.Errorf("a row holds more than %d bytes: select less of it", MaxRow)

func newWire(conn net.Conn) *wire {
	w := &wire{Conn: conn}
	w.rowBegins()
	return w
}

func (w *wire) rowBegins() { w.left.Store(MaxRow + wireSlack) }

func (w *wire) Read(p []byte) (int, error) {
	left := w.left.Load()
	if left <= 0 {
		return 0, errRowSize
	}
	n, err := w.Conn.Read(p[:min(int64(len(p)), left)])
	w.left.Add(-int64(n))
	return n, err
}

// SyscallConn lets a driver ask whether the connection is still up.
func (w *wire) SyscallConn() (syscall.RawConn, error) {
	if c, ok := w.Conn.(syscall.Conn); ok {
		return c.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}
