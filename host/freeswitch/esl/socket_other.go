//go:build !unix

package esl

import (
	"io"
	"net"
)

// patiently waits as usual on this system: a connection that waits holds its buffer.
func patiently(nc net.Conn) io.Reader { return nc }
