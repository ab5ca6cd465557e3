package stdlib

import (
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// each and eachInt are the iterators of pairs and ipairs.
var (
	each    = guard.GoFunction(baseNext)
	eachInt = guard.GoFunction(ipairsNext)
)

func baseNext(L *lua.LState) int {
	t := argTable(L, 1)
	k, v, ok := guard.Of(L).Next(L, t, guard.Arg(L, 2))
	if !ok {
		return failBare(L, "invalid key to 'next'")
	}
	L.Push(k)
	if k == lua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

// basePairs and baseIpairs honour 5.2's __pairs and __ipairs.
func basePairs(L *lua.LState) int {
	if iterator(L, "__pairs") {
		return 3
	}
	t := argTable(L, 1)
	L.Push(each)
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

func baseIpairs(L *lua.LState) int {
	if iterator(L, "__ipairs") {
		return 3
	}
	t := argTable(L, 1)
	L.Push(eachInt)
	L.Push(t)
	L.Push(guard.Integer(0))
	return 3
}

func iterator(L *lua.LState, event string) bool {
	f := L.GetMetaField(guard.Arg(L, 1), event)
	if f == lua.LNil {
		return false
	}
	call(L, 3, f, guard.Arg(L, 1))
	return true
}

func ipairsNext(L *lua.LState) int {
	t, i := argTable(L, 1), argInt(L, 2)+1
	v := guard.Get(t, i)
	if v == lua.LNil {
		return 0
	}
	L.Push(guard.Integer(i))
	L.Push(v)
	return 2
}

// basePrint prints one line. It calls the global tostring, as PUC Lua does, if the script has set its own.
func basePrint(L *lua.LState) int {
	g := guard.Of(L)
	var room [256]byte
	out := text{L, g, room[:0]}
	own, _ := L.GetGlobal("tostring").(*lua.LFunction)
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			out.addByte('\t')
		}
		if own == nil || own.IsG {
			out.add(printed(L, guard.Arg(L, i)))
			continue
		}
		call(L, 1, own, guard.Arg(L, i))
		s, ok := toString(pop(L))
		if !ok {
			return fail(L, "'tostring' must return a string to 'print'")
		}
		out.add(s)
	}
	g.Services.Print(string(out.buf))
	return 0
}

func printed(L *lua.LState, v lua.LValue) string {
	if r, ok := callTostring(L, v); ok {
		s, ok := toString(r)
		if !ok {
			fail(L, "'tostring' must return a string to 'print'")
		}
		return s
	}
	return plainString(v)
}
