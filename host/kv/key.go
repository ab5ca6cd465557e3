package kv

import (
	"fmt"
	"strings"
)

// MostKey bounds a key.
const MostKey = 256

// CheckKey returns what is wrong with a key: any text is one that is not too long.
func CheckKey(key string) error {
	if key == "" {
		return fmt.Errorf("a key is empty")
	}
	return checkPrefix(key)
}

func checkPrefix(prefix string) error {
	if len(prefix) > MostKey {
		return fmt.Errorf("a key of %d bytes is too long; at most %d", len(prefix), MostKey)
	}
	return nil
}

const hex = "0123456789ABCDEF"

// encode returns a key as the end of a subject. A dot parts its tokens; an empty token is
// =, and a byte that a token cannot have is = and its two hexadecimal digits, so that no
// two keys become one.
func encode(key string) string {
	var b strings.Builder
	empty := true // the token
	for i := range len(key) {
		c := key[i]
		switch {
		case c == '.' && empty:
			b.WriteString("=.")
		case c == '.':
			b.WriteByte(c)
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '/':
			b.WriteByte(c)
		default:
			b.Write([]byte{'=', hex[c>>4], hex[c&15]})
		}
		empty = c == '.'
	}
	if empty {
		b.WriteByte('=')
	}
	return b.String()
}

// decode returns the key of a subject's end, and false for what encode does not make.
func decode(text string) (key string, ok bool) {
	var b strings.Builder
	for i, token := range strings.Split(text, ".") {
		if i > 0 {
			b.WriteByte('.')
		}
		for token != "" && token != "=" {
			if token[0] != '=' {
				b.WriteByte(token[0])
				token = token[1:]
				continue
			}
			if len(token) < 3 {
				return "", false
			}
			high, low := strings.IndexByte(hex, token[1]), strings.IndexByte(hex, token[2])
			if high < 0 || low < 0 {
				return "", false
			}
			b.WriteByte(byte(high<<4 | low))
			token = token[3:]
		}
	}
	return b.String(), true
}

// filter returns a pattern of subjects' ends that all keys with a prefix match, and few
// others: those that have its whole tokens.
func filter(prefix string) string {
	end := strings.LastIndexByte(prefix, '.')
	if end < 0 {
		return ">"
	}
	return encode(prefix[:end]) + ".>"
}
