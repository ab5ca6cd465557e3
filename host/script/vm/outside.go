package vm

import (
	"errors"

	lua "github.com/yuin/gopher-lua"
)

// An Outside stands between a script and what it asks by another way than the connection of
// its call: it may note the answers, or give some that were noted. It runs in the goroutine
// of its state.
type Outside interface {
	// Asks calls a function that is declared as Outside, or a method of an object that the
	// Outside knows, or does without.
	Asks(a *Args, call func(*Args) error) error
	// Knows reports whether an object has come from outside.
	Knows(object *lua.LUserData) bool
	// CallsBack is shown what a function of the script is called with that one of Asks calls.
	CallsBack(args []lua.LValue)
}

// answered does what run does, where there is an Outside.
func (w *wrapper) answered(a *Args, o Outside) (err error) {
	if tracer := a.state.options.Tracer; tracer != nil {
		err = ErrUnwound
		tracer.Enter(a)
		defer func() { tracer.Leave(a, err) }()
	}
	err = w.ask(a, o)
	return err
}

// ask calls the declared function, or has the Outside do it.
func (w *wrapper) ask(a *Args, o Outside) error {
	object, _ := a.L.Get(1).(*lua.LUserData)
	defer func(before bool) { a.state.asking = before }(a.state.asking)
	a.state.asking = false
	if w.outside && (w.declared.Inside == nil || !w.declared.Inside(a)) || w.class != nil && o.Knows(object) {
		a.state.asking = true
		return o.Asks(a, w.declared.Go)
	}
	for i := range a.Len() {
		if _, is := a.Object(i).(*standIn); is {
			return errStandIn
		}
	}
	return w.declared.Go(a)
}

var errStandIn = errors.New("an object of a recorded call, of which only the answers are known, cannot be given to this function")

// A standIn is the Go value of an object in whose place an Outside answers.
type standIn struct{ fields map[string]lua.LValue }

// Holds visits the values of the fields.
func (s *standIn) Holds(visit func(lua.LValue)) (bytes int) {
	for name, v := range s.fields {
		visit(v)
		bytes += 64 + len(name)
	}
	return bytes
}

// StandIn returns an object of a class whose methods the Outside answers, with the values of
// its fields. It returns nil if there is no such class.
func (a *Args) StandIn(class string, fields map[string]lua.LValue) *lua.LUserData {
	c := a.state.machine.classes[class]
	if c == nil {
		return nil
	}
	s := &standIn{fields}
	a.ChargeMemory(128 + s.Holds(func(lua.LValue) {}))
	return &lua.LUserData{Value: s, Metatable: c.metatable}
}

// Fields returns the values of an object's fields.
func (a *Args) Fields(object *lua.LUserData) map[string]lua.LValue {
	c := a.state.machine.classOf(object)
	if c == nil || len(c.declared.Fields) == 0 {
		return nil
	}
	fields := map[string]lua.LValue{}
	for i := range c.declared.Fields {
		f := &c.declared.Fields[i]
		fields[f.Name] = f.get(object.Value)
	}
	return fields
}

// get returns the value of the field of an object.
func (f *Field) get(self any) lua.LValue {
	if s, is := self.(*standIn); is {
		if v, ok := s.fields[f.Name]; ok {
			return v
		}
		return lua.LNil
	}
	return f.Get(self)
}

// MethodNamed returns a method as a function, lua.LNil if there is none.
func (a *Args) MethodNamed(class, name string) lua.LValue {
	c := a.state.machine.classes[class]
	if c == nil {
		return lua.LNil
	}
	return c.methods.RawGetString(name)
}

// MethodOf returns the class and the name of a method that is handed out as a function; ok is
// false for another function.
func (a *Args) MethodOf(fn *lua.LFunction) (class, name string, ok bool) {
	for class, c := range a.state.machine.classes {
		for i := range c.declared.Methods {
			if name := c.declared.Methods[i].Name; c.methods.RawGetString(name) == fn {
				return class, name, true
			}
		}
	}
	return "", "", false
}
