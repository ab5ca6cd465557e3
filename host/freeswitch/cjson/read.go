// Package cjson reads and writes JSON text as cJSON 1.7.12 does, which FreeSWITCH
// carries in src/cJSON.c: it takes texts that encoding/json refuses, and keeps bytes
// that are not UTF-8.
package cjson

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxDepth limits the nesting of arrays and objects (CJSON_NESTING_LIMIT).
const MaxDepth = 1000

// A Kind is the type of a value.
type Kind byte

// The kinds of values.
const (
	Null Kind = iota
	False
	True
	Number
	String
	Array
	Object
)

// A Value is a value without the elements of an array or object.
type Value struct {
	Kind   Kind
	Number float64
	Text   string // of a string
}

// A Reader reads a text value by value.
type Reader struct {
	text  string
	at    int
	depth int
	first bool // an array or object has just begun
}

// NewReader returns a reader of text, which ends at its first NUL as in C.
func NewReader(text string) *Reader {
	text, _, _ = strings.Cut(text, "\x00")
	r := &Reader{text: text}
	const bom = "\xEF\xBB\xBF"
	if len(text) > len(bom) && strings.HasPrefix(text, bom) {
		r.at = len(bom)
	}
	return r
}

// Value reads the next value, of an array or object only its beginning: then call
// Next until it returns false. What follows the outermost value is ignored, as
// cJSON_Parse does.
func (r *Reader) Value() (Value, error) {
	r.skipBlanks()
	switch rest := r.text[r.at:]; {
	case strings.HasPrefix(rest, "null"):
		r.at += len("null")
		return Value{}, nil
	case strings.HasPrefix(rest, "false"):
		r.at += len("false")
		return Value{Kind: False}, nil
	case strings.HasPrefix(rest, "true"):
		r.at += len("true")
		return Value{Kind: True}, nil
	case rest == "":
	case rest[0] == '"':
		text, err := r.string()
		return Value{Kind: String, Text: text}, err
	case rest[0] == '-' || isDigit(rest[0]):
		return r.number()
	case rest[0] == '[':
		return Value{Kind: Array}, r.open()
	case rest[0] == '{':
		return Value{Kind: Object}, r.open()
	}
	return Value{}, r.expected("a value")
}

// Next reports whether another element of an array or object follows, and reads its
// name in an object. Its value is read by Value.
func (r *Reader) Next(of Kind) (name string, more bool, err error) {
	first := r.first
	r.first = false
	end := byte(']')
	if of == Object {
		end = '}'
	}
	r.skipBlanks()
	switch {
	case r.sees(end):
		r.at++
		r.depth--
		return "", false, nil
	case first:
	case r.sees(','):
		r.at++
	default:
		return "", false, r.expected("a comma or " + string(end))
	}
	if of == Array {
		return "", true, nil
	}
	r.skipBlanks()
	if !r.sees('"') {
		return "", false, r.expected("a name in quotes")
	}
	if name, err = r.string(); err != nil {
		return "", false, err
	}
	r.skipBlanks()
	if !r.sees(':') {
		return "", false, r.expected("a colon")
	}
	r.at++
	return name, true, nil
}

// Skip reads the elements of an array or object of which Value has read the beginning;
// of another value there are none.
func (r *Reader) Skip(of Kind) error {
	if of != Array && of != Object {
		return nil
	}
	for {
		_, more, err := r.Next(of)
		if err != nil || !more {
			return err
		}
		v, err := r.Value()
		if err != nil {
			return err
		}
		if err := r.Skip(v.Kind); err != nil {
			return err
		}
	}
}

// Offset returns how many bytes of the text have been read.
func (r *Reader) Offset() int { return r.at }

func (r *Reader) open() error {
	if r.depth >= MaxDepth {
		return fmt.Errorf("byte %d: arrays and objects nest more than %d deep", r.at+1, MaxDepth)
	}
	r.depth++
	r.at++
	r.first = true
	return nil
}

