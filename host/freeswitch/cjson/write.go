package cjson

import (
	"math"
	"strconv"
	"strings"
)

// AppendString appends s as a JSON string. s ends at its first NUL, as in C; a byte
// from the blank upwards stays as it is, except the quote and the backslash
// (print_string_ptr).
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	s, _, _ = strings.Cut(s, "\x00")
	dst = append(dst, '"')
	done := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[done:i]...)
		done = i + 1
		if short := strings.IndexByte("\"\\\b\f\n\r\t", c); short >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[short])
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[done:]...), '"')
}

// exact bounds the integers that a float64 holds without gaps.
const exact = 1 << 53

// AppendNumber appends f with 15 digits, or with 17 if 15 would be another number
// (print_number). Integers up to 2^53 are written in full, where cJSON may write
// 1e+15, which not every reader takes for an integer.
func AppendNumber(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f), math.IsInf(f, 0):
		return append(dst, "null"...)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0"...)
	case f == math.Trunc(f) && math.Abs(f) <= exact:
		return strconv.AppendInt(dst, int64(f), 10)
	}
	short := strconv.AppendFloat(dst, f, 'g', 15, 64)
	if again, err := strconv.ParseFloat(string(short[len(dst):]), 64); err == nil && again == f {
		return short
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}
