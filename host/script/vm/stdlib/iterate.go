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

func basePairs(L *lua.LState) int { return iterator(L, "__pairs", each, lua.LNil) }

func baseIpairs(L *lua.LState) int { return iterator(L, "__ipairs", eachInt, guard.Integer(0)) }

// iterator pushes the values with which a loop begins, or those of 5.2's __pairs and __ipairs.
func iterator(L *lua.LState, event string, next, first lua.LValue) int {
	if f := L.GetMetaField(guard.Arg(L, 1), event); f != lua.LNil {
		call(L, 3, f, guard.Arg(L, 1))
		return 3
	}
	t := argTable(L, 1)
	L.Push(next)
	L.Push(t)
	L.Push(first)
	return 3
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
	var space [256]byte
	out := text{L: L, g: g, buf: space[:0]}
	defer out.drop()
	own, _ := L.GetGlobal("tostring").(*lua.LFunction)
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			out.addByte('\t')
		}
		out.keep()
		if own == nil || own.IsG {
			out.add(tostring(L, guard.Arg(L, i), unprintable))
			continue
		}
		call(L, 1, own, guard.Arg(L, i))
		s, ok := toString(pop(L))
		if !ok {
			return fail(L, unprintable)
		}
		out.add(s)
	}
	g.Services.Print(string(out.buf))
	return 0
}

const unprintable = "'tostring' must return a string to 'print'"
