//go:build unix

package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A conn holds one end of a connection: an end of a socket pair on which nobody waits in
// the kernel.
type conn struct {
	*net.UnixConn
	raw           syscall.RawConn // of UnixConn
	local, remote net.Addr
	peer          *conn
	bytes, room   chan struct{} // each holds one signal: there may be something to read, or room to write
	closed        chan struct{}
	close         func() error
	read, write   limit
}

// pair returns the two ends of a connection.
func pair(a, b net.Addr) (x, y *conn, err error) {
	syscall.ForkLock.RLock() // a child that got them would keep the connection open
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	x, err = end(fds[0], a, b)
	if err != nil {
		_ = syscall.Close(fds[1])
		return nil, nil, err
	}
	if y, err = end(fds[1], b, a); err != nil {
		_ = x.UnixConn.Close()
		return nil, nil, err
	}
	x.peer, y.peer = y, x
	return x, y, nil
}

// end makes an end of the socket, and closes fd.
func end(fd int, local, remote net.Addr) (*conn, error) {
	f := os.NewFile(uintptr(fd), "memnet")
	defer f.Close()
	nc, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	c := &conn{
		UnixConn: nc.(*net.UnixConn), local: local, remote: remote,
		bytes: make(chan struct{}, 1), room: make(chan struct{}, 1), closed: make(chan struct{}),
		read: newLimit(), write: newLimit(),
	}
	if c.raw, err = c.UnixConn.SyscallConn(); err != nil {
		return nil, err
	}
	c.close = sync.OnceValue(func() error {
		// A process that is being forked has a copy of every socket until it executes
		// its program: closing this one would not end the connection before that.
		_ = c.raw.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
		err := c.UnixConn.Close()
		close(c.closed)
		signal(c.peer.bytes)
		signal(c.peer.room)
		return err
	})
	return c, nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// rawConn implements the result of SyscallConn.
type rawConn struct{ *conn }

func (c *conn) SyscallConn() (syscall.RawConn, error) { return rawConn{c}, nil }

func (c rawConn) Control(f func(fd uintptr)) error { return c.raw.Control(f) }

// Read calls f whenever there may be something to read, until it returns true.
func (c rawConn) Read(f func(fd uintptr) (done bool)) error {
	return c.until(f, c.raw.Read, &c.conn.read, c.bytes, c.peer.room)
}

// Write calls f whenever there may be room, until it returns true.
func (c rawConn) Write(f func(fd uintptr) (done bool)) error {
	return c.until(f, c.raw.Write, &c.conn.write, c.room, c.peer.bytes)
}

// until has try call f until it returns true, waits for changed before each further
// attempt, and then tells the peer.
func (c *conn) until(f func(fd uintptr) bool, try func(func(fd uintptr) bool) error, l *limit, changed, told chan struct{}) error {
	for {
		over := l.over()
		select {
		case <-over:
			return os.ErrDeadlineExceeded
		default:
		}
		done := false
		if err := try(func(fd uintptr) bool { done = f(fd); return true }); err != nil {
			return err
		}
		if done {
			signal(told)
			return nil
		}
		select {
		case <-changed:
		case <-over:
		case <-c.closed:
		}
	}
}

func (c *conn) Read(p []byte) (n int, err error) {
	failed := rawConn{c}.Read(func(fd uintptr) bool {
		n, err = syscall.Read(int(fd), p)
		return err != syscall.EAGAIN && err != syscall.EINTR
	})
	switch {
	case failed != nil:
		return 0, failed
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

func (c *conn) Write(p []byte) (n int, err error) {
	for n < len(p) {
		written := 0
		failed := rawConn{c}.Write(func(fd uintptr) bool {
			written, err = syscall.Write(int(fd), p[n:])
			return err != syscall.EAGAIN && err != syscall.EINTR
		})
		switch {
		case failed != nil:
			return n, failed
		case err != nil:
			return n, os.NewSyscallError("write", err)
		}
		n += written
	}
	return n, nil
}

func (c *conn) Close() error         { return c.close() }
func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	c.read.set(t)
	c.write.set(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.read.set(t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.write.set(t)
	return nil
}

// A limit is a deadline. Its channel is closed while it is over.
type limit struct {
	mu    sync.Mutex
	timer *time.Timer
	ended chan struct{}
}

func newLimit() limit { return limit{ended: make(chan struct{})} }

func (l *limit) over() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// set replaces the deadline; the zero time is none. Whoever waits learns only of a
// deadline that has passed, which is what interrupts a read.
func (l *limit) set(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	select {
	case <-l.ended:
		l.ended = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return
	}
	ended := l.ended
	if d := time.Until(t); d > 0 {
		l.timer = time.AfterFunc(d, func() { l.end(ended) })
	} else {
		close(ended)
	}
}

// end closes the channel, unless the deadline was replaced meanwhile.
func (l *limit) end(ended chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-ended:
	default:
		close(ended)
	}
}
