package vm

import (
	"strings"

	"github.com/eslua/eslua/host/spell"
	lua "github.com/yuin/gopher-lua"
)

// explain returns what an error adds about a name that is nil: what to use
// instead, or the name that was probably meant.
func (m *Machine) explain(self lua.LValue, name string) string {
	full, prefix, known := name, "", m.globals.List()
	if ud, ok := self.(*lua.LUserData); ok {
		c := m.classOf(ud)
		if c == nil {
			return ""
		}
		full, known = c.declared.Name+":"+name, nil
		for _, f := range c.declared.Methods {
			known = append(known, f.Name)
		}
	} else if table, field, ok := strings.Cut(name, "."); ok {
		name, prefix, known = field, table+".", nil
		if l := m.global(table); l != nil {
			known = l.fields.List()
		}
	}
	if advice := m.absent[full]; advice != "" {
		return ": " + advice
	}
	if meant := spell.Typo(name, known); meant != "" {
		return ": did you mean " + prefix + meant + "?"
	}
	return ""
}

func (m *Machine) classOf(ud *lua.LUserData) *class {
	for _, c := range m.classes {
		if ud.Metatable == c.metatable {
			return c
		}
	}
	return nil
}
