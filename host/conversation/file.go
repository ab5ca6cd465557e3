package conversation

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A file begins with a line that says what follows: "eslua-call FORM BYTES SHA256". These
// are gzip's, and in them is the header as JSON, and the items: each with its kind, its leg, the
// microseconds since the one before, and its text.
const (
	magic    = "eslua-call "
	form     = 2
	mostFile = 64 << 20 // bytes of a file, and of what it holds
	mostLegs = 10000
	mostTime = 10 * 365 * 24 * time.Hour
)

// A DamagedError says why a file is no recorded call that can be read.
type DamagedError struct{ Why string }

func (e *DamagedError) Error() string { return e.Why }

func damaged(format string, args ...any) error { return &DamagedError{fmt.Sprintf(format, args...)} }

// Encode returns the file of a conversation.
func (c *Conversation) Encode() (string, error) {
	header, err := json.Marshal(c.Header)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	text := func(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	_, _ = z.Write(text(nil, string(header))) // to memory
	before := time.Duration(0)
	for _, i := range c.Items {
		b := binary.AppendUvarint([]byte{i.Kind}, uint64(i.Leg))
		b = binary.AppendUvarint(b, uint64(max(0, i.At-before)/time.Microsecond))
		before += max(0, i.At-before).Truncate(time.Microsecond)
		_, _ = z.Write(text(b, i.Text))
	}
	_ = z.Close()
	return fmt.Sprintf("%s%d %d %x\n%s", magic, form, packed.Len(), sha256.Sum256(packed.Bytes()), packed.Bytes()), nil
}

// Read reads the file at path. What is wrong with it is a *DamagedError.
func Read(path string) (*Conversation, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostFile+1))
	if err != nil {
		return nil, err
	}
	return Decode(text)
}

// Decode reads the text of a file.
func Decode(file []byte) (*Conversation, error) {
	if len(file) > mostFile {
		return nil, damaged("it is no recorded call: it has more than %d MiB", mostFile>>20)
	}
	line, packed, _ := bytes.Cut(file, []byte("\n"))
	rest, ours := strings.CutPrefix(string(line[:min(len(line), 200)]), magic)
	if !ours {
		return nil, damaged("it is no recorded call: it does not begin with %q", strings.TrimSpace(magic))
	}
	var version, size int
	var sum string
	if n, err := fmt.Sscanf(rest, "%d", &version); n != 1 || err != nil {
		return nil, damaged("its first line is damaged: %.100q", rest)
	}
	if version != form {
		return nil, damaged("it has the form %d, and this eslua reads the form %d: another version of eslua has written it", version, form)
	}
	if n, err := fmt.Sscanf(rest, "%d %d %s", &version, &size, &sum); n != 3 || err != nil {
		return nil, damaged("its first line is damaged: %.100q", rest)
	}
	switch {
	case len(packed) < size:
		return nil, damaged("it is truncated: %d of its %d bytes are there", len(packed), size)
	case len(packed) > size:
		return nil, damaged("it is damaged: %d bytes follow its end", len(packed)-size)
	case fmt.Sprintf("%x", sha256.Sum256(packed)) != sum:
		return nil, damaged("it is damaged: its bytes have another checksum than its first line says")
	}
	return unpack(packed)
}

func unpack(packed []byte) (*Conversation, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, damaged("it is damaged: %v", err)
	}
	text, err := io.ReadAll(io.LimitReader(z, mostFile+1))
	switch {
	case err != nil:
		return nil, damaged("it is damaged: %v", err)
	case len(text) > mostFile:
		return nil, damaged("it holds more than %d MiB", mostFile>>20)
	}
	r := &reader{rest: text}
	c := &Conversation{}
	if err := json.Unmarshal([]byte(r.text()), &c.Header); err != nil && r.err == nil {
		return nil, damaged("its header is damaged: %v", err)
	}
	at := time.Duration(0)
	for len(r.rest) > 0 && r.err == nil {
		kind := r.byte()
		leg := int(r.uint())
		at += time.Duration(r.uint()) * time.Microsecond
		if leg > mostLegs || at > mostTime {
			return nil, damaged("it is damaged: an item has the leg %d and the time %v", leg, at)
		}
		c.Items = append(c.Items, Item{at, kind, leg, r.text()})
	}
	if r.err != nil {
		return nil, damaged("it is damaged: %v", r.err)
	}
	return c, nil
}

// A reader reads what is in a file.
type reader struct {
	rest []byte
	err  error
}

var errShort = errors.New("an item has no end")

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.err = errShort
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > 1<<50 {
		r.rest, r.err = nil, errShort
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.rest)) {
		r.rest, r.err = nil, errShort
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}
