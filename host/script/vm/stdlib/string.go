package stdlib

import (
	"math"
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

func stringFields() []Field {
	gmatch := guard.GoFunction(stringGmatch)
	return []Field{
		fn("byte", stringByte),
		fn("char", stringChar),
		fn("dump", stringDump),
		fn("find", stringFind),
		fn("format", stringFormat),
		{"gfind", gmatch}, // 5.0's name, which 5.1 keeps
		{"gmatch", gmatch},
		fn("gsub", stringGsub),
		fn("len", stringLen),
		fn("lower", stringLower),
		fn("match", stringMatch),
		fn("rep", stringRep),
		fn("reverse", stringReverse),
		fn("sub", stringSub),
		fn("upper", stringUpper),
	}
}

// from converts a Lua index, which counts from the end if it is negative, to one that counts from 1
// (lstrlib.c:posrelat).
func from(i, length int) int {
	if i < 0 {
		i += length + 1
	}
	return max(i, 0)
}

func stringByte(L *lua.LState) int {
	s := argString(L, 1)
	i := from(optInt(L, 2, 1), len(s))
	j := from(optInt(L, 3, i), len(s))
	i, j = max(i, 1), min(j, len(s))
	if i > j {
		return 0
	}
	n := j - i + 1
	checkStack(L, n, "string slice too long")
	if n > 1 {
		guard.Of(L).ChargeCPU(L, n)
	}
	for _, c := range []byte(s[i-1 : j]) {
		L.Push(guard.Integer(int(c)))
	}
	return n
}

func stringChar(L *lua.LState) int {
	var space [64]byte
	t := text{L: L, g: guard.Of(L), buf: space[:0]}
	n := L.GetTop()
	t.grow(n)
	for i := 1; i <= n; i++ {
		c := argInt(L, i)
		if c < 0 || c > 255 {
			argError(L, i, "invalid value")
		}
		t.buf = append(t.buf, byte(c))
	}
	L.Push(t.value())
	return 1
}

// stringDump raises PUC's error for a function that cannot be dumped: load takes no bytecode.
func stringDump(L *lua.LState) int {
	argFunction(L, 1)
	return fail(L, "unable to dump given function")
}

func stringLen(L *lua.LState) int {
	L.Push(guard.Integer(len(argString(L, 1))))
	return 1
}

func stringLower(L *lua.LState) int { return mapped(L, 'A', 'Z') }

func stringUpper(L *lua.LState) int { return mapped(L, 'a', 'z') }

// mapped changes the case of the letters between first and last; only ASCII has case in the C locale.
func mapped(L *lua.LState, first, last byte) int {
	s := argString(L, 1)
	charge(L, guard.Of(L), len(s))
	b := []byte(s)
	for i, c := range b {
		if c >= first && c <= last {
			b[i] = c ^ 0x20
		}
	}
	L.Push(guard.Own(b))
	return 1
}

func stringRep(L *lua.LState) int {
	s, n, sep := argString(L, 1), argInt(L, 2), optString(L, 3, "")
	switch {
	case n <= 0 || len(s)+len(sep) == 0:
		L.Push(empty)
		return 1
	case n == 1:
		L.Push(sameString(L, 1))
		return 1
	case n > math.MaxInt32 || (len(s)+len(sep))*n > math.MaxInt32:
		return fail(L, "resulting string too large")
	}
	g := guard.Of(L)
	charge(L, g, len(s)*n+len(sep)*(n-1))
	if sep == "" {
		L.Push(lua.LString(strings.Repeat(s, n)))
		return 1
	}
	charge(L, g, len(s)+len(sep))
	L.Push(lua.LString(strings.Repeat(s+sep, n-1) + s))
	return 1
}

func stringReverse(L *lua.LState) int {
	s := argString(L, 1)
	if len(s) < 2 {
		L.Push(sameString(L, 1))
		return 1
	}
	charge(L, guard.Of(L), len(s))
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	L.Push(guard.Own(b))
	return 1
}

func stringSub(L *lua.LState) int {
	s := argString(L, 1)
	i, j := from(argInt(L, 2), len(s)), from(optInt(L, 3, -1), len(s))
	i, j = max(i, 1), min(j, len(s))
	switch {
	case i > j:
		L.Push(empty)
	case i == j:
		L.Push(one[s[i-1]])
	case j-i+1 == len(s):
		L.Push(sameString(L, 1))
	default:
		L.Push(part(L, guard.Of(L), s[i-1:j]))
	}
	return 1
}
