package guard

import (
	lua "github.com/yuin/gopher-lua"
)

// Memory is charged when it is allocated and never credited. When the last
// census and the charges since exceed the budget, a new census counts what the
// script can still reach. So garbage never stops a script.
//
// A script near its limit would cause a census at every step. So at least an
// eighth of the budget is allocated between two of them.

// ChargeMemory charges bytes that are about to be allocated and may stay
// reachable from Lua. It raises the limit error if they do not fit.
func (g *Guard) ChargeMemory(L *lua.LState, bytes int) { g.charge(L, int64(bytes)) }

// DeferMemory charges bytes without checking the limit, for allocations while no
// script runs. The next charge checks it.
func (g *Guard) DeferMemory(bytes int64) { g.debt += bytes }

// Memory returns an upper bound of the memory that the script holds, in bytes: the
// result of the last census plus all allocations since.
func (g *Guard) Memory() int64 { return g.live + g.debt }

func (g *Guard) charge(L *lua.LState, n int64) {
	g.debt += n
	if g.live+g.debt > g.limits.Memory {
		g.collect(L, n)
	}
	g.left -= n >> 6
}

// collect takes a census; pending bytes are about to be allocated.
func (g *Guard) collect(L *lua.LState, pending int64) {
	if g.debt <= g.limits.Memory/8 {
		return
	}
	if pending <= g.limits.Memory {
		var work int64
		g.live, work = g.census()
		g.left -= work
		g.debt = pending
	}
	if g.live+pending > g.limits.Memory {
		g.debt -= pending // it will not be allocated
		g.endByLimit(L, "memory", Size(g.limits.Memory))
	}
}

// Sizes of a gopher-lua table's parts, measured: the table itself, an array
// slot, the maps that the first key needs, and each key at most.
const (
	emptyTable = 96
	slotSize   = 16
	firstKey   = 600
	keySize    = 160
)

// TableSize returns what a table of so many elements and keys takes, in bytes.
func TableSize(array, keys int) int {
	n := emptyTable + slotSize*array
	if keys > 0 {
		n += firstKey + keySize*keys
	}
	return n
}

// mapSize returns about what the two maps and the list of keys of a table take
// that has grown to so many keys.
func mapSize(keys int) int64 {
	slots := int64(8)
	for slots*7/8 < int64(keys) {
		slots *= 2
	}
	return slots*(33+26) + int64(keys)*20 + 200
}

// prepareSet charges the array that an assignment makes, and returns the table
// that it may add a key to, or nil.
func (g *Guard) prepareSet(L *lua.LState, s *state, cf *callFrame, inst uint32) *table {
	p := cf.Fn.Proto
	var t *lua.LTable
	var key lua.LValue
	if opcode(inst) == lua.OP_SETGLOBAL {
		t, key = cf.Fn.Env, p.Constants[argBx(inst)]
	} else {
		t, _ = s.reg.array[cf.LocalBase+argA(inst)].(*lua.LTable)
		key = operand(s.reg, cf, p, argB(inst))
	}
	if t == nil {
		return nil
	}
	if t.Metatable != lua.LNil {
		if t = assignTarget(t, key); t == nil {
			return nil
		}
	}
	g.forgetMethods(t)
	m := rawTable(t)
	switch n := key.(type) {
	case lua.LNumber:
		g.chargeIndex(L, t, n)
	case lua.LString:
		if m.strdict == nil {
			m.strdict = map[string]lua.LValue{} // gopher-lua would make room for 32, of which the census sees one
		}
	}
	return m
}

// assignTarget returns the table that t[key] = v changes, through __newindex
// tables, or nil if a function decides.
func assignTarget(t *lua.LTable, key lua.LValue) *lua.LTable {
	for range lua.MaxTableGetLoop {
		mt, ok := t.Metatable.(*lua.LTable)
		if !ok || t.RawGet(key) != lua.LNil {
			return t
		}
		switch next := mt.RawGetString("__newindex").(type) {
		case *lua.LNilType:
			return t
		case *lua.LTable:
			t = next
		default:
			return nil
		}
	}
	return nil
}

// chargeIndex charges what t[n] = v will allocate for the array of t, which
// gopher-lua fills with nils up to n.
func (g *Guard) chargeIndex(L *lua.LState, t *lua.LTable, n lua.LNumber) {
	array := rawTable(t).array
	i := int(n)
	if i <= cap(array) || lua.LNumber(i) != n || i > lua.MaxArrayIndex {
		return
	}
	if i == lua.MaxArrayIndex {
		if len(array) == i-1 {
			Raise(L, 1, "table overflow")
		}
		return
	}
	if i > len(array)+1 {
		g.left -= int64(i-len(array)) / 8
	}
	room := max(32, cap(array))
	for room < i { // as append does
		if room < 256 {
			room *= 2
		} else {
			room += (room + 768) / 4
		}
	}
	g.charge(L, slotSize*int64(room-cap(array)))
}

// chargeKeys charges the keys that an assignment added to the earlier ones, and
// removes those without values if they are many.
func (g *Guard) chargeKeys(L *lua.LState, t *table, keys int) {
	n := len(t.keys) - keys
	if n <= 0 {
		return
	}
	if keys == 0 {
		g.debt += firstKey
	}
	if len(t.keys) >= 64 && len(t.keys) > 2*(len(t.strdict)+len(t.dict)) {
		g.ChargeCPU(L, len(t.keys)/2)
		t.compact()
	}
	g.charge(L, int64(n)*keySize)
}

// chargeList charges the elements of a table constructor.
func (g *Guard) chargeList(L *lua.LState, reg *registry, cf *callFrame, inst uint32) {
	at := cf.LocalBase + argA(inst)
	t, ok := reg.array[at].(*lua.LTable)
	if !ok {
		return
	}
	n := argB(inst)
	if n == 0 {
		n = reg.top - at - 1
		g.left -= int64(n / 8)
	}
	block := argC(inst)
	if block == 0 {
		block = int(cf.Fn.Proto.Code[cf.Pc])
	}
	g.chargeIndex(L, t, lua.LNumber((block-1)*lua.FieldsPerFlush+n))
}
