// Package stdlib owns the pure functions of Lua's standard library: base, string, table, math, os and bit32, as PUC
// Lua 5.1 does them, plus what 5.2 scripts use. It leaves to host/script/vm/guard what touches the machine (protected calls,
// coroutines, load, debug), and to host/script/vm the tables the functions are put into.
//
// gopher-lua's own functions are not used: they differ from PUC Lua in what they answer, work without a bound and
// allocate without one (string.rep, a quadratic gsub, a pattern that walks for ever). Here every function charges the
// state's guard before it works or allocates in proportion to what the script gave it. Three rules follow:
//
//   - nothing is quadratic, and Go's stack never grows with the input;
//   - a part of a string is copied, for a slice would keep the whole alive behind the guard's back;
//   - functions hold no state: they are shared by all Lua states, and what a state has of its own is in its guard.
//
// testdata/differences.lua lists where the functions differ from lua5.1 on purpose, each with its reason.
package stdlib

import (
	"maps"
	"slices"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// Library is one table of the standard library. Its values are functions and numbers that all states may share: nobody
// may write into them. The fields are in the manual's order.
type Library struct {
	Name   string // the global that holds it; "" for the globals themselves
	Fields []Field
}

// Field is one entry of a library.
type Field struct {
	Name  string
	Value lua.LValue
}

// Libraries returns the whole standard library, with the functions that touch the machine, which are the guard's. A state
// must have a table of its own for each, as scripts write into library tables.
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

// StringMetatable is the metatable for the strings of one state, whose string library is str, so that ("x"):rep(3)
// finds what the script finds under string.rep. Scripts can neither read nor replace it.
func StringMetatable(L *lua.LState, str *lua.LTable) *lua.LTable {
	mt := L.CreateTable(0, 2)
	mt.RawSetString("__index", str)
	mt.RawSetString("__metatable", lua.LFalse)
	return mt
}

func fields(list ...Field) []Field { return list }

func fn(name string, f lua.LGFunction) Field { return Field{name, guard.GoFunction(f)} }

func constant(name string, x float64) Field { return Field{name, lua.LNumber(x)} }
