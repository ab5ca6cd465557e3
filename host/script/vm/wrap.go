package vm

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// Every call of a declared function passes its wrapper.
type wrapper struct {
	declared *Func
	name     string // in traces: "session:playback"
	native   native // in mod_lua's errors
	class    *class // of a method
	module   int    // the place of its module in State.bound
	cText    bool   // its module's CText
	outside  bool   // it is declared as Outside
	least    int    // arguments, self not counted
	most     int    // -1: any number
	objects  []*class
}

// wrap makes a declared function callable from Lua.
func wrap(name, cName string, f *Func, m *Machine) (*wrapper, error) {
	w := &wrapper{declared: f, name: name, native: readNative(cName, f.Native), outside: f.Outside, objects: make([]*class, len(f.Params))}
	w.least, w.most = f.Arity()
	if f.Name == "" || f.Go == nil {
		return nil, fmt.Errorf("%s is declared without a name or a Go function", name)
	}
	optional := false
	for i, p := range f.Params {
		switch {
		case p.Variadic && i < len(f.Params)-1:
			return nil, fmt.Errorf("%s: the parameter %s is variadic but not the last", name, p.Name)
		case optional && !p.Optional && !p.Variadic:
			return nil, fmt.Errorf("%s: the parameter %s must be optional, as one before it is", name, p.Name)
		case p.Kind == Object && m.classes[p.Class] == nil:
			return nil, fmt.Errorf("%s: the class of the parameter %s is not declared by any module: %q", name, p.Name, p.Class)
		}
		optional = p.Optional
		if p.Kind == Object {
			w.objects[i] = m.classes[p.Class]
		}
	}
	return w, nil
}

// call runs a declared function as a Lua function.
func (w *wrapper) call(L *lua.LState) int {
	g := guard.Of(L)
	s := g.Data.(*State)
	g.ChargeCPU(L, 20)
	a := s.begin(L, w)
	w.check(a)
	if w.class != nil {
		a.self, _ = w.class.self(L.Get(1))
	} else {
		a.self = a.Instance()
	}
	err := w.run(a)
	g.MustRun(L)
	if err != nil {
		s.end(a)
		raise(L, err)
	}
	n := a.push()
	s.end(a)
	return n
}

// A Bare error is raised as its text alone, without the place in the script, as C's
// lua_error does.
type Bare struct{ error }

// Barely makes an error Bare.
func Barely(err error) error { return Bare{err} }

// Unwrap returns the error.
func (b Bare) Unwrap() error { return b.error }

// raise turns an error of a declared function into a Lua error.
func raise(L *lua.LState, err error) {
	if failed, ok := err.(*ScriptError); ok { // of a callback: it has its place
		text := failed.Error()
		if failed.unplaced {
			text = failed.Message
		}
		guard.Throw(L, lua.LString(text), err)
	}
	if bare, ok := err.(Bare); ok {
		guard.Throw(L, lua.LString(bare.Error()), bare.error)
	}
	place := ""
	if file, line := guard.Where(L); file != "" {
		place = file + ":" + strconv.Itoa(line) + ": "
	}
	guard.Throw(L, lua.LString(place+err.Error()), err)
}

// check does what SWIG's generated code does with the arguments.
func (w *wrapper) check(a *Args) {
	given := a.Len()
	if given < w.least || w.most >= 0 && given > w.most {
		self := a.first - 1
		most := ""
		if w.most >= 0 {
			most = strconv.Itoa(w.most + self)
		}
		w.refuse(a, fmt.Sprintf("Error in %s expected %d..%s args, got %d", w.native.name, w.least+self, most, given+self))
	}
	if w.class != nil {
		if _, ok := w.class.self(a.L.Get(1)); !ok {
			w.wrongType(a, w.native.name, 1, w.native.self(w.class), a.L.Get(1))
		}
	}
	size := 0
	for i := range given {
		p, object := w.param(i)
		v := a.L.Get(a.first + i)
		if (p.Optional || p.Null) && v == lua.LNil {
			continue
		}
		if s, ok := v.(lua.LString); ok {
			if p.Most == 0 {
				size += len(s)
				w.bound(a, size, MaxText)
			} else {
				w.bound(a, len(s), p.Most)
			}
			if p.Kind == Int || p.Kind == Number {
				a.state.guard.ChargeParse(a.L, string(s)) // here
				a.state.guard.ChargeParse(a.L, string(s)) // and by the function
			}
		}
		switch {
		case !p.Kind.Takes(v):
			w.wrongType(a, w.native.name, a.first+i, w.native.param(i, p, object), v)
		case object != nil && !is(object, v):
			w.wrongType(a, w.native.short(), a.first+i, object.declared.base()+" *", v)
		}
	}
}

// refuse raises an error about the arguments, which for an overloaded function is always
// the same.
func (w *wrapper) refuse(a *Args, text string) {
	if w.native.overloaded != "" {
		text = w.native.overloaded
	}
	guard.Raise(a.L, 1, text+w.usage())
}

// bound raises an error if texts hold more bytes than they may.
func (w *wrapper) bound(a *Args, size, most int) {
	if err := a.bound(size, most); err != nil {
		guard.Raise(a.L, 1, err.Error())
	}
}

// param returns the declaration of argument i.
func (w *wrapper) param(i int) (*Param, *class) {
	i = min(i, len(w.declared.Params)-1)
	return &w.declared.Params[i], w.objects[i]
}

func is(c *class, v lua.LValue) bool {
	_, ok := c.self(v)
	return ok
}

func (w *wrapper) wrongType(a *Args, name string, i int, expected string, got lua.LValue) {
	w.refuse(a, fmt.Sprintf("Error in %s (arg %d), expected '%s' got '%s'", name, i, expected, a.state.machine.typeName(got)))
}

// usage returns how to call the function: SWIG's text counts the object before
// the colon as the first argument.
func (w *wrapper) usage() string {
	prefix := strings.TrimSuffix(w.name, w.declared.Name)
	if w.class != nil {
		prefix = strings.ToLower(w.class.declared.Name) + ":"
	}
	return "; write " + prefix + w.declared.Usage()
}

// Takes reports whether a parameter of kind k accepts v.
func (k Kind) Takes(v lua.LValue) bool {
	switch v := v.(type) {
	case *lua.LNilType:
		return k == Any || k == String
	case lua.LString:
		if k == Int || k == Number {
			_, ok := number.Parse(string(v))
			return ok
		}
		return k == Any || k == String
	case lua.LNumber:
		return k == Any || k == String || k == Int || k == Number
	case lua.LBool:
		return k == Any || k == Bool
	case *lua.LTable:
		return k == Any || k == Table
	case *lua.LFunction:
		return k == Any || k == Function
	case *lua.LUserData:
		return k == Any || k == Object
	}
	return k == Any
}

// kindName returns SWIG's name of the C++ type for a kind.
func (p *Param) kindName(object *class) string {
	switch p.Kind {
	case String:
		return "char *"
	case Int:
		return "int"
	case Number:
		return "double"
	case Bool:
		return "bool"
	case Table:
		return "table"
	case Function:
		return "function"
	case Object:
		return object.declared.base() + " *"
	}
	return "any"
}
