package network

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Word returns LuaSocket's text for an error of a connection, which scripts compare.
func Word(err error) string {
	var slow *slowError
	var dns *net.DNSError
	switch {
	case errors.As(err, &slow), errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "closed"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &dns) && dns.IsTimeout:
		return "timeout"
	case errors.As(err, &dns):
		return "host or service not provided, or not known"
	}
	if errno := syscall.Errno(0); errors.As(err, &errno) && errno.Error() != "" {
		text := errno.Error() // C's begins with a capital
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return err.Error()
}
