package stdlib

import (
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// headerSize estimates the memory of a string besides its bytes: the value that points to it, and rounding.
const headerSize = 24

// bytesPerUnit counts the bytes that are copied or compared in the time of one VM
// instruction.
const bytesPerUnit = 128

// madePerUnit counts the bytes of a new string that are cleared, written and later collected in that time.
const madePerUnit = 32

// one has the strings of one byte, which loops over a string make often.
var one = func() (all [256]lua.LValue) {
	for c := range all {
		all[c] = lua.LString([]byte{byte(c)})
	}
	return all
}()

var empty lua.LValue = lua.LString("")

// part returns a copy of s and charges it. s itself would keep alive the string that it is a part of.
func part(L *lua.LState, g *guard.Guard, s string) lua.LValue {
	switch len(s) {
	case 0:
		return empty
	case 1:
		return one[s[0]]
	}
	charge(L, g, len(s))
	return guard.Text(s)
}

// charge charges a string of n bytes that is about to be made.
func charge(L *lua.LState, g *guard.Guard, n int) {
	g.ChargeMemory(L, n+headerSize)
	if n >= madePerUnit {
		g.ChargeCPU(L, n/madePerUnit)
	}
}

// text builds a string. Its capacity doubles, and is charged before it grows.
type text struct {
	L    *lua.LState
	g    *guard.Guard
	buf  []byte
	kept int // of its capacity; see keep
}

// keep has the census count the buffer. A function that calls back into Lua while it
// builds a string calls it before, and defers drop.
func (t *text) keep() {
	t.g.Keep(cap(t.buf) - t.kept)
	t.kept = cap(t.buf)
}

func (t *text) drop() { t.g.Keep(-t.kept) }

// grow makes space for n more bytes, which may then be appended to buf.
func (t *text) grow(n int) {
	if len(t.buf)+n <= cap(t.buf) {
		return
	}
	want := max(2*cap(t.buf), len(t.buf)+n, 64)
	charge(t.L, t.g, want)
	t.buf = append(make([]byte, 0, want), t.buf...)
}

func (t *text) add(s string) {
	t.grow(len(s))
	t.buf = append(t.buf, s...)
}

func (t *text) addByte(c byte) {
	t.grow(1)
	t.buf = append(t.buf, c)
}

// value returns the string, in memory of about its size.
func (t *text) value() lua.LValue {
	switch len(t.buf) {
	case 0:
		return empty
	case 1:
		return one[t.buf[0]]
	}
	if n := len(t.buf); n >= 1024 && cap(t.buf)-n < n/16 {
		return guard.Own(t.buf) // no function begins with so much room on its stack
	}
	charge(t.L, t.g, len(t.buf))
	return guard.Text(t.buf)
}

func (t *text) addNumber(x float64) {
	t.grow(32)
	t.buf = number.Append(t.buf, x)
}
