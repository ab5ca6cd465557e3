package guard

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// Names lists the fields of a table of which each state has its own. Their order is
// stored once.
type Names struct {
	keys   []lua.LValue
	values []lua.LValue
	places map[string]int
}

// Add adds a field, or replaces its value.
func (n *Names) Add(name string, v lua.LValue) {
	if i, ok := n.places[name]; ok {
		n.values[i] = v
		return
	}
	if n.places == nil {
		n.places = map[string]int{}
	}
	n.places[name] = len(n.keys)
	n.keys = append(n.keys, lua.LString(name))
	n.values = append(n.values, v)
}

// Get returns the value of a field, if there is such a field.
func (n *Names) Get(name string) (v lua.LValue, ok bool) {
	i, ok := n.places[name]
	if !ok {
		return lua.LNil, false
	}
	return n.values[i], true
}

// List returns the names.
func (n *Names) List() []string {
	list := make([]string, len(n.keys))
	for i, k := range n.keys {
		list[i] = string(k.(lua.LString))
	}
	return list
}

// Size returns what a table of these fields takes, in bytes.
func (n *Names) Size() int { return TableSize(0, len(n.keys)) }

// Fill gives an empty table the fields, and room for more.
func (n *Names) Fill(t *lua.LTable, room int) {
	m := rawTable(t)
	m.strdict = make(map[string]lua.LValue, len(n.keys)+room)
	m.k2i = make(map[lua.LValue]int, len(n.keys)+room)
	m.keys = slices.Clip(n.keys)
	for i, k := range n.keys {
		m.strdict[string(k.(lua.LString))] = n.values[i]
		m.k2i[k] = i
	}
}
