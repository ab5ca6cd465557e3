//go:build unix

package esl

import (
	"io"
	"net"
	"os"
	"syscall"
)

// A socket reads a TCP or unix connection without holding a buffer while it waits:
// it takes a buffer for each attempt and returns it if there was nothing to read,
// with the same system calls as net.Conn.Read.
type socket struct {
	net.Conn
	raw     syscall.RawConn
	attempt func(fd uintptr) bool // try, bound once, so that reading allocates nothing
	wait    bool
	into    []byte // nil: lent for the attempt
	n       int
	err     error

	put     func(fd uintptr) bool // tryWrite
	out     []byte
	written int
	failed  error
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
	s.attempt, s.put = s.try, s.tryWrite
	return s
}

func (s *socket) read(buf []byte, wait bool) ([]byte, int, error) {
	s.into, s.wait, s.n, s.err = buf, wait, 0, nil
	err := s.raw.Read(s.attempt)
	into, n := s.into, s.n
	s.into = nil
	switch {
	case err != nil: // closed, or past its deadline
	case s.err != nil:
		err = s.err
	case n == 0:
		err = io.EOF
	default:
		return into, n, nil
	}
	if buf == nil && into != nil {
		putBuffer(into)
	}
	return nil, 0, err
}

// try returns false if the socket had nothing, which makes RawConn.Read wait.
func (s *socket) try(fd uintptr) bool {
	lent := s.into == nil
	if lent {
		s.into = getBuffer()
	}
	for {
		s.n, s.err = syscall.Read(int(fd), s.into)
		switch s.err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			if lent {
				putBuffer(s.into)
				s.into = nil
			}
			s.n, s.err = 0, errNothing
			return !s.wait
		}
		return true
	}
}

func (s *socket) writeSome(out []byte) (n int, err error) {
	s.out, s.written, s.failed = out, 0, nil
	err = s.raw.Write(s.put)
	s.out = nil
	switch {
	case err != nil:
		return 0, err
	case s.failed == syscall.EAGAIN || s.failed == syscall.EINTR:
		return 0, nil
	case s.failed != nil:
		return 0, os.NewSyscallError("write", s.failed)
	}
	return s.written, nil
}

func (s *socket) tryWrite(fd uintptr) bool {
	s.written, s.failed = syscall.Write(int(fd), s.out)
	return true
}
