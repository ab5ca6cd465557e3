package esl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits bound the size of one frame. A zero field has the default.
type Limits struct {
	Head   int // bytes of headers, default 1 MiB
	Body   int // bytes of body, default 1 MiB
	Output int // bytes of a body that answers our command, default 16 MiB, FreeSWITCH's own limit
}

func (l Limits) withDefaults() Limits {
	if l.Head <= 0 {
		l.Head = 1 << 20
	}
	if l.Body <= 0 {
		l.Body = 1 << 20
	}
	if l.Output <= 0 {
		l.Output = 16 << 20
	}
	return l
}

// Until FreeSWITCH has answered connect or accepted a login it has no reason to send
// much. The answer to connect may be longer: the headers of a caller's INVITE, a UDP
// packet of at most 64 KiB, are variables in it, and the encoding can triple them.
const (
	maxGreeting = 64 << 10 // bytes of everything else together
	maxAnswer   = 4 * maxGreeting
)

// A Reader cuts a byte stream from FreeSWITCH into frames. It buffers as much as
// one read returns, and holds no memory between frames.
type Reader struct {
	src      io.Reader
	limits   Limits
	owed     func(typ string) bool // whether such a frame may hold the output of a command of ours; nil: no
	greeting bool                  // the peer may send little yet
	buf      []byte                // nil while nothing is buffered
	pos, end int                   // buf[pos:end] is buffered
	off      int64                 // of buf[pos] in the stream
	head     header                // of the frame at pos, as far as it has come
}

// NewReader reads frames from r.
func NewReader(r io.Reader, l Limits) *Reader {
	return &Reader{src: r, limits: l.withDefaults(), head: noHeader}
}

// Next waits for the next whole frame. It returns io.EOF when the stream ends
// between frames, a *MalformedError for bytes that are not a frame, and the
// source's own error otherwise.
func (r *Reader) Next() (Frame, error) {
	for {
		f, ok, err := r.buffered()
		if ok || err != nil {
			return f, err
		}
		if _, err := r.fill(true); err != nil {
			return Frame{}, err
		}
	}
}

// buffered returns the next frame if all of it has come.
func (r *Reader) buffered() (f Frame, ok bool, err error) {
	h := &r.head
	if !h.whole {
		if whole, err := r.readHead(); !whole || err != nil {
			return Frame{}, false, err
		}
	}
	total := h.size + h.length
	if r.end-r.pos < total {
		return Frame{}, false, nil
	}
	raw := string(r.buf[r.pos : r.pos+total])
	f = Frame{raw: raw, typ: raw[h.typeAt:h.typeEnd], body: h.size, off: r.off}
	r.head = noHeader
	r.skip(total)
	return f, true, nil
}

// A header is the state of reading a frame's head. Positions count from the start
// of the frame, because the buffer moves.
type header struct {
	size            int  // so far; at the end including the blank line
	searched        int  // bytes after that which hold no newline
	whole           bool // it has ended
	length          int  // Content-Length
	lengthAt        int  // its line
	typeAt, typeEnd int
}

var noHeader = header{length: -1}

// readHead reads on in the head of the frame at pos, and reports whether it is whole.
func (r *Reader) readHead() (whole bool, err error) {
	h := &r.head
	for {
		buffered := r.buf[r.pos:r.end]
		i := bytes.IndexByte(buffered[h.size+h.searched:], '\n')
		if i < 0 {
			h.searched = len(buffered) - h.size
			if most := r.mostHead(); len(buffered) > most {
				return false, r.tooLong(most)
			}
			return false, nil
		}
		line := buffered[h.size : h.size+h.searched+i]
		start := h.size
		h.size += h.searched + i + 1
		h.searched = 0
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) > 0 {
			if err := r.line(h, start, line); err != nil {
				return false, err
			}
			continue
		}
		if start == 0 { // blank lines before a frame
			r.skip(h.size)
			h.size = 0
			continue
		}
		if most := r.mostHead(); h.size > most {
			return false, r.tooLong(most)
		}
		h.whole = true
		return true, r.check(h)
	}
}

