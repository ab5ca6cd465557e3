package vm

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	mostNames = 500 // that Complete returns
	mostPath  = 200 // bytes of what it looks at
)

// Complete returns the names that the last word of a text could become, and where in the
// text that word begins: those of global variables, of fields of a table that can be reached
// without running anything, and of the methods and fields of an object. Functions have an
// opening bracket. It must be called while the script does nothing.
func (s *State) Complete(text string) (from int, names []string) {
	start := strings.LastIndexFunc(text, func(r rune) bool { return r != '.' && r != ':' && !isName("a"+string(r)) }) + 1
	path := text[start:]
	from = start + strings.LastIndexAny(path, ".:") + 1
	word, method := text[from:], from > start && text[from-1] == ':'
	if len(path) > mostPath || strings.HasPrefix(path, ".") || strings.HasPrefix(path, ":") {
		return from, nil
	}
	L := s.guard.L()
	_, _ = s.guard.Enter(L, func() {
		of := lua.LValue(L.G.Global)
		for _, name := range strings.FieldsFunc(text[start:from], func(r rune) bool { return r == '.' || r == ':' }) {
			of = s.field(L, of, name)
		}
		names = s.names(L, of, word, method)
	})
	s.guard.Revive()
	slices.Sort(names)
	return from, slices.Compact(names)
}

// field returns a field of a table, without metamethods.
func (s *State) field(L *lua.LState, of lua.LValue, name string) lua.LValue {
	t, ok := of.(*lua.LTable)
	if !ok {
		return lua.LNil
	}
	if t == L.G.Global {
		return s.Global(name)
	}
	s.guard.FillLibrary(L, t)
	return t.RawGetString(name)
}

// names returns the names in a value that begin with a word.
func (s *State) names(L *lua.LState, of lua.LValue, word string, method bool) (names []string) {
	add := func(name string, v lua.LValue) {
		callable := v.Type() == lua.LTFunction
		if !strings.HasPrefix(name, word) || !isName(name) || method && !callable {
			return
		}
		if callable {
			name += "("
		}
		names = append(names, name)
	}
	switch v := of.(type) {
	case lua.LString:
		of = s.strings
	case *lua.LUserData:
		c := s.machine.classOf(v)
		if c == nil {
			return nil
		}
		for _, f := range c.declared.Fields {
			add(f.Name, lua.LNil)
		}
		of = c.methods
	}
	if t, ok := of.(*lua.LTable); ok {
		s.guard.FillLibrary(L, t)
		for k, v := t.Next(lua.LNil); k != lua.LNil && len(names) < mostNames; k, v = t.Next(k) {
			s.guard.ChargeCPU(L, 20)
			if name, ok := k.(lua.LString); ok {
				add(string(name), v)
			}
		}
	}
	return names
}
