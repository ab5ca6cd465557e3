// Package stdlib owns Lua's standard library: base, string, table, math, os and bit32, as PUC Lua 5.1 does them, plus
// what 5.2 scripts use. Package guard has the functions that use the machine (protected calls, coroutines, load, debug);
// package vm puts the functions into tables.
//
// gopher-lua's own functions are not used: their results differ from PUC Lua's, and nothing bounds their work and
// allocations (string.rep, a quadratic gsub, an endless pattern). Here every function charges the state's guard before
// it works or allocates in proportion to its arguments. Three rules follow:
//
//   - nothing is quadratic, and Go's stack never grows with the input;
//   - a part of a string is copied, because a slice would keep the whole string alive uncounted;
//   - functions have no state: all Lua states share them, and what belongs to one state is in its guard.
//
// testdata/differences.lua lists where the functions differ from lua5.1 on purpose, each with its reason.
package stdlib

import (
	"maps"
	"slices"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// A Library holds one table of the standard library. All states share its values, which must not change. The fields are in
// the manual's order.
type Library struct {
	Name   string // the global that holds it; "" for the globals themselves
	Fields []Field
}

// A Field describes one entry of a library.
type Field struct {
	Name  string
	Value lua.LValue
}

// Libraries returns the whole standard library, guard's functions included. A state needs its own table for each
// library, because scripts write into them.
func Libraries() []Library {
	return []Library{
		{Fields: append(base(), sorted(guard.Base())...)},
		{"string", stringFields()},
		{"table", tableFields()},
		{"math", mathFields()},
		{"os", osFields()},
		{"bit32", bitFields()},
		{"coroutine", sorted(guard.Coroutine())},
		{"debug", sorted(guard.Debug())},
	}
}

func sorted(functions map[string]lua.LValue) []Field {
	var list []Field
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		list = append(list, Field{name, functions[name]})
	}
	return list
}

// StringMetatable returns the metatable for the strings of one state, whose string library is str, so that ("x"):rep(3)
// calls string.rep. Scripts can neither read nor replace it.
func StringMetatable(L *lua.LState, str *lua.LTable) *lua.LTable {
	mt := L.CreateTable(0, 2)
	mt.RawSetString("__index", str)
	mt.RawSetString("__metatable", lua.LFalse)
	return mt
}

func fn(name string, f lua.LGFunction) Field { return Field{name, guard.GoFunction(f)} }