func (r *Reader) sees(c byte) bool { return r.at < len(r.text) && r.text[r.at] == c }

// skipBlanks skips every control character too (buffer_skip_whitespace).
func (r *Reader) skipBlanks() {
	for r.at < len(r.text) && r.text[r.at] <= ' ' {
		r.at++
	}
}

func (r *Reader) expected(what string) error {
	if r.at >= len(r.text) {
		return fmt.Errorf("byte %d: expected %s, but the text ends", r.at+1, what)
	}
	return fmt.Errorf("byte %d: expected %s, not %.20q", r.at+1, what, r.text[r.at:])
}

// number reads what strtod takes of the next 63 characters that a number can hold
// (parse_number): 0049, 1. and -.5 too.
func (r *Reader) number() (Value, error) {
	s := r.text[r.at:min(r.at+63, len(r.text))]
	n := 0
	if s[0] == '-' {
		n++
	}
	start := n
	n += countDigits(s[n:])
	figures := n - start
	if n < len(s) && s[n] == '.' {
		fraction := countDigits(s[n+1:])
		if figures += fraction; figures > 0 {
			n += 1 + fraction
		}
	}
	if figures == 0 {
		return Value{}, r.expected("a number")
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		exponent := n + 1
		if exponent < len(s) && (s[exponent] == '+' || s[exponent] == '-') {
			exponent++
		}
		if more := countDigits(s[exponent:]); more > 0 {
			n = exponent + more
		}
	}
	f, _ := strconv.ParseFloat(s[:n], 64) // beyond the largest number it is infinite, as in C
	r.at += n
	return Value{Kind: Number, Number: f}, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func countDigits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// string reads a string, which may hold any byte, and cuts it at \u0000 (parse_string).
func (r *Reader) string() (string, error) {
	begin := r.at + 1
	end, escaped := begin, false
	for end < len(r.text) && r.text[end] != '"' {
		if r.text[end] == '\\' {
			escaped = true
			end++
		}
		end++
	}
	if end >= len(r.text) {
		return "", fmt.Errorf("byte %d: the string does not end", r.at+1)
	}
	raw := r.text[begin:end]
	r.at = end + 1
	if !escaped {
		return strings.Clone(raw), nil // not the whole text
	}
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			b.WriteByte(raw[i])
			i++
			continue
		}
		n := 2
		switch c := r.text[begin+i+1]; c { // a wrong \u can end amid \\; then this is the quote
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case '"', '\\', '/':
			b.WriteByte(c)
		case 'u':
			var code rune
			if code, n = utf16(raw[i:]); n == 0 {
				return "", fmt.Errorf("byte %d: %.12q is no character", begin+i+1, raw[i:])
			}
			b.WriteRune(code)
		default:
			return "", fmt.Errorf("byte %d: unknown escape %.2q", begin+i+1, raw[i:])
		}
		i += n
	}
	text, _, _ := strings.Cut(b.String(), "\x00")
	return text, nil
}

// utf16 reads one escaped unit of UTF-16, or a pair for one character, and returns
// its length, 0 if there is none (utf16_literal_to_utf8).
func utf16(s string) (code rune, n int) {
	if len(s) < 6 {
		return 0, 0
	}
	code = hex4(s[2:])
	switch {
	case code >= 0xDC00 && code <= 0xDFFF:
		return 0, 0
	case code < 0xD800 || code > 0xDBFF:
		return code, 6
	case len(s) < 12 || s[6] != '\\' || s[7] != 'u':
		return 0, 0
	}
	low := hex4(s[8:])
	if low < 0xDC00 || low > 0xDFFF {
		return 0, 0
	}
	return 0x10000 + (code&0x3FF)<<10 + low&0x3FF, 12
}

// hex4 reads four hexadecimal digits. Anything else is 0 (parse_hex4).
func hex4(s string) rune {
	n, err := strconv.ParseUint(s[:4], 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}
