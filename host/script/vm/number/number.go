// Package number owns how Lua 5.1 reads a number from text and writes one as text: PUC Lua's rules, which are C's
// strtod and printf("%.14g"), not Go's. It leaves to others what a number means: arguments, arithmetic, formats with
// flags and widths (package stdlib), coercion by operators (package guard).
package number

import (
	"math"
	"strconv"
)

// exact is the bound below which an integer has at most 14 digits, so that "%.14g" writes it out in full.
const exact = 1e14

// String writes x as tostring does: "%.14g".
func String(x float64) string {
	if i := int64(x); float64(i) == x && x > -exact && x < exact && !(i == 0 && math.Signbit(x)) {
		return strconv.FormatInt(i, 10)
	}
	var room [32]byte
	return string(Append(room[:0], x))
}

// Append writes x as tostring does behind what dst holds. It never needs more than 24 bytes.
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

// AppendSpecial writes an infinity or a NaN as glibc does: a set sign bit shows, also on a NaN (0/0 is "-nan" on amd64).
func AppendSpecial(dst []byte, x float64) []byte {
	if math.Signbit(x) {
		dst = append(dst, '-')
	}
	if math.IsNaN(x) {
		return append(dst, "nan"...)
	}
	return append(dst, "inf"...)
}
