package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Limits of mod_event_socket.c:read_packet.
const (
	MaxHead = 10 << 20 // bytes of a command's head; beyond, it is parsed as if complete
	MaxBody = 16 << 20 // MAX_CONTENT_LENGTH; beyond, the connection is dropped
)

// A Command holds what the application sent: the first line, then
// headers (not decoded), then a body if there was a Content-Length.
type Command struct {
	Line    string
	Headers []Header
	Body    string
}

// Get returns the first value of a header; its name is compared without case.
func (c *Command) Get(name string) string {
	for i := range c.Headers {
		if strings.EqualFold(c.Headers[i].Name, name) {
			return c.Headers[i].Value
		}
	}
	return ""
}

// ErrLength says that a command's Content-Length cannot be taken.
var ErrLength = errors.New("content-length out of range")

// Reader reads commands off a connection.
type Reader struct {
	br *bufio.Reader
	// Begun, if set, is called when the first byte of a command was read: from
	// then on mod_event_socket delivers no events until the command is done.
	Begun func()
}

// NewReader reads commands from r.
func NewReader(r io.Reader) *Reader { return &Reader{br: bufio.NewReaderSize(r, 1024)} }

// Read returns the next command; blank lines before it are skipped.
func (r *Reader) Read() (Command, error) {
	var c Command
	head, err := r.head()
	if err != nil {
		return c, err
	}
	lines := strings.FieldsFunc(head, func(b rune) bool { return b == '\n' || b == '\r' })
	length := 0
	for i, line := range lines {
		if i == 0 {
			c.Line = line
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue // read_packet drops a line without a colon
		}
		value = strings.TrimLeft(value, " ")
		c.Headers = append(c.Headers, Header{name, value})
		if strings.EqualFold(name, "content-length") {
			if length, err = contentLength(value); err != nil {
				return c, err
			}
		}
	}
	if length > 0 {
		body := make([]byte, length)
		if _, err := io.ReadFull(r.br, body); err != nil {
			return c, err
		}
		// FreeSWITCH treats the body as a C string.
		c.Body, _, _ = strings.Cut(string(body), "\x00")
	}
	return c, nil
}

// head reads up to the blank line.
func (r *Reader) head() (string, error) {
	var head []byte
	for {
		line, err := r.br.ReadSlice('\n')
		if len(head) == 0 && len(line) > 0 && r.Begun != nil && line[0] != '\n' && line[0] != '\r' {
			r.Begun()
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
		blank := len(line) > 0 && (line[0] == '\n' || line[0] == '\r') && (len(head) == 0 || head[len(head)-1] == '\n')
		if blank {
			if len(head) == 0 {
				continue
			}
			return string(head), nil
		}
		head = append(head, line...)
		if len(head) >= MaxHead {
			return string(head), nil
		}
	}
}

// contentLength parses a number as atoi does, with the range check of read_packet.
func contentLength(s string) (int, error) {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && s[end] == '-') {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	if end == 0 {
		n, err = 0, nil
	}
	if err != nil || n < 0 || n > MaxBody {
		return 0, fmt.Errorf("%w: %q", ErrLength, s)
	}
	return n, nil
}
