package trace

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A reader reads what a pen has written.
type reader struct {
	buf   []byte
	files []string
}

// peek returns the next tag, tagEnd at the end.
func (r *reader) peek() tag {
	if len(r.buf) == 0 {
		return tagEnd
	}
	return tag(r.buf[0])
}

func (r *reader) byte() byte {
	if len(r.buf) == 0 {
		return 0
	}
	b := r.buf[0]
	r.buf = r.buf[1:]
	return b
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.buf)
	if size <= 0 {
		r.buf = nil
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *reader) raw() string {
	n := min(r.uint(), uint64(len(r.buf)))
	s := string(r.buf[:n])
	r.buf = r.buf[n:]
	return s
}

// text reads a text that stands for itself.
func (r *reader) text() string {
	switch tag(r.byte()) {
	case tagText:
		return r.raw()
	case tagCut:
		return r.raw() + "..."
	}
	return masked
}

// value reads a value as the script would write it.
func (r *reader) value() string {
	switch t := tag(r.byte()); t {
	case tagFalse:
		return "false"
	case tagTrue:
		return "true"
	case tagInt:
		return strconv.FormatUint(r.uint(), 10)
	case tagFloat:
		if len(r.buf) < 8 {
			return "?"
		}
		n := math.Float64frombits(binary.LittleEndian.Uint64(r.buf))
		r.buf = r.buf[8:]
		return strconv.FormatFloat(n, 'g', 14, 64)
	case tagText:
		return quoted(r.raw())
	case tagCut:
		return quoted(r.raw()) + "..."
	case tagMasked:
		return masked
	case tagFunction:
		return "function"
	case tagThread:
		return "thread"
	case tagObject:
		return strings.ToLower(r.raw())
	case tagTable:
		return r.table()
	}
	return "nil"
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

func (r *reader) table() string {
	var list, fields []string
	for r.peek() != tagEnd && r.peek() != tagMore {
		key := r.value()
		if key == strconv.Itoa(len(list)+1) {
			list = append(list, r.value())
			continue
		}
		if unquoted, err := strconv.Unquote(key); err == nil && isWord(unquoted) {
			key = unquoted
		} else {
			key = "[" + key + "]"
		}
		fields = append(fields, key+" = "+r.value())
	}
	slices.Sort(fields)
	fields = append(list, fields...)
	if tag(r.byte()) == tagMore {
		fields = append(fields, "...")
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && !('a' <= c|0x20 && c|0x20 <= 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// values reads a list of values.
func (r *reader) values() (texts []string) {
	for r.peek() != tagEnd {
		if r.peek() == tagMore {
			texts = append(texts, "...")
			r.byte()
			continue
		}
		texts = append(texts, r.value())
	}
	r.byte()
	return texts
}
