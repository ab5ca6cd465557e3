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

// Keep counts bytes that a running Go function keeps alive while it calls back into
// Lua, in addition to what Lua refers to. The function takes them off again, with a
// negative number, however it ends.
func (g *Guard) Keep(bytes int) { g.kept += int64(bytes) }

// Memory returns an upper bound of the memory that the script holds, in bytes: the
// result of the last census plus all allocations since.
func (g *Guard) Memory() int64 { return g.live + g.debt }

// Census counts the bytes that the script keeps alive.
func (g *Guard) Census() int64 {
	live, _ := g.census()
	return live + g.kept
}

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
		g.live += g.kept
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

// TableSize returns the bytes that a table of a number of elements and keys takes.
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

// A string is hashed, and compared, wherever it is looked up as a key.
const (
	longKey       = 256 // bytes; shorter keys take no longer than an instruction
	hashedPerUnit = 128
)

func isLong(key lua.LValue) (n int, long bool) {
	s, ok := key.(lua.LString)
	return len(s), ok && len(s) > longKey
}

// ChargeKey charges looking up a key in so many tables. Call it before.
func (g *Guard) ChargeKey(L *lua.LState, key lua.LValue, tables int) {
	if n, long := isLong(key); long {
		g.ChargeCPU(L, n/hashedPerUnit*tables)
	}
}

// chargeLookup charges looking up a key that v itself may lack, in all tables that
// follow it for event, __index or __newindex.
func (g *Guard) chargeLookup(L *lua.LState, v, key lua.LValue, event string) {
	if _, long := isLong(key); !long {
		return
	}
	tables := 1
	for t, ok := v.(*lua.LTable); ok && tables < lua.MaxTableGetLoop; tables++ {
		mt, has := t.Metatable.(*lua.LTable)
		if !has {
			break
		}
		t, ok = mt.RawGetString(event).(*lua.LTable)
	}
	g.ChargeKey(L, key, tables)
}

// chargeGet charges a lookup that gopher-lua is about to do.
func (g *Guard) chargeGet(L *lua.LState, reg *registry, cf *callFrame, p *lua.FunctionProto, inst uint32) {
	g.chargeLookup(L, reg.array[cf.LocalBase+argB(inst)], operand(reg, cf, p, argC(inst)), "__index")
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
	g.chargeLookup(L, t, key, "__newindex")
	g.ChargeKey(L, key, 2) // its maps
	if t.Metatable != lua.LNil {
		if g.assignsNil(s, cf, inst) {
			g.FillLibrary(L, t) // or the name would be looked up in the library again
		}
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

// assignsNil reports whether an assignment removes a key.
func (g *Guard) assignsNil(s *state, cf *callFrame, inst uint32) bool {
	if opcode(inst) == lua.OP_SETGLOBAL {
		return s.reg.array[cf.LocalBase+argA(inst)] == lua.LNil
	}
	return operand(s.reg, cf, cf.Fn.Proto, argC(inst)) == lua.LNil
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

// newKey charges adding a key: the maps grow and are hashed again.
const newKey = 20

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
	g.left -= int64(n) * newKey
	if len(t.keys) >= 16 && len(t.keys) > 2*(len(t.strdict)+len(t.dict)) {
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
