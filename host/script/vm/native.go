package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// native is a C++ function of mod_lua, as SWIG names it in the errors about its
// arguments.
type native struct {
	name       string   // "CoreSession::setVariable"
	params     []string // their types; nil: as their kinds say
	constant   string   // " const" of a method that changes nothing
	overloaded string   // the error for any wrong arguments, of an overloaded function
}

// readNative reads the prototypes of a function, of which there may be none.
func readNative(name, prototypes string) native {
	if prototypes == "" {
		return native{name: name}
	}
	list := strings.Split(prototypes, "\n")
	name, rest, _ := strings.Cut(list[len(list)-1], "(")
	params, after, _ := strings.Cut(rest, ")")
	n := native{name: name, constant: after}
	if len(list) == 1 {
		n.params = strings.Split(params, ",")
		return n
	}
	n.overloaded = "Wrong arguments for overloaded function '" + n.short() + "'\n  Possible C/C++ prototypes are:\n    " + strings.Join(list, "\n    ") + "\n"
	return n
}

// short returns SWIG's name without namespaces: "CoreSession_setVariable", "new_Event".
func (n native) short() string {
	parts := strings.Split(n.name, "::")
	if len(parts) == 1 {
		return n.name
	}
	class, last := parts[len(parts)-2], parts[len(parts)-1]
	if class == last {
		return "new_" + last
	}
	return class + "_" + last
}

// self returns the type of the object that a method belongs to.
func (n native) self(c *class) string {
	if cut := strings.LastIndex(n.name, "::"); cut >= 0 {
		return n.name[:cut] + n.constant + " *"
	}
	return c.declared.base() + " *"
}

// param returns the type of parameter i.
func (n native) param(i int, p *Param, object *class) string {
	if i < len(n.params) {
		return n.params[i]
	}
	return p.kindName(object)
}

// typeName returns SWIG's name for the type of a value.
func (m *Machine) typeName(v lua.LValue) string {
	if ud, ok := v.(*lua.LUserData); ok {
		if c := m.classOf(ud); c != nil {
			return c.declared.native() + " *"
		}
	}
	return v.Type().String()
}
