// Package number reads numbers from text and writes them as text by PUC Lua's rules, which are C's strtod and
// printf("%.14g"), not Go's.
package number

import (
	"math"
	"strconv"
)

// exact bounds the integers of at most 14 digits, which "%.14g" writes in full.
const exact = 1e14

// String writes x as tostring does: "%.14g".
func String(x float64) string {
	if i := int64(x); float64(i) == x && x > -exact && x < exact && !(i == 0 && math.Signbit(x)) {
		return strconv.FormatInt(i, 10)
	}
	var room [32]byte
	return string(Append(room[:0], x))
}

// Append appends x as tostring writes it, at most 24 bytes.
func Append(dst []byte, x float64) []byte {
	if i := int64(x); float64(i) == x && x > -exact && x < exact && !(i == 0 && math.Signbit(x)) {
		return strconv.AppendInt(dst, i, 10)
	}
	switch {
	case math.IsNaN(x), math.IsInf(x, 0):
		return AppendSpecial(dst, x)
	}
	return strconv.AppendFloat(dst, x, 'g', 14, 64)
}

// AppendSpecial appends an infinity or a NaN as glibc writes it, with the sign also of a NaN (0/0 is "-nan" on amd64).
func AppendSpecial(dst []byte, x float64) []byte {
	if math.Signbit(x) {
		dst = append(dst, '-')
	}
	if math.IsNaN(x) {
		return append(dst, "nan"...)
	}
	return append(dst, "inf"...)
}
