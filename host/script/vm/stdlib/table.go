package stdlib

import (
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

func tableFields() []Field {
	return []Field{
		fn("concat", tableConcat),
		fn("foreach", tableForeach),
		fn("foreachi", tableForeachi),
		fn("getn", tableGetn),
		fn("insert", tableInsert),
		fn("maxn", tableMaxn),
		fn("pack", tablePack),
		fn("remove", tableRemove),
		fn("setn", tableSetn),
		fn("sort", tableSort),
		fn("unpack", unpack),
	}
}

// tableConcat computes the size first, so that the result is allocated once.
func tableConcat(L *lua.LState) int {
	t, sep := argTable(L, 1), optString(L, 2, "")
	g := guard.Of(L)
	i := optInt(L, 3, 1)
	j := lastIndex(L, 4, t)
	if i > j {
		L.Push(empty)
		return 1
	}
	size := 0
	for k := i; ; k++ {
		switch v := guard.Get(t, k).(type) {
		case lua.LString:
			size += len(v)
		case lua.LNumber:
			size += 24
		default:
			return fail(L, "invalid value (%s) at index %d in table for 'concat'", v.Type(), k)
		}
		if k&1023 == 0 {
			g.ChargeSlots(L, 1024)
		}
		if k == j {
			break
		}
		size += len(sep)
	}
	g.ChargeSlots(L, (j-i)&1023)
	var space [128]byte
	out := text{L: L, g: g, buf: space[:0]}
	out.grow(size)
	for k := i; ; k++ {
		switch v := guard.Get(t, k).(type) {
		case lua.LString:
			out.buf = append(out.buf, v...)
		case lua.LNumber:
			out.buf = number.Append(out.buf, float64(v))
		}
		if k == j {
			break
		}
		out.buf = append(out.buf, sep...)
	}
	L.Push(out.value())
	return 1
}

func tableForeach(L *lua.LState) int {
	t, f := argTable(L, 1), argFunction(L, 2)
	g := guard.Of(L)
	for k, v, _ := g.Next(L, t, lua.LNil); k != lua.LNil; k, v, _ = g.Next(L, t, k) {
		if r := visit(L, f, k, v); r != lua.LNil {
			L.Push(r)
			return 1
		}
	}
	return 0
}

func tableForeachi(L *lua.LState) int {
	t, f := argTable(L, 1), argFunction(L, 2)
	for i, n := 1, guard.Of(L).Len(L, t); i <= n; i++ {
		if r := visit(L, f, guard.Integer(i), guard.Get(t, i)); r != lua.LNil {
			L.Push(r)
			return 1
		}
	}
	return 0
}

func visit(L *lua.LState, f *lua.LFunction, k, v lua.LValue) lua.LValue {
	call(L, 1, f, k, v)
	return pop(L)
}

func tableGetn(L *lua.LState) int {
	L.Push(guard.Integer(guard.Of(L).Len(L, argTable(L, 1))))
	return 1
}

func tableSetn(L *lua.LState) int {
	argTable(L, 1)
	return fail(L, "'setn' is obsolete")
}

func tableInsert(L *lua.LState) int {
	t := argTable(L, 1)
	g := guard.Of(L)
	end := g.Len(L, t) + 1
	switch L.GetTop() {
	case 2:
		g.SetInt(L, t, end, guard.Arg(L, 2))
	case 3:
		at, v := argInt(L, 2), guard.Arg(L, 3)
		if at < 1 || at >= end {
			return insertOutside(L, g, t, at, end, v)
		}
		g.Insert(L, t, at, v)
	default:
		return fail(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

// insertOutside inserts after the end, where nothing moves, or before 1, where everything after it moves.
func insertOutside(L *lua.LState, g *guard.Guard, t *lua.LTable, at, end int, v lua.LValue) int {
	for i := end; i > at; i-- {
		g.ChargeCPU(L, 4)
		g.SetInt(L, t, i, guard.Get(t, i-1))
	}
	g.SetInt(L, t, at, v)
	return 0
}

// tableMaxn pushes the largest positive number among the keys.
func tableMaxn(L *lua.LState) int {
	t := argTable(L, 1)
	g := guard.Of(L)
	n := g.Len(L, t)
	most := lua.LNumber(n)
	last := lua.LValue(lua.LNil)
	if n > 0 {
		last = most
	}
	for k, _, _ := g.Next(L, t, last); k != lua.LNil; k, _, _ = g.Next(L, t, k) {
		g.ChargeCPU(L, 2)
		if x, ok := k.(lua.LNumber); ok && x > most {
			most = x
		}
	}
	L.Push(most)
	return 1
}

func tablePack(L *lua.LState) int {
	n := L.GetTop()
	guard.Of(L).ChargeMemory(L, guard.TableSize(n, 1))
	t := L.CreateTable(n, 1)
	for i := 1; i <= n; i++ {
		t.RawSetInt(i, guard.Arg(L, i))
	}
	t.RawSetString("n", guard.Integer(n))
	L.Push(t)
	return 1
}

func tableRemove(L *lua.LState) int {
	t := argTable(L, 1)
	g := guard.Of(L)
	n := g.Len(L, t)
	at := optInt(L, 2, n)
	if at < 1 || at > n {
		return 0
	}
	L.Push(g.Remove(L, t, at))
	return 1
}

// unpack implements base's unpack and 5.2's table.unpack.
func unpack(L *lua.LState) int {
	t := argTable(L, 1)
	i, j := optInt(L, 2, 1), lastIndex(L, 3, t)
	if i > j {
		return 0
	}
	n := uint(j) - uint(i) + 1 // may be more than an int holds
	if n == 0 || n > uint(maxStack-L.GetTop()) {
		return fail(L, "too many results to unpack")
	}
	guard.Of(L).ChargeSlots(L, int(n))
	for k := range int(n) {
		L.Push(guard.Get(t, i+k))
	}
	return int(n)
}
