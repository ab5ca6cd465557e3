package stdlib

import (
	"math"
	"math/bits"

	lua "github.com/yuin/gopher-lua"
)

// bitFields returns the fields of 5.2's bit32.
func bitFields() []Field {
	return []Field{
		fn("arshift", bitArshift),
		fn("band", bitBand),
		fn("bnot", bitBnot),
		fn("bor", bitBor),
		fn("btest", bitBtest),
		fn("bxor", bitBxor),
		fn("extract", bitExtract),
		fn("lrotate", bitLrotate),
		fn("lshift", bitLshift),
		fn("replace", bitReplace),
		fn("rrotate", bitRrotate),
		fn("rshift", bitRshift),
	}
}

// argBits returns argument n modulo 2^32.
func argBits(L *lua.LState, n int) uint32 {
	x := math.Mod(math.Floor(argNumber(L, n)+0.5), 1<<32)
	return uint32(int64(x)) // NaN and infinities give some number, as in C
}

func pushBits(L *lua.LState, x uint32) int {
	L.Push(lua.LNumber(x))
	return 1
}

func fold(L *lua.LState, start uint32, f func(x, y uint32) uint32) uint32 {
	for i := 1; i <= L.GetTop(); i++ {
		start = f(start, argBits(L, i))
	}
	return start
}

func and(x, y uint32) uint32 { return x & y }

func bitBand(L *lua.LState) int { return pushBits(L, fold(L, math.MaxUint32, and)) }

func bitBtest(L *lua.LState) int {
	L.Push(lua.LBool(fold(L, math.MaxUint32, and) != 0))
	return 1
}

func bitBor(L *lua.LState) int {
	return pushBits(L, fold(L, 0, func(x, y uint32) uint32 { return x | y }))
}

func bitBxor(L *lua.LState) int {
	return pushBits(L, fold(L, 0, func(x, y uint32) uint32 { return x ^ y }))
}

func bitBnot(L *lua.LState) int { return pushBits(L, ^argBits(L, 1)) }

func bitLshift(L *lua.LState) int { return pushBits(L, shift(argBits(L, 1), argInt(L, 2))) }

func bitRshift(L *lua.LState) int {
	return pushBits(L, shift(argBits(L, 1), -clampShift(argInt(L, 2))))
}

// shift shifts left, or right by a negative count.
func shift(x uint32, by int) uint32 {
	if by = clampShift(by); by < 0 {
		return x >> -by
	}
	return x << by
}

// clampShift limits a count: 32 has the effect of any greater one.
func clampShift(by int) int { return min(max(by, -32), 32) }

func bitArshift(L *lua.LState) int {
	x, by := argBits(L, 1), clampShift(argInt(L, 2))
	if by < 0 {
		return pushBits(L, x<<-by)
	}
	return pushBits(L, uint32(int32(x)>>by))
}

func bitLrotate(L *lua.LState) int {
	return pushBits(L, bits.RotateLeft32(argBits(L, 1), argInt(L, 2)&31))
}

func bitRrotate(L *lua.LState) int {
	return pushBits(L, bits.RotateLeft32(argBits(L, 1), -(argInt(L, 2)&31)))
}

func bitExtract(L *lua.LState) int {
	x := argBits(L, 1)
	at, mask := field(L, 2)
	return pushBits(L, x>>at&mask)
}

func bitReplace(L *lua.LState) int {
	x, v := argBits(L, 1), argBits(L, 2)
	at, mask := field(L, 3)
	return pushBits(L, x&^(mask<<at)|(v&mask)<<at)
}

// field returns the position and the mask of the bits that arguments n and n+1 name.
func field(L *lua.LState, n int) (at int, mask uint32) {
	at, width := argInt(L, n), optInt(L, n+1, 1)
	switch {
	case at < 0:
		argError(L, n, "field cannot be negative")
	case width <= 0:
		argError(L, n+1, "width must be positive")
	case at > 32 || width > 32 || at+width > 32:
		fail(L, "trying to access non-existent bits")
	}
	return at, math.MaxUint32 >> (32 - width)
}
