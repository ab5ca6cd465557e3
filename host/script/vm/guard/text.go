package guard

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// A short string takes one allocation: gopher-lua's value points to a string
// header, and here the bytes follow the header.

type (
	text8 struct {
		text  string
		bytes [8]byte
	}
	text16 struct {
		text  string
		bytes [16]byte
	}
	text32 struct {
		text  string
		bytes [32]byte
	}
	text48 struct {
		text  string
		bytes [48]byte
	}
)

// stringType is the type word of an interface value that holds an LString.
var stringType = func() unsafe.Pointer {
	v := lua.LValue(lua.LString(""))
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&v))[0]
}()

// Text returns a copy of b as a Lua value. It charges nothing.
func Text[B string | []byte](b B) (v lua.LValue) {
	var header *string
	var room []byte
	switch n := len(b); {
	case n <= 8:
		t := new(text8)
		header, room = &t.text, t.bytes[:n]
	case n <= 16:
		t := new(text16)
		header, room = &t.text, t.bytes[:n]
	case n <= 32:
		t := new(text32)
		header, room = &t.text, t.bytes[:n]
	case n <= 48:
		t := new(text48)
		header, room = &t.text, t.bytes[:n]
	default:
		room = make([]byte, n)
		copy(room, b)
		return Own(room)
	}
	copy(room, b)
	*header = unsafe.String(unsafe.SliceData(room), len(room))
	*(*[2]unsafe.Pointer)(unsafe.Pointer(&v)) = [2]unsafe.Pointer{stringType, unsafe.Pointer(header)}
	return v
}

// Own returns b as a Lua value without a copy. The caller must not change b later.
func Own(b []byte) lua.LValue { return lua.LString(unsafe.String(unsafe.SliceData(b), len(b))) }

// Number makes x a Lua value, which is an allocation for one in 32 of them.
func (g *Guard) Number(x float64) lua.LValue { return g.box(lua.LNumber(x)) }

// Arg returns argument n of the running Go function, counted from 1, or lua.LNil.
// It is L.Get(n) at a third of the cost.
func Arg(L *lua.LState, n int) lua.LValue {
	s := raw(L)
	if i := s.currentFrame.LocalBase + n - 1; i < s.reg.top {
		return s.reg.array[i]
	}
	return lua.LNil
}
