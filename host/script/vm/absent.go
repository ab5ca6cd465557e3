package vm

import (
	"strings"

	"github.com/eslua/eslua/host/spell"
	lua "github.com/yuin/gopher-lua"
)

// explain returns what an error adds about a name that is nil: what to use
// instead, or the name that was probably meant; and about a table that is called.
func (m *Machine) explain(self lua.LValue, name string) string {
	if _, isTable := self.(*lua.LTable); isTable {
		return m.explainTable(name)
	}
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

// explainTable says which functions the table has.
func (m *Machine) explainTable(name string) string {
	l := m.global(name)
	if l == nil {
		return ""
	}
	var calls []string
	for _, field := range l.fields.List() {
		calls = append(calls, name+"."+field)
	}
	if len(calls) > 12 {
		calls = append(calls[:12], "...")
	}
	return ": it has the functions " + strings.Join(calls, ", ") + " (eslua doc " + name + ")"
}

func (m *Machine) classOf(ud *lua.LUserData) *class {
	for _, c := range m.classes {
		if ud.Metatable == c.metatable {
			return c
		}
	}
	return nil
}
