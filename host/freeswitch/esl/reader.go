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
	Head int // bytes of headers, default 1 MiB
	Body int // bytes of body, default 16 MiB, which is FreeSWITCH's own limit
}

func (l Limits) withDefaults() Limits {
	if l.Head <= 0 {
		l.Head = 1 << 20
	}
	if l.Body <= 0 {
		l.Body = 16 << 20
	}
	return l
}

// A Reader cuts a byte stream from FreeSWITCH into frames. It buffers as much as
// one read returns, and holds no memory between frames.
type Reader struct {
	src      io.Reader
	limits   Limits
	idle     func() // called before every read that may wait; may be nil
	buf      []byte // nil while nothing is buffered
	pos, end int    // buf[pos:end] is buffered
	off      int64  // of buf[pos] in the stream
}

// NewReader reads frames from r.
func NewReader(r io.Reader, l Limits) *Reader {
	return &Reader{src: r, limits: l.withDefaults()}
}

// Next waits for the next whole frame. It returns io.EOF when the stream ends
// between frames, a *MalformedError for bytes that are not a frame, and the
// source's own error otherwise.
func (r *Reader) Next() (Frame, error) {
	h, err := r.head()
	if err != nil {
		return Frame{}, err
	}
	total := h.size + h.length
	for r.end-r.pos < total {
		if err := r.fill(); err != nil {
			return Frame{}, r.cut(err, fmt.Sprintf("in the body, after %d of %d bytes", r.end-r.pos-h.size, h.length))
		}
	}
	raw := string(r.buf[r.pos : r.pos+total])
	f := Frame{raw: raw, typ: raw[h.typeAt:h.typeEnd], body: h.size, off: r.off}
	r.skip(total)
	return f, nil
}

// A header is the state of reading a frame's head. Positions count from the start
// of the frame, because the buffer moves.
type header struct {
	size            int // so far; at the end including the blank line
	length          int // Content-Length
	typeAt, typeEnd int
}

func (r *Reader) head() (header, error) {
	h := header{length: -1}
	searched := 0 // bytes of the unfinished line that hold no newline
	for {
		buffered := r.buf[r.pos:r.end]
		i := bytes.IndexByte(buffered[h.size+searched:], '\n')
		if i < 0 {
			searched = len(buffered) - h.size
			if len(buffered) > r.limits.Head {
				return h, r.tooLong()
			}
			if err := r.fill(); err != nil {
				return h, r.cut(err, "in the headers")
			}
			continue
		}
		line := buffered[h.size : h.size+searched+i]
		start := h.size
		h.size += searched + i + 1
		searched = 0
		if h.size > r.limits.Head {
			return h, r.tooLong()
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) > 0 {
			if err := r.line(&h, start, line); err != nil {
				return h, err
			}
			continue
		}
		if start == 0 { // blank lines before a frame
			r.skip(h.size)
			h.size = 0
			continue
		}
		return h, r.check(&h)
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
		if n > r.limits.Body {
			return r.malformed(start, fmt.Sprintf("Content-Length %s is over the limit of %d bytes", excerpt(value), r.limits.Body))
		}
		if h.length >= 0 && h.length != n {
			return r.malformed(start, fmt.Sprintf("two different Content-Length: %d and %d", h.length, n))
		}
		h.length = n
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
	return nil
}

func (r *Reader) malformed(at int, reason string) error {
	return &MalformedError{Offset: r.off + int64(at), Reason: reason}
}

func (r *Reader) tooLong() error {
	return r.malformed(0, fmt.Sprintf("headers are longer than %d bytes", r.limits.Head))
}

// cut returns the error for a stream that ends inside a frame.
func (r *Reader) cut(err error, where string) error {
	if !errors.Is(err, io.EOF) || r.pos == r.end {
		return err
	}
	return &MalformedError{
		Offset: r.off + int64(r.end-r.pos),
		Reason: "the peer closed " + where,
		Err:    io.ErrUnexpectedEOF,
	}
}

func isHeader(line []byte, name string) bool {
	return len(line) > len(name) && line[len(name)] == ':' && strings.EqualFold(string(line[:len(name)]), name)
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
