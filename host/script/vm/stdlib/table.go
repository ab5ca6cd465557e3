package stdlib

import (
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/stdlib/number"
	lua "github.com/yuin/gopher-lua"
)

func tableFields() []Field {
	return fields(
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
	)
}

// tableConcat adds up the size first, so that the result is made once.
func tableConcat(L *lua.LState) int {
	t, sep := argTable(L, 1), optString(L, 2, "")
	g := guard.Of(L)
	i := optInt(L, 3, 1)
	var j int
	if guard.Arg(L, 4) == lua.LNil {
		j = length(L, g, t)
	} else {
		j = argInt(L, 4)
	}
	if i > j {
		L.Push(empty)
		return 1
	}
	size := 0
	for k := i; ; k++ {
		switch v := get(t, k).(type) {
		case lua.LString:
			size += len(v)
		case lua.LNumber:
			size += 24
		default:
			return fail(L, "invalid value (%s) at index %d in table for 'concat'", v.Type(), k)
		}
		if k&1023 == 0 {
			g.ChargeCPU(L, 1024/slotsPerUnit)
		}
		if k == j {
			break
		}
		size += len(sep)
	}
	g.ChargeCPU(L, (j-i)&1023/slotsPerUnit)
	var room [128]byte
	out := text{L, g, room[:0]}
	out.room(size)
	for k := i; ; k++ {
		switch v := get(t, k).(type) {
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

// get is t[i] without metamethods; RawGetInt alone does not look into the hash part.
func get(t *lua.LTable, i int) lua.LValue {
	if i >= 1 && i < lua.MaxArrayIndex {
		return t.RawGetInt(i)
	}
	return t.RawGetH(lua.LNumber(i))
}

func tableForeach(L *lua.LState) int {
	t, f := argTable(L, 1), argFunction(L, 2)
	g := guard.Of(L)
	for k, v, _ := following(L, g, t, lua.LNil); k != lua.LNil; k, v, _ = following(L, g, t, k) {
		if r := visit(L, f, k, v); r != lua.LNil {
			L.Push(r)
			return 1
		}
	}
	return 0
}

func tableForeachi(L *lua.LState) int {
	t, f := argTable(L, 1), argFunction(L, 2)
	for i, n := 1, length(L, guard.Of(L), t); i <= n; i++ {
		if r := visit(L, f, integer(i), get(t, i)); r != lua.LNil {
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
	L.Push(integer(length(L, guard.Of(L), argTable(L, 1))))
	return 1
}

func tableSetn(L *lua.LState) int {
	argTable(L, 1)
	return fail(L, "'setn' is obsolete")
}

func tableInsert(L *lua.LState) int {
	t := argTable(L, 1)
	g := guard.Of(L)
	end := length(L, g, t) + 1
	switch L.GetTop() {
	case 2:
		setInt(L, g, t, end, guard.Arg(L, 2))
	case 3:
		at, v := argInt(L, 2), guard.Arg(L, 3)
		if at < 1 || at >= end {
			return insertOutside(L, g, t, at, end, v)
		}
		if m := layoutOf(t); len(m.array) == cap(m.array) {
			g.ChargeMemory(L, slotSize*grown(cap(m.array), len(m.array)+1))
		}
		walked(L, g, end-at)
		t.Insert(at, v)
	default:
		return fail(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

// insertOutside inserts behind the end, where nothing moves, or before 1, where everything from there on does.
func insertOutside(L *lua.LState, g *guard.Guard, t *lua.LTable, at, end int, v lua.LValue) int {
	for i := end; i > at; i-- {
		g.ChargeCPU(L, 4)
		setInt(L, g, t, i, get(t, i-1))
	}
	setInt(L, g, t, at, v)
	return 0
}

// tableMaxn is the largest positive number among the keys.
func tableMaxn(L *lua.LState) int {
	t := argTable(L, 1)
	g := guard.Of(L)
	most := lua.LNumber(length(L, g, t))
	dict := layoutOf(t).dict
	walked(L, g, 8*len(dict))
	for k := range dict {
		if x, ok := k.(lua.LNumber); ok && x > most {
			most = x
		}
	}
	L.Push(most)
	return 1
}

func tablePack(L *lua.LState) int {
	n := L.GetTop()
	guard.Of(L).ChargeMemory(L, slotSize*n+firstKeySize)
	t := L.CreateTable(n, 1)
	for i := 1; i <= n; i++ {
		t.RawSetInt(i, guard.Arg(L, i))
	}
	t.RawSetString("n", integer(n))
	L.Push(t)
	return 1
}

func tableRemove(L *lua.LState) int {
	t := argTable(L, 1)
	g := guard.Of(L)
	n := length(L, g, t)
	at := optInt(L, 2, n)
	if at < 1 || at > n {
		return 0
	}
	walked(L, g, len(layoutOf(t).array)-at)
	L.Push(get(t, at))
	t.Remove(at)
	return 1
}

// unpack is base's unpack, and 5.2's table.unpack.
func unpack(L *lua.LState) int {
	t := argTable(L, 1)
	g := guard.Of(L)
	i := optInt(L, 2, 1)
	var j int
	if guard.Arg(L, 3) == lua.LNil {
		j = length(L, g, t)
	} else {
		j = argInt(L, 3)
	}
	if i > j {
		return 0
	}
	n := uint(j) - uint(i) + 1 // may be more than an int holds
	if n == 0 || n > uint(maxStack-L.GetTop()) {
		return fail(L, "too many results to unpack")
	}
	walked(L, g, int(n))
	for k := range int(n) {
		L.Push(get(t, i+k))
	}
	return int(n)
}
