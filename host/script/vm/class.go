package vm

import (
	"cmp"
	"fmt"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// A class is a Class with its metatable, which all states share and no script can
// reach.
type class struct {
	declared  *Class
	module    int // the place of its module in State.bound
	metatable *lua.LTable
	methods   *lua.LTable
}

func (c *Class) native() string {
	if c.Native != "" {
		return c.Native
	}
	return c.Name
}

func (c *Class) base() string { return cmp.Or(c.Base, c.native()) }

func (m *Machine) declareClass(declared *Class, module int) error {
	if m.classes[declared.Name] != nil {
		return fmt.Errorf("the class %s is declared twice", declared.Name)
	}
	if err := checkValue(declared); err != nil {
		return err
	}
	c := &class{declared: declared, module: module, metatable: newTable(), methods: newTable()}
	m.classes[declared.Name] = c
	m.shared.Tables[c.metatable] = true
	m.shared.Tables[c.methods] = true
	return nil
}

// declareMethods wraps the methods of a class. Call it when all classes are known,
// because a method's parameter may be of any of them.
func (m *Machine) declareMethods(declared *Class, cText bool) error {
	c := m.classes[declared.Name]
	for i := range declared.Methods {
		method := &declared.Methods[i]
		w, err := wrap(declared.Name+":"+method.Name, declared.base()+"::"+method.Name, method, m)
		if err != nil {
			return err
		}
		if c.methods.RawGetString(method.Name) != lua.LNil {
			return fmt.Errorf("%s is declared twice", w.name)
		}
		w.class, w.module, w.cText = c, c.module, cText
		c.methods.RawSetString(method.Name, guard.GoFunction(w.call))
	}
	if len(declared.Fields) == 0 {
		c.metatable.RawSetString("__index", c.methods)
	} else {
		c.metatable.RawSetString("__index", guard.GoFunction(c.index))
	}
	c.metatable.RawSetString("__newindex", guard.GoFunction(c.newIndex))
	c.metatable.RawSetString("__tostring", guard.GoFunction(c.tostring))
	c.metatable.RawSetString("__metatable", lua.LFalse)
	return nil
}

// self returns the Go value of v, if v is an object of the class.
func (c *class) self(v lua.LValue) (self any, ok bool) {
	if ud, is := v.(*lua.LUserData); is && ud.Metatable == c.metatable {
		return ud.Value, true
	}
	return nil, false
}

func (c *class) field(name lua.LValue) *Field {
	text, _ := name.(lua.LString)
	for i := range c.declared.Fields {
		if f := &c.declared.Fields[i]; f.Name == string(text) {
			return f
		}
	}
	return nil
}

func (c *class) index(L *lua.LState) int {
	name, _ := L.Get(2).(lua.LString)
	if v := c.methods.RawGetString(string(name)); v != lua.LNil {
		L.Push(v)
		return 1
	}
	self, ok := c.self(L.Get(1))
	f := c.field(name)
	if !ok || f == nil {
		return 0
	}
	L.Push(f.get(self))
	return 1
}

// newIndex sets a field, as SWIG_Lua_class_set does.
func (c *class) newIndex(L *lua.LState) int {
	self, ok := c.self(L.Get(1))
	f := c.field(L.Get(2))
	if !ok || f == nil || f.Set == nil {
		guard.Raise(L, 1, "Assignment not possible. No setter/member with this name. "+
			"For custom assignments implement __setitem method.")
	}
	v, name := L.Get(3), cmp.Or(f.Native, c.declared.base()+"::"+f.Name)
	p := Param{Kind: f.Kind}
	if !f.Kind.Takes(v) {
		guard.Raise(L, 1, fmt.Sprintf("Error in %s (arg 2), expected '%s' got '%s'", name, p.kindName(nil), v.Type()))
	}
	if text, ok := v.(lua.LString); ok {
		if len(text) > MaxText {
			guard.Raise(L, 1, fmt.Sprintf("%s: the text holds %d bytes, and at most %d are possible", name, len(text), MaxText))
		}
		guard.Of(L).ChargeParse(L, string(text))
	}
	if _, is := self.(*standIn); is {
		guard.Raise(L, 1, errStandIn.Error())
	}
	if err := f.Set(self, v); err != nil {
		guard.Raise(L, 1, err.Error())
	}
	return 0
}

// tostring writes an object as SWIG does.
func (c *class) tostring(L *lua.LState) int {
	L.Push(lua.LString(fmt.Sprintf("<userdata of type '%s *' at %p>", c.declared.native(), L.Get(1))))
	return 1
}

// describe names an object by its class and, if it has one, its uuid.
func (c *class) describe(object *lua.LUserData) string {
	if f := c.field(lua.LString("uuid")); f != nil {
		if uuid, ok := f.get(object.Value).(lua.LString); ok {
			return c.declared.Name + " " + string(uuid)
		}
	}
	return c.declared.Name
}
