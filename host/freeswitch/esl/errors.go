package esl

import (
	"fmt"
	"net"
	"strings"
)

// A MalformedError reports the byte at which the peer broke the framing. The bytes
// that follow cannot be trusted, so the connection ends.
type MalformedError struct {
	Offset int64  // bytes from the start of the connection
	Reason string // what was expected and what arrived
	Err    error  // io.ErrUnexpectedEOF when the peer closed inside a frame, else nil
}

func (e *MalformedError) Error() string {
	return fmt.Sprintf("event socket: malformed frame at byte %d: %s", e.Offset, e.Reason)
}

func (e *MalformedError) Unwrap() error { return e.Err }

// A FieldError refuses a command before it is sent: FreeSWITCH would read a field
// of it as another header or another command.
type FieldError struct {
	Command string // "execute", "api"
	Field   string // "application", "argument"
	Value   string
	Reason  string // the mistake and how to correct it
}

func (e *FieldError) Error() string {
	v := e.Value
	if len(v) > 80 {
		v = v[:80] + "..."
	}
	return fmt.Sprintf("event socket command %s: %s %q %s", e.Command, e.Field, v, e.Reason)
}

// A DisconnectError is the error of every waiter when a connection ends.
type DisconnectError struct {
	Peer   net.Addr
	Notice string // the text of FreeSWITCH's disconnect-notice or rude-rejection, if any
	Err    error  // io.EOF, *MalformedError, ErrQueueFull, net.ErrClosed after Close, or the network's
}

func (e *DisconnectError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "event socket to %s ended: %v", nameOfPeer(e.Peer), e.Err)
	if e.Notice != "" {
		fmt.Fprintf(&b, " (FreeSWITCH said %q)", e.Notice)
	}
	return b.String()
}

func (e *DisconnectError) Unwrap() error { return e.Err }

// A ReplyError is a reply or an API result that begins with -ERR or -USAGE.
type ReplyError struct {
	Text string // the whole text, without the line end
}

func (e *ReplyError) Error() string { return "FreeSWITCH answered " + e.Text }
