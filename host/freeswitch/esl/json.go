package esl

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonBody is the key under which switch_event.c:switch_event_serialize_json_obj
// puts an event's body.
const jsonBody = "_body"

type jsonError struct {
	at     int
	reason string
}

// fromJSON converts a JSON event to the plain form, so that one lookup serves
// both. Order, case and repeated keys are kept; a list becomes ARRAY::. It is
// not encoding/json because FreeSWITCH writes bytes that are not UTF-8 (a caller's
// name in Latin-1), which must arrive unchanged.
func fromJSON(s string) (raw string, err *jsonError) {
	p := jsonParser{s: s}
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	body := ""
	if !p.token('{') {
		return "", p.fail("expected an object")
	}
	for first := true; !p.token('}'); first = false {
		if !first && !p.token(',') {
			return "", p.fail("expected , or }")
		}
		name, err := p.string()
		if err != nil {
			return "", err
		}
		if !p.token(':') {
			return "", p.fail("expected : after a name")
		}
		value, err := p.value()
		if err != nil {
			return "", err
		}
		if name == jsonBody {
			body = value
			continue
		}
		writeHeader(&b, name, value)
	}
	if p.space(); p.at < len(s) {
		return "", p.fail("expected nothing after the object")
	}
	b.WriteString("\n" + body)
	return b.String(), nil
}

// A jsonParser reads the part of JSON that events use: one object whose values
// are strings, or lists of strings.
type jsonParser struct {
	s  string
	at int
}

func (p *jsonParser) fail(reason string) *jsonError {
	return &jsonError{at: p.at, reason: reason}
}

func (p *jsonParser) space() {
	for p.at < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.at]) >= 0 {
		p.at++
	}
}

func (p *jsonParser) token(c byte) bool {
	p.space()
	if p.at < len(p.s) && p.s[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) value() (string, *jsonError) {
	if !p.token('[') {
		return p.scalar()
	}
	var b strings.Builder
	b.WriteString(arrayPrefix)
	for first := true; !p.token(']'); first = false {
		if !first {
			if !p.token(',') {
				return "", p.fail("expected , or ]")
			}
			b.WriteString(arraySeparator)
		}
		v, err := p.scalar()
		if err != nil {
			return "", err
		}
		b.WriteString(v)
	}
	return b.String(), nil
}

// scalar reads a string. Numbers, true, false and null, which FreeSWITCH's own
// events do not contain but modules may write, become their text.
func (p *jsonParser) scalar() (string, *jsonError) {
	p.space()
	if p.at < len(p.s) && p.s[p.at] == '"' {
		return p.string()
	}
	start := p.at
	for p.at < len(p.s) && isWord(p.s[p.at]) {
		p.at++
	}
	if p.at == start {
		return "", p.fail("expected a string or a list of strings")
	}
	return p.s[start:p.at], nil
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '+' || c == '.'
}

func (p *jsonParser) string() (string, *jsonError) {
	if !p.token('"') {
		return "", p.fail("expected a string")
	}
	start := p.at
	for p.at < len(p.s) {
		switch p.s[p.at] {
		case '"':
			p.at++
			return p.s[start : p.at-1], nil
		case '\\':
			return p.escaped(start)
		}
		p.at++
	}
	return "", p.fail("the string does not end")
}

// escaped continues with a string at its first backslash.
func (p *jsonParser) escaped(start int) (string, *jsonError) {
	var b strings.Builder
	b.WriteString(p.s[start:p.at])
	for p.at < len(p.s) {
		c := p.s[p.at]
		p.at++
		switch c {
		case '"':
			return b.String(), nil
		case '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail("the string does not end")
}

const (
	escapes   = `"\/bfnrt`
	escapedBy = "\"\\/\b\f\n\r\t"
)

func (p *jsonParser) escape(b *strings.Builder) *jsonError {
	if p.at >= len(p.s) {
		return p.fail("the string does not end")
	}
	c := p.s[p.at]
	p.at++
	if i := strings.IndexByte(escapes, c); i >= 0 {
		b.WriteByte(escapedBy[i])
		return nil
	}
	if c != 'u' {
		p.at--
		return p.fail("unknown escape")
	}
	r, ok := p.hex4()
	if !ok {
		return p.fail(`\u needs four hex digits`)
	}
	if utf16.IsSurrogate(r) {
		r = p.pair(r)
	}
	b.WriteRune(r)
	return nil
}

// pair reads the second half of a surrogate pair, if there is one.
func (p *jsonParser) pair(high rune) rune {
	at := p.at
	if strings.HasPrefix(p.s[p.at:], `\u`) {
		p.at += 2
		if low, ok := p.hex4(); ok {
			if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
				return r
			}
		}
	}
	p.at = at
	return utf8.RuneError
}

func (p *jsonParser) hex4() (rune, bool) {
	if len(p.s)-p.at < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.at:p.at+4], 16, 16)
	if err != nil {
		return 0, false
	}
	p.at += 4
	return rune(n), true
}
