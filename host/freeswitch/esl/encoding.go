package esl

import "strings"

// unset is the empty value in the plain form (switch_event.c:switch_event_serialize).
const unset = "_undef_"

const (
	arrayPrefix    = "ARRAY::"
	arraySeparator = "|:"
)

// mustEncode is SWITCH_URL_UNSAFE of switch_utils.h; bytes below 0x20 and from
// 0x7f on are encoded as well.
const mustEncode = " \"#%&+:;<=>?@[\\]^`{|}"

const upperHex = "0123456789ABCDEF"

// Encode returns a value as events hold it.
func Encode(s string) string {
	var b strings.Builder
	encode(&b, s)
	return b.String()
}

// Decode undoes Encode. A % that introduces no code stays, and + is a plus.
func Decode(s string) string { return decode(s) }

// encode writes s as switch_utils.c:switch_url_encode_opt does, except that it
// encodes every %. FreeSWITCH does not encode a % before two upper-case hex digits,
// which makes its own form ambiguous.
func encode(b *strings.Builder, s string) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x20 || c >= 0x7f || strings.IndexByte(mustEncode, c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
			continue
		}
		b.WriteByte(c)
	}
}

// decode undoes encode; it allocates only when something is encoded. A % that
// introduces no code stays, and + is a plus.
func decode(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		b.WriteString(s[:i])
		s = s[i:]
		if len(s) >= 3 && isHex(s[1]) && isHex(s[2]) {
			b.WriteByte(unhex(s[1])<<4 | unhex(s[2]))
			s = s[3:]
		} else {
			b.WriteByte('%')
			s = s[1:]
		}
		if i = strings.IndexByte(s, '%'); i < 0 {
			b.WriteString(s)
			return b.String()
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}
