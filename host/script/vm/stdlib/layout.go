package stdlib

import (
	"unsafe"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// layout is gopher-lua's LTable: how much a table holds, and where a key is, decides what an operation costs, and the
// public API does not tell. TestLayout compares it with the linked gopher-lua, as guard.Check does at start.
type layout struct {
	Metatable lua.LValue
	array     []lua.LValue
	dict      map[lua.LValue]lua.LValue
	strdict   map[string]lua.LValue
	keys      []lua.LValue // in the order of their first appearance; those set to nil since are still here
	k2i       map[lua.LValue]int
}

func layoutOf(t *lua.LTable) *layout { return (*layout)(unsafe.Pointer(t)) }

// slotSize, keySize and firstKeySize are the bytes of an array slot, of an entry in the hash part, and of the maps
// that the first entry brings with it.
const (
	slotSize     = 16
	keySize      = 160
	firstKeySize = 2600
)

// slotsPerUnit is how many slots of a table are walked over in the time of one VM instruction.
const slotsPerUnit = 4

// length is #t without metamethods. gopher-lua looks for it from the end of the array, which may hold many nils.
func length(L *lua.LState, g *guard.Guard, t *lua.LTable) int {
	array := layoutOf(t).array
	n := len(array)
	for n > 0 && array[n-1] == lua.LNil {
		n--
	}
	if skipped := len(array) - n; skipped >= slotsPerUnit {
		g.ChargeCPU(L, skipped/slotsPerUnit)
	}
	return n
}

// setInt is t[i] = v without metamethods, its growth charged. gopher-lua fills the array with nils up to i.
func setInt(L *lua.LState, g *guard.Guard, t *lua.LTable, i int, v lua.LValue) {
	m := layoutOf(t)
	if i < 1 || i >= lua.MaxArrayIndex {
		g.SetKey(L, t, lua.LNumber(i), v)
		return
	}
	if i > len(m.array) && v == lua.LNil {
		return
	}
	if i > cap(m.array) {
		g.ChargeMemory(L, slotSize*grown(cap(m.array), i))
		if gap := i - len(m.array); gap >= slotsPerUnit {
			g.ChargeCPU(L, gap/slotsPerUnit)
		}
	}
	t.RawSetInt(i, v)
}

// grown is the capacity that append gives a slice of this one when it needs n elements.
func grown(capacity, n int) int {
	if capacity < 256 {
		return max(2*capacity, n, 32)
	}
	return max(capacity+(capacity+768)/4, n+n/4)
}

// set is t[k] = v without metamethods.
func set(L *lua.LState, g *guard.Guard, t *lua.LTable, k, v lua.LValue) {
	if i, ok := arrayIndex(k); ok {
		setInt(L, g, t, i, v)
		return
	}
	g.SetKey(L, t, k, v)
}

// arrayIndex tells whether gopher-lua keeps key k in the array part.
func arrayIndex(k lua.LValue) (int, bool) {
	if x, ok := k.(lua.LNumber); ok && x >= 1 && x < lua.LNumber(lua.MaxArrayIndex) && x == lua.LNumber(int(x)) {
		return int(x), true
	}
	return 0, false
}

// following is the entry behind key k, from the first for nil; a nil key ends. It is not ok if k was never in t.
func following(L *lua.LState, g *guard.Guard, t *lua.LTable, k lua.LValue) (key, v lua.LValue, ok bool) {
	m := layoutOf(t)
	slot, entry := 0, 0
	if i, isSlot := arrayIndex(k); isSlot {
		if i > cap(m.array) {
			return lua.LNil, lua.LNil, false
		}
		slot = i // may be behind the end by now: table.remove shortens the array
	} else if k != lua.LNil {
		i, known := m.k2i[k]
		if !known {
			return lua.LNil, lua.LNil, false
		}
		slot, entry = len(m.array), i+1
	}
	first := slot + entry
	for ; slot < len(m.array); slot++ {
		if v := m.array[slot]; v != lua.LNil {
			walked(L, g, slot+entry-first)
			return integer(slot + 1), v, true
		}
	}
	for ; entry < len(m.keys); entry++ {
		if v := t.RawGetH(m.keys[entry]); v != lua.LNil {
			walked(L, g, slot+8*entry-first)
			return m.keys[entry], v, true
		}
	}
	walked(L, g, slot+8*entry-first)
	return lua.LNil, lua.LNil, true
}

func walked(L *lua.LState, g *guard.Guard, slots int) {
	if slots >= slotsPerUnit {
		g.ChargeCPU(L, slots/slotsPerUnit)
	}
}
