package stdlib

import (
	"bytes"
	"math"
	"strconv"

	"github.com/eslua/eslua/host/script/vm/number"
)

// A spec is one conversion of string.format: %[flags][width][.precision]verb, as C's printf reads it.
type spec struct {
	minus, plus, space, sharp, zero bool

	width int
	prec  int // -1: none given
	verb  byte
}

// longest bounds a conversion of a number with two digits of width and precision: %.99f of the largest number has 409
// bytes.
const longest = 512

// pad appends sign and body, filled to the width with blanks before or after, or with zeros after the sign.
func (c *spec) pad(dst []byte, sign string, body []byte, zeros bool) []byte {
	fill := c.width - len(sign) - len(body)
	switch {
	case c.minus:
		dst = append(append(dst, sign...), body...)
		return repeat(dst, ' ', fill)
	case zeros && c.zero:
		return append(repeat(append(dst, sign...), '0', fill), body...)
	}
	return append(append(repeat(dst, ' ', fill), sign...), body...)
}

func repeat(dst []byte, c byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, c)
	}
	return dst
}

func (c *spec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case c.plus:
		return "+"
	case c.space:
		return " "
	}
	return ""
}

// signed does %d and %i.
func (c *spec) signed(dst []byte, n int64) []byte {
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	return c.integer(dst, c.sign(n < 0), u, 10)
}

// unsigned does %u, %o, %x and %X.
func (c *spec) unsigned(dst []byte, n uint64) []byte {
	base, prefix := 10, ""
	switch c.verb {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
		if c.sharp && n != 0 {
			prefix = "0" + string(c.verb)
		}
	}
	return c.integer(dst, prefix, n, base)
}

func (c *spec) integer(dst []byte, sign string, n uint64, base int) []byte {
	var space [128]byte
	digits := space[100:100]
	if n != 0 || c.prec != 0 {
		digits = strconv.AppendUint(digits, n, base)
	}
	if c.verb == 'X' {
		digits = bytes.ToUpper(digits)
	}
	body := repeat(space[:0], '0', c.prec-len(digits))
	if c.verb == 'o' && c.sharp && len(body) == 0 && (len(digits) == 0 || digits[0] != '0') {
		body = append(body, '0')
	}
	return c.pad(dst, sign, append(body, digits...), c.prec < 0)
}

// float does %e, %f, %g, %a and their capital forms.
func (c *spec) float(dst []byte, x float64) []byte {
	var space [longest]byte
	body := space[:0]
	sign := c.sign(math.Signbit(x))
	x = math.Abs(x)
	special := math.IsInf(x, 0) || math.IsNaN(x)
	switch {
	case special:
		body = number.AppendSpecial(body, x)
	case c.verb|0x20 == 'a':
		body = hexFloat(body, x, c.prec)
		sign, body = sign+"0x", body[2:]
	case c.verb|0x20 == 'g':
		body = c.general(body, x)
	default:
		prec := c.prec
		if prec < 0 {
			prec = 6
		}
		body = strconv.AppendFloat(body, x, c.verb|0x20, prec, 64)
		if c.sharp && prec == 0 {
			body = withPoint(body)
		}
	}
	if c.verb < 'a' {
		body = bytes.ToUpper(body)
		sign = string(bytes.ToUpper([]byte(sign)))
	}
	return c.pad(dst, sign, body, !special)
}

// general does %g. With "#" it keeps the zeros at the end, which Go does not.
func (c *spec) general(dst []byte, x float64) []byte {
	prec := c.prec
	switch {
	case prec < 0:
		prec = 6
	case prec == 0:
		prec = 1
	}
	if !c.sharp {
		return strconv.AppendFloat(dst, x, 'g', prec, 64)
	}
	sci := strconv.AppendFloat(dst, x, 'e', prec-1, 64)
	exp, _ := strconv.Atoi(string(sci[bytes.IndexByte(sci, 'e')+1:]))
	if exp >= -4 && exp < prec {
		sci = strconv.AppendFloat(dst, x, 'f', prec-1-exp, 64)
	}
	if bytes.IndexByte(sci, '.') < 0 {
		sci = withPoint(sci)
	}
	return sci
}

// withPoint adds a point after the digits of a number that has none.
func withPoint(b []byte) []byte {
	i := bytes.IndexByte(b, 'e')
	if i < 0 {
		return append(b, '.')
	}
	return append(b[:i], append([]byte{'.'}, b[i:]...)...)
}

// hexFloat does %a. C writes an exponent without leading zeros, Go with two digits.
func hexFloat(dst []byte, x float64, prec int) []byte {
	dst = strconv.AppendFloat(dst, x, 'x', prec, 64)
	if i := len(dst) - 2; dst[i] == '0' {
		dst = append(dst[:i], dst[i+1])
	}
	return dst
}
