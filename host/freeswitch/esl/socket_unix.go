//go:build unix

package esl

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// A socket reads a TCP or unix connection without holding a buffer while it waits:
// it takes a buffer for each attempt and returns it if there was nothing to read,
// with the same system calls as net.Conn.Read.
type socket struct {
	net.Conn
	raw     syscall.RawConn
	attempt func(fd uintptr) bool // bound once, so that reading allocates nothing
	buf     []byte
	n       int
	err     error
}

// patiently returns a patient source for nc, if it has a file descriptor.
func patiently(nc net.Conn) io.Reader {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nc
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nc
	}
	s := &socket{Conn: nc, raw: raw}
	s.attempt = s.try
	return s
}

func (s *socket) readLent() ([]byte, int, error) {
	err := s.raw.Read(s.attempt)
	buf, n := s.buf, s.n
	s.buf = nil
	switch {
	case err != nil: // closed, or past its deadline
	case s.err != nil:
		err = s.err
	case n == 0:
		err = io.EOF
	default:
		return buf, n, nil
	}
	if buf != nil {
		giveBack(buf)
	}
	return nil, 0, err
}

// try returns false if the socket had nothing, which makes RawConn.Read wait.
func (s *socket) try(fd uintptr) bool {
	buf := lend()
	for {
		n, err := syscall.Read(int(fd), buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if errors.Is(err, syscall.EAGAIN) {
			giveBack(buf)
			return false
		}
		s.buf, s.n, s.err = buf, n, err
		return true
	}
}
