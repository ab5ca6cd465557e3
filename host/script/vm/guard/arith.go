package guard

import (
	"math"
	"unsafe"

	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// blockLen numbers share one allocation; the census counts by such blocks. 32 float64
// fill a size class of Go's allocator, so that a block begins at a multiple of its
// size.
const blockLen = 32

// small has the small integers as Lua values. Each other number is an allocation.
var small = func() (s [256]lua.LValue) {
	for i := range s {
		s[i] = lua.LNumber(i)
	}
	return s
}()

// Integer returns n as a Lua value.
func Integer(n int) lua.LValue {
	if n >= 0 && n < len(small) {
		return small[n]
	}
	return lua.LNumber(n)
}

// numberType is the type word of an interface value that holds an LNumber.
var numberType = (*[2]unsafe.Pointer)(unsafe.Pointer(&small[0]))[0]

// box returns x as a Lua value; 32 of them share one allocation.
func (g *Guard) box(x lua.LNumber) (v lua.LValue) {
	if x >= 0 && x < lua.LNumber(len(small)) {
		if i := int(x); lua.LNumber(i) == x && (i != 0 || !math.Signbit(float64(x))) {
			return small[i]
		}
	}
	n := len(g.numbers)
	if n == cap(g.numbers) {
		g.numbers = make([]float64, 0, blockLen)
		n = 0
	}
	g.numbers = g.numbers[:n+1]
	g.numbers[n] = float64(x)
	*(*[2]unsafe.Pointer)(unsafe.Pointer(&v)) = [2]unsafe.Pointer{numberType, unsafe.Pointer(&g.numbers[n])}
	return v
}

func compute(op int, x, y lua.LNumber) lua.LNumber {
	switch op {
	case lua.OP_ADD:
		return x + y
	case lua.OP_SUB:
		return x - y
	case lua.OP_MUL:
		return x * y
	case lua.OP_DIV:
		return x / y
	case lua.OP_MOD:
		return modulo(x, y)
	}
	return lua.LNumber(math.Pow(float64(x), float64(y)))
}

// modulo returns x % y as luaconf.h:luai_nummod does.
func modulo(x, y lua.LNumber) lua.LNumber {
	if x >= 0 && y > 0 && x < 1<<53 && y < 1<<53 {
		if i, j := int64(x), int64(y); lua.LNumber(i) == x && lua.LNumber(j) == y {
			return lua.LNumber(i % j)
		}
	}
	return x - lua.LNumber(math.Floor(float64(x/y)))*y
}

var events = [...]string{"__add", "__sub", "__mul", "__div", "__mod", "__pow"}

// arith does arithmetic as lvm.c:Arith: numbers in strings come before
// metamethods.
func (g *Guard) arith(L *lua.LState, inst uint32, b, c lua.LValue) lua.LValue {
	op := opcode(inst)
	g.chargeRead(b)
	g.chargeRead(c)
	if x, ok := toNumber(b); ok {
		if y, ok := toNumber(c); ok {
			return g.box(compute(op, x, y))
		}
	}
	if fn := binary(L, b, c, events[op-lua.OP_ADD]); fn != nil {
		return call1(L, fn, b, c)
	}
	culprit := argB(inst)
	if _, ok := toNumber(b); ok {
		b, culprit = c, argC(inst)
	}
	typeError(L, "perform arithmetic on", b, int(culprit))
	return nil
}

// chargeRead charges reading v as a number, if it is a string.
func (g *Guard) chargeRead(v lua.LValue) {
	if s, ok := v.(lua.LString); ok {
		g.left -= int64(len(s) / bytesPerUnit)
	}
}

// bytesPerUnit counts the bytes of a number that are read in a unit of work.
const bytesPerUnit = 2

// ChargeParse charges reading s as a number. Call it before.
func (g *Guard) ChargeParse(L *lua.LState, s string) {
	if len(s) > 64 {
		g.ChargeCPU(L, len(s)/bytesPerUnit)
	}
}

func (g *Guard) negate(L *lua.LState, inst uint32, b lua.LValue) lua.LValue {
	g.chargeRead(b)
	if x, ok := toNumber(b); ok {
		return g.box(-x)
	}
	if fn := metamethod(L, b, "__unm"); fn != nil {
		return call1(L, fn, b, b)
	}
	typeError(L, "perform arithmetic on", b, argB(inst))
	return nil
}

func toNumber(v lua.LValue) (lua.LNumber, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return v, true
	case lua.LString:
		x, ok := number.Parse(string(v))
		return lua.LNumber(x), ok
	}
	return 0, false
}

