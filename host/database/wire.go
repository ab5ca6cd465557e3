package database

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"syscall"
)

// A wire is the connection to a database's server. It limits what the driver reads
// between two rows, so that no row takes more memory than it may, whatever the server
// announces.
type wire struct {
	net.Conn
	packets *packets     // nil: nobody watches them
	left    atomic.Int64 // a driver that gives a connection up drains it in a goroutine of its own
}

// wireSlack allows for what a driver reads ahead, and for what is no row: the columns of
// a result.
const wireSlack = 256 << 10

// handshakeSize limits what a server may say before it has taken the user: keys and
// certificates with which this process would compute for long are longer.
const handshakeSize = 32 << 10

var errRowSize = fmt.Errorf("a row holds more than %d bytes: select less of it", MaxRow)

func newWire(conn net.Conn) *wire {
	w := &wire{Conn: conn}
	w.left.Store(handshakeSize)
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
	if wrong := w.packets.came(p[:n]); wrong != nil {
		return 0, wrong
	}
	return n, err
}

// Write sends something to the server.
func (w *wire) Write(p []byte) (int, error) {
	w.packets.sent()
	return w.Conn.Write(p)
}

// SyscallConn lets a driver ask whether the connection is still up.
func (w *wire) SyscallConn() (syscall.RawConn, error) {
	if c, ok := w.Conn.(syscall.Conn); ok {
		return c.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// begin ends the handshake.
func (w *wire) begin() {
	if w.packets != nil {
		w.packets.begun = true
	}
	w.rowBegins()
}

// asError turns the panic of a driver that has read what its protocol does not have into an
// error.
func asError(err *error) {
	raised := recover()
	if raised == nil {
		return
	}
	wrong, ok := raised.(runtime.Error)
	if !ok {
		panic(raised)
	}
	*err = fmt.Errorf("the database's server says what cannot be understood: %w", wrong)
}
