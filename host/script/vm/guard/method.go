package guard

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// Methods of strings are looked up in the table string, which a script may
// change, although hardly any does. They are cached until something is assigned
// there.

// methods caches the string methods that a state has called.
type methods struct {
	table *lua.LTable // what strings have their methods from
	last  [16]struct {
		name string
		fn   lua.LValue
	}
}

// longMethod bounds the names in the cache, which keeps them alive.
const longMethod = 32

// method returns s:name for a string s, or nil if gopher-lua must look for it.
func (g *Guard) method(name string) lua.LValue {
	if g.methods == nil {
		mt, ok := rawGlobal(g.main.G).builtinMts[int(lua.LTString)].(*lua.LTable)
		if !ok {
			return nil
		}
		t, ok := mt.RawGetString("__index").(*lua.LTable)
		if !ok {
			return nil
		}
		g.methods = &methods{table: t}
	}
	m := &g.methods.last[uintptr(unsafe.Pointer(unsafe.StringData(name)))>>3&15]
	if unsafe.StringData(m.name) == unsafe.StringData(name) && len(m.name) == len(name) {
		return m.fn
	}
	fn, ok := rawTable(g.methods.table).strdict[name]
	if !ok {
		return nil
	}
	if len(name) <= longMethod {
		m.name, m.fn = name, fn
	}
	return fn
}

// forgetMethods empties the cache if t, of which a key is about to be set, is the
// table string.
func (g *Guard) forgetMethods(t *lua.LTable) {
	if g.methods != nil && t == g.methods.table {
		g.methods = nil
	}
}
