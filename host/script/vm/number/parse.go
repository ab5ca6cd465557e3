package number

import (
	"math"
	"strconv"
	"strings"
)

// Parse reads s as PUC Lua does for tonumber and for arithmetic on strings (lobject.c:luaO_str2d, which is strtod):
// blanks around, a sign, decimal or hexadecimal with fraction and exponent, "inf" and "nan". Unlike Go, "010" is ten
// and "1_000" is not a number. Text after a NUL is ignored, as C does not see it.
func Parse(s string) (float64, bool) {
	s = clip(s)
	if n, ok := small(s); ok {
		return n, true
	}
	t, negative := sign(s)
	if len(t) > 1 && t[0] == '0' && t[1]|0x20 == 'x' {
		return parseHex(t[2:], negative)
	}
	if v, ok := word(t); ok {
		if negative {
			v = math.Copysign(v, -1)
		}
		return v, true
	}
	if !decimal(t) {
		return 0, false
	}
	v, _ := strconv.ParseFloat(t, 64) // the syntax is checked; out of range gives the infinity or zero that strtod gives
	if negative {
		v = -v
	}
	return v, true
}

// ParseBase reads s as an unsigned integer in base 2..36, as C's strtoul does: blanks around, a sign (a minus wraps
// around 2^64), "0x" before base 16, and the largest number when it is too long.
func ParseBase(s string, base int) (float64, bool) {
	t, negative := sign(clip(s))
	if base == 16 && len(t) > 2 && t[0] == '0' && t[1]|0x20 == 'x' && digit(t[2]) < 16 {
		t = t[2:]
	}
	if t == "" {
		return 0, false
	}
	var n uint64
	full := false
	for i := 0; i < len(t); i++ {
		d := digit(t[i])
		if d >= base {
			return 0, false
		}
		if n > (math.MaxUint64-uint64(d))/uint64(base) {
			full = true
		}
		n = n*uint64(base) + uint64(d)
	}
	switch {
	case full:
		n = math.MaxUint64
	case negative:
		n = -n
	}
	return float64(n), true
}

// small reads up to 15 digits, which most numeric strings are.
func small(s string) (float64, bool) {
	if s == "" || len(s) > 15 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return float64(n), true
}

// clip removes what strtod skips: everything after a NUL, and blanks around the rest.
func clip(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	for s != "" && blank(s[0]) {
		s = s[1:]
	}
	for s != "" && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func blank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func sign(s string) (rest string, negative bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func word(s string) (float64, bool) {
	switch {
	case strings.EqualFold(s, "inf"), strings.EqualFold(s, "infinity"):
		return math.Inf(1), true
	case strings.EqualFold(s, "nan"):
		return math.NaN(), true
	}
	return 0, false
}

// decimal reports whether s is digits with at most one point and an exponent, and nothing else.
func decimal(s string) bool {
	i, digits := mantissa(s, 10)
	if digits == 0 {
		return false
	}
	return i == len(s) || s[i]|0x20 == 'e' && exponent(s[i+1:])
}

// mantissa counts the bytes and the digits of a number's part before the exponent.
func mantissa(s string, base int) (n, digits int) {
	point := false
	for n < len(s) {
		switch c := s[n]; {
		case digit(c) < base:
			digits++
		case c == '.' && !point:
			point = true
		default:
			return n, digits
		}
		n++
	}
	return n, digits
}

func exponent(s string) bool {
	s, _ = sign(s)
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func parseHex(s string, negative bool) (float64, bool) {
	n, digits := mantissa(s, 16)
	if digits == 0 {
		return 0, false
	}
	text := "0x" + s
	switch {
	case n == len(s):
		text += "p0" // Go wants the exponent
	case s[n]|0x20 != 'p' || !exponent(s[n+1:]):
		return 0, false
	}
	v, _ := strconv.ParseFloat(text, 64)
	if negative {
		v = -v
	}
	return v, true
}

// digit returns c's value as a digit, or 99.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return int(c|0x20-'a') + 10
	}
	return 99
}
