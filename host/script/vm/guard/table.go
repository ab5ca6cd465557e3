package guard

import (
	lua "github.com/yuin/gopher-lua"
)

// Go functions read and change tables by these functions, which use no
// metamethods and charge their work.

const (
	slotsPerUnit = 4 // slots that are looked at in a unit of work
	slotsPerKey  = 8 // that take the time of looking up a key
)

// ChargeSlots charges the time to look at or move a number of slots of a table.
func (g *Guard) ChargeSlots(L *lua.LState, slots int) {
	if slots >= slotsPerUnit {
		g.ChargeCPU(L, slots/slotsPerUnit)
	}
}

// Len returns #t. gopher-lua looks for it from the end of the array, which may
// hold many nils.
func (g *Guard) Len(L *lua.LState, t *lua.LTable) int {
	array := rawTable(t).array
	n := len(array)
	for n > 0 && array[n-1] == lua.LNil {
		n--
	}
	g.ChargeSlots(L, len(array)-n)
	return n
}

// Get returns t[i].
func Get(t *lua.LTable, i int) lua.LValue {
	if i >= 1 && i < lua.MaxArrayIndex {
		return t.RawGetInt(i)
	}
	return t.RawGetH(lua.LNumber(i)) // RawGetInt does not look there
}

// Set does t[k] = v.
func (g *Guard) Set(L *lua.LState, t *lua.LTable, k, v lua.LValue) {
	if i, ok := arrayIndex(k); ok {
		g.SetInt(L, t, i, v)
		return
	}
	g.ChargeKey(L, k, 3)
	g.forgetMethods(t)
	m := rawTable(t)
	if _, ok := k.(lua.LString); ok && m.strdict == nil {
		m.strdict = map[string]lua.LValue{}
	}
	keys := len(m.keys)
	t.RawSetH(k, v)
	g.chargeKeys(L, m, keys)
}

// SetInt does t[i] = v.
func (g *Guard) SetInt(L *lua.LState, t *lua.LTable, i int, v lua.LValue) {
	if i < 1 || i >= lua.MaxArrayIndex {
		g.Set(L, t, lua.LNumber(i), v)
		return
	}
	if i > len(rawTable(t).array) && v == lua.LNil {
		return
	}
	g.chargeIndex(L, t, lua.LNumber(i))
	t.RawSetInt(i, v)
}

// Insert puts v at index i, which is in the array, and moves up what follows.
func (g *Guard) Insert(L *lua.LState, t *lua.LTable, i int, v lua.LValue) {
	n := len(rawTable(t).array)
	g.chargeIndex(L, t, lua.LNumber(n+1))
	g.ChargeSlots(L, n-i)
	t.Insert(i, v)
}

// Remove returns the value at index i, which is in the array, and moves down
// what follows.
func (g *Guard) Remove(L *lua.LState, t *lua.LTable, i int) lua.LValue {
	g.ChargeSlots(L, len(rawTable(t).array)-i)
	return t.Remove(i)
}

// arrayIndex reports whether gopher-lua keeps key k in the array part.
func arrayIndex(k lua.LValue) (int, bool) {
	if x, ok := k.(lua.LNumber); ok && x >= 1 && x < lua.LNumber(lua.MaxArrayIndex) && x == lua.LNumber(int(x)) {
		return int(x), true
	}
	return 0, false
}

// Next returns the entry after key k, the first for nil; after the last the
// key is nil. ok is false if k was never in t.
func (g *Guard) Next(L *lua.LState, t *lua.LTable, k lua.LValue) (key, v lua.LValue, ok bool) {
	m := rawTable(t)
	slot, entry := 0, 0
	if i, isSlot := arrayIndex(k); isSlot {
		if i > cap(m.array) {
			return lua.LNil, lua.LNil, false
		}
		slot = i // may be past the end by now: table.remove shortens the array
	} else if k != lua.LNil {
		g.ChargeKey(L, k, 1)
		i, known := m.k2i[k]
		if !known {
			return lua.LNil, lua.LNil, false
		}
		slot, entry = len(m.array), i+1
	}
	firstSlot, firstEntry := slot, entry
	for ; slot < len(m.array); slot++ {
		if v := m.array[slot]; v != lua.LNil {
			g.ChargeSlots(L, slot-firstSlot)
			return Integer(slot + 1), v, true
		}
	}
	key, v = lua.LNil, lua.LNil
	for ; entry < len(m.keys); entry++ {
		if v = t.RawGetH(m.keys[entry]); v != lua.LNil {
			key = m.keys[entry]
			g.ChargeKey(L, key, 1)
			break
		}
	}
	g.ChargeSlots(L, slot-firstSlot+slotsPerKey*(entry-firstEntry))
	return key, v, true
}

// compact removes the keys whose values are nil, which gopher-lua never does. It
// is called when a new key is added, which ends traversals in PUC Lua too.
func (t *table) compact() {
	live := len(t.strdict) + len(t.dict)
	keys := make([]lua.LValue, 0, live+live/4+1)
	places := make(map[lua.LValue]int, live)
	var texts map[string]lua.LValue
	var others map[lua.LValue]lua.LValue
	if t.strdict != nil {
		texts = make(map[string]lua.LValue, len(t.strdict))
	}
	if t.dict != nil {
		others = make(map[lua.LValue]lua.LValue, len(t.dict))
	}
	for _, k := range t.keys {
		if s, ok := k.(lua.LString); ok {
			v, ok := t.strdict[string(s)]
			if !ok {
				continue
			}
			texts[string(s)] = v
		} else {
			v, ok := t.dict[k]
			if !ok {
				continue
			}
			others[k] = v
		}
		places[k] = len(keys)
		keys = append(keys, k)
	}
	t.keys, t.k2i, t.strdict, t.dict = keys, places, texts, others
}