// line records the two headers that frame a packet.
func (r *Reader) line(h *header, start int, line []byte) error {
	if start == 0 && bytes.IndexByte(line, ':') < 0 {
		return r.malformed(0, fmt.Sprintf("expected a header such as \"Content-Type: command/reply\", got %s", excerpt(line)))
	}
	switch {
	case h.typeEnd == 0 && isHeader(line, "Content-Type"):
		value := bytes.TrimSpace(line[len("Content-Type:"):])
		if len(value) > 0 {
			h.typeAt = start + bytes.Index(line, value)
			h.typeEnd = h.typeAt + len(value)
		}
	case isHeader(line, "Content-Length"):
		value := bytes.TrimSpace(line[len("Content-Length:"):])
		n, ok := decimal(value)
		if !ok {
			return r.malformed(start, fmt.Sprintf("Content-Length is not a number of bytes: %s", excerpt(value)))
		}
		if h.length >= 0 && h.length != n {
			return r.malformed(start, fmt.Sprintf("two different Content-Length: %d and %d", h.length, n))
		}
		h.length, h.lengthAt = n, start
	}
	return nil
}

func (r *Reader) check(h *header) error {
	head := r.buf[r.pos : r.pos+h.size]
	if i := bytes.IndexByte(head, 0); i >= 0 {
		return r.malformed(i, "NUL in the headers")
	}
	if h.typeEnd == 0 {
		return r.malformed(0, fmt.Sprintf("headers without a Content-Type: %s", excerpt(head)))
	}
	h.length = max(h.length, 0)
	if most := r.mostBody(h); h.length > most {
		line, _, _ := bytes.Cut(head[h.lengthAt:], []byte("\n"))
		return r.malformed(h.lengthAt, fmt.Sprintf("Content-Length %s is over the limit of %d bytes", excerpt(bytes.TrimSpace(line[len("Content-Length:"):])), most))
	}
	return nil
}

// mostHead returns how long the headers of the frame at pos may be.
func (r *Reader) mostHead() int {
	switch {
	case !r.greeting:
		return r.limits.Head
	case isAnswer(r.buf[r.pos:r.end]):
		return maxAnswer
	}
	return r.greetingLeft()
}

// mostBody returns how long the body of the frame at pos may be.
func (r *Reader) mostBody(h *header) int {
	switch {
	case r.greeting:
		return max(r.greetingLeft()-h.size, 0)
	case h.length > r.limits.Body && r.owed != nil && r.owed(string(r.buf[r.pos+h.typeAt:r.pos+h.typeEnd])):
		return r.limits.Output
	}
	return r.limits.Body
}

func (r *Reader) greetingLeft() int { return max(int(maxGreeting-r.off), 0) }

// isAnswer reports whether a frame begins as the answer to connect does: it is the
// only one whose own headers are an event's (mod_event_socket.c:parse_command).
func isAnswer(frame []byte) bool { return isHeader(frame, "Event-Name") }

func (r *Reader) malformed(at int, reason string) error {
	return &MalformedError{Offset: r.off + int64(at), Reason: reason}
}

func (r *Reader) tooLong(most int) error {
	if r.greeting && most < maxAnswer {
		return r.malformed(0, fmt.Sprintf("more than %d bytes before `connect` or the login was answered", maxGreeting))
	}
	return r.malformed(0, fmt.Sprintf("headers are longer than %d bytes", most))
}

// cut returns the error for a stream that ends inside a frame.
func (r *Reader) cut(err error) error {
	held := r.end - r.pos
	if !errors.Is(err, io.EOF) || held == 0 {
		return err
	}
	where := "in the headers"
	if r.head.whole {
		where = fmt.Sprintf("in the body, after %d of %d bytes", held-r.head.size, r.head.length)
	}
	return &MalformedError{
		Offset: r.off + int64(held),
		Reason: "the peer closed " + where,
		Err:    io.ErrUnexpectedEOF,
	}
}

func isHeader(line []byte, name string) bool {
	n := len(name)
	return len(line) > n && line[n] == ':' && line[0]|0x20 == name[0]|0x20 && (string(line[:n]) == name || strings.EqualFold(string(line[:n]), name))
}

// decimal reads digits only, because FreeSWITCH writes nothing else. For more than
// 15 digits it returns a number that exceeds every limit.
func decimal(s []byte) (int, bool) {
	if len(s) == 0 {
		return 0, false
	}
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n < 1e15 {
			n = n*10 + int(c-'0')
		}
	}
	return n, true
}

func excerpt(b []byte) string {
	const most = 60
	if len(b) > most {
		return fmt.Sprintf("%q...", b[:most])
	}
	return fmt.Sprintf("%q", b)
}
