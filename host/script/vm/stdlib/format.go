package stdlib

import (
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// stringFormat implements lstrlib.c:str_format. As in 5.2, %s takes any value, and there is %a.
func stringFormat(L *lua.LState) int {
	f := argString(L, 1)
	var space [128]byte
	out := text{L: L, g: guard.Of(L), buf: space[:0]}
	defer out.drop()
	top, arg := L.GetTop(), 1
	for {
		i := strings.IndexByte(f, '%')
		if i < 0 {
			out.add(f)
			break
		}
		out.add(f[:i])
		if f = f[i+1:]; strings.HasPrefix(f, "%") {
			out.addByte('%')
			f = f[1:]
			continue
		}
		if arg++; arg > top {
			argError(L, arg, "no value")
		}
		out.g.ChargeCPU(L, 4)
		var c spec
		f = c.read(L, f)
		out.keep()
		out.convert(&c, arg)
	}
	L.Push(out.value())
	return 1
}

// flags lists printf's.
const flags = "-+ #0"

// read reads the conversion that f begins with, after its "%", and returns the rest of f.
func (c *spec) read(L *lua.LState, f string) string {
	i := 0
	for ; i < len(f) && strings.IndexByte(flags, f[i]) >= 0; i++ {
		switch f[i] {
		case '-':
			c.minus = true
		case '+':
			c.plus = true
		case ' ':
			c.space = true
		case '#':
			c.sharp = true
		case '0':
			c.zero = true
		}
	}
	if i > len(flags) {
		fail(L, "invalid format (repeated flags)")
	}
	c.width, i = twoDigits(f, i)
	c.prec = -1
	if i < len(f) && f[i] == '.' {
		c.prec, i = twoDigits(f, i+1)
	}
	if i == len(f) {
		fail(L, "invalid option '%%' to 'format'")
	}
	if f[i] >= '0' && f[i] <= '9' {
		fail(L, "invalid format (width or precision too long)")
	}
	c.verb = f[i]
	return f[i+1:]
}

func twoDigits(f string, i int) (n, next int) {
	for end := i + 2; i < end && i < len(f) && f[i] >= '0' && f[i] <= '9'; i++ {
		n = n*10 + int(f[i]-'0')
	}
	return n, i
}

// convert adds argument arg in the form that c says.
func (t *text) convert(c *spec, arg int) {
	switch c.verb {
	case 's':
		s := tostring(t.L, guard.Arg(t.L, arg), "'__tostring' must return a string")
		if c.prec >= 0 && c.prec < len(s) {
			s = s[:c.prec]
		}
		t.padded(c, s)
	case 'q':
		t.quoted(argString(t.L, arg))
	case 'c':
		t.padded(c, string([]byte{byte(argInt(t.L, arg))}))
	case 'd', 'i':
		x := argNumber(t.L, arg)
		t.grow(longest)
		t.buf = c.signed(t.buf, toInt64(x))
	case 'o', 'u', 'x', 'X':
		x := argNumber(t.L, arg)
		t.grow(longest)
		t.buf = c.unsigned(t.buf, toUint64(x))
	case 'e', 'E', 'f', 'g', 'G', 'a', 'A':
		x := argNumber(t.L, arg)
		t.grow(longest)
		t.g.ChargeCPU(t.L, 4+max(c.prec, 0)/2) // printing all digits of a small number is long arithmetic
		t.buf = c.float(t.buf, x)
	default:
		fail(t.L, "invalid option '%%%s' to 'format'", strings.TrimRight(string([]byte{c.verb}), "\x00"))
	}
}

func (t *text) padded(c *spec, s string) {
	fill := c.width - len(s)
	t.grow(len(s) + max(fill, 0))
	if !c.minus {
		t.buf = repeat(t.buf, ' ', fill)
	}
	t.buf = append(t.buf, s...)
	if c.minus {
		t.buf = repeat(t.buf, ' ', fill)
	}
}

// quoted adds s as a Lua literal.
func (t *text) quoted(s string) {
	t.grow(len(s) + 2)
	t.g.ChargeCPU(t.L, len(s)/8)
	t.addByte('"')
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', '\\', '\n':
			t.addByte('\\')
			t.addByte(s[i])
		case '\r':
			t.add(`\r`)
		case 0:
			t.add(`\000`)
		default:
			t.addByte(s[i])
		}
	}
	t.addByte('"')
}

// toInt64 converts x as C's (long)x on amd64: what does not fit becomes the smallest number.
func toInt64(x float64) int64 {
	if x >= -1<<63 && x < 1<<63 {
		return int64(x)
	}
	return -1 << 63
}

// toUint64 converts x as C's (unsigned long)x on amd64: a negative number wraps.
func toUint64(x float64) uint64 {
	switch {
	case x >= 1<<64:
		return 0
	case x >= 1<<63:
		return uint64(x-1<<63) + 1<<63
	}
	return uint64(toInt64(x))
}