// ToNumber returns the number that an argument is, or that PUC Lua reads in it,
// and charges the reading.
func ToNumber(L *lua.LState, v lua.LValue) (float64, bool) {
	if s, ok := v.(lua.LString); ok {
		Of(L).ChargeParse(L, string(s))
	}
	x, ok := toNumber(v)
	return float64(x), ok
}

// prepareFor makes numbers of a numeric loop's start, limit and step.
func (g *Guard) prepareFor(L *lua.LState, reg *registry, at int) {
	for i, what := range [3]string{"initial value", "limit", "step"} {
		if _, ok := reg.array[at+i].(lua.LNumber); ok {
			continue
		}
		g.chargeRead(reg.array[at+i])
		x, ok := toNumber(reg.array[at+i])
		if !ok {
			Raise(L, 1, "'for' "+what+" must be a number")
		}
		reg.array[at+i] = x
	}
}

// concat joins the registers first to last, from the right, as lvm.c:luaV_concat.
func (g *Guard) concat(L *lua.LState, first, last int) lua.LValue {
	reg := raw(L).reg
	right := reg.array[last]
	for at := last - 1; at >= first; {
		left := reg.array[at]
		if !textual(left) || !textual(right) {
			fn := binary(L, left, right, "__concat")
			if fn == nil {
				culprit := at - raw(L).currentFrame.LocalBase
				if textual(left) {
					left = right
					culprit++
				}
				typeError(L, "concatenate", left, culprit)
			}
			right = call1(L, fn, left, right)
			at--
			continue
		}
		from, size := at, textSize(left)+textSize(right)
		for from > first && textual(reg.array[from-1]) {
			from--
			size += textSize(reg.array[from])
		}
		g.ChargeMemory(L, size+32)
		g.left -= int64(size / 64)
		var room [128]byte
		text := room[:0]
		if size > len(room) {
			text = make([]byte, 0, size)
		}
		for _, v := range reg.array[from : at+1] {
			text = appendText(text, v)
		}
		if text = appendText(text, right); size > len(room) {
			right = Own(text)
		} else {
			right = Text(text)
		}
		at = from - 1
	}
	return right
}

func textual(v lua.LValue) bool {
	switch v.(type) {
	case lua.LString, lua.LNumber:
		return true
	}
	return false
}

// textSize returns at least the length of v as text.
func textSize(v lua.LValue) int {
	if s, ok := v.(lua.LString); ok {
		return len(s)
	}
	return 24
}

func appendText(text []byte, v lua.LValue) []byte {
	switch v := v.(type) {
	case lua.LString:
		return append(text, v...)
	case lua.LNumber:
		return number.Append(text, float64(v))
	}
	return text
}

// call1 calls a metamethod with two arguments and returns its first result.
func call1(L *lua.LState, fn lua.LValue, a, b lua.LValue) lua.LValue {
	if _, ok := fn.(*lua.LFunction); !ok && metamethod(L, fn, "__call") == nil {
		Raise(L, 1, "attempt to call a "+fn.Type().String()+" value")
	}
	L.Push(fn)
	L.Push(a)
	L.Push(b)
	L.Call(2, 1)
	reg := raw(L).reg
	v := reg.array[reg.top-1]
	reg.setTop(reg.top - 1)
	return v
}

// metamethod returns v's metamethod for an event, or nil. It need not be a
// function: PUC Lua also takes a value with __call.
func metamethod(L *lua.LState, v lua.LValue, event string) lua.LValue {
	var mt lua.LValue
	switch v := v.(type) {
	case *lua.LTable:
		mt = v.Metatable
	case *lua.LUserData:
		mt = v.Metatable
	default:
		mt = rawGlobal(L.G).builtinMts[int(v.Type())]
	}
	if t, ok := mt.(*lua.LTable); ok {
		if fn := t.RawGetString(event); fn != lua.LNil {
			return fn
		}
	}
	return nil
}

func binary(L *lua.LState, a, b lua.LValue, event string) lua.LValue {
	if fn := metamethod(L, a, event); fn != nil {
		return fn
	}
	return metamethod(L, b, event)
}
