package vm

import (
	"fmt"
	"sort"

	"github.com/eslua/eslua/host/vm/guard"
	"github.com/eslua/eslua/host/vm/stdlib"
	lua "github.com/yuin/gopher-lua"
)

// Machine is what all states share, immutable after NewMachine.
type Machine struct {
	globals   []stdlib.Field // functions and constants, in the order of their names
	libraries []*library
	modules   map[string]int // a module's place in State.bound
	classes   map[*Class]*class
	shared    guard.Shared
}

// NewMachine checks that the linked gopher-lua is the one the guard was
// written against and builds what states share.
func NewMachine(modules []*Module, classes []*Class) (*Machine, error) {
	if err := guard.Check(); err != nil {
		return nil, err
	}
	m := &Machine{modules: map[string]int{}, classes: map[*Class]*class{}}
	m.shared.Tables = map[*lua.LTable]bool{}
	for _, l := range standard() {
		if l.Name == "" {
			m.globals = append(m.globals, l.Fields...)
		} else {
			m.libraries = append(m.libraries, m.library(l))
		}
	}
	m.globals = append(m.globals, stdlib.Field{Name: "require", Value: function(require)})
	sort.Slice(m.globals, func(i, j int) bool { return m.globals[i].Name < m.globals[j].Name })
	for _, c := range classes {
		if err := m.declareClass(c); err != nil {
			return nil, err
		}
	}
	for _, module := range modules {
		if err := m.declareModule(module); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// standard are the libraries of Lua that a script has: the pure ones, and the
// guard's.
func standard() []stdlib.Library {
	return append(stdlib.Libraries(),
		stdlib.Library{Fields: sorted(guard.Base())},
		stdlib.Library{Name: "coroutine", Fields: sorted(guard.Coroutine())},
		stdlib.Library{Name: "debug", Fields: sorted(guard.Debug())},
	)
}

func sorted(list map[string]lua.LValue) []stdlib.Field {
	var fields []stdlib.Field
	for name, v := range list {
		fields = append(fields, stdlib.Field{Name: name, Value: v})
	}
	sort.Slice(fields, func(i, j int) bool { return fields[i].Name < fields[j].Name })
	return fields
}

func (m *Machine) declareModule(module *Module) error {
	if _, twice := m.modules[module.Name]; twice {
		return fmt.Errorf("the module %s is declared twice", module.Name)
	}
	place := len(m.modules)
	m.modules[module.Name] = place
	l := stdlib.Library{Name: module.Name, Fields: sorted(module.Constants)}
	seen := map[string]bool{}
	for i := range module.Funcs {
		w, err := wrap(module.Name+"."+module.Funcs[i].Name, module.Funcs[i].Name, &module.Funcs[i], m)
		if err != nil {
			return err
		}
		if name := module.Funcs[i].Name; seen[name] {
			return fmt.Errorf("%s is declared twice", w.name)
		} else {
			seen[name] = true
		}
		w.module = place
		l.Fields = append(l.Fields, stdlib.Field{Name: w.declared.Name, Value: function(w.call)})
	}
	m.libraries = append(m.libraries, m.library(l))
	return nil
}

// function makes a Lua function that states may share: it has no environment.
func function(fn lua.LGFunction) *lua.LFunction { return &lua.LFunction{IsG: true, GFunction: fn} }

// library is a global table every state has for itself, because scripts write
// into it. The state's is empty until something is looked up in it: then its
// metatable, which is shared, fills it and goes.
type library struct {
	name      string
	fields    []stdlib.Field
	metatable *lua.LTable
}

func (m *Machine) library(l stdlib.Library) *library {
	lib := &library{name: l.Name, fields: l.Fields, metatable: newTable()}
	lib.metatable.RawSetString("__index", function(lib.index))
	lib.metatable.RawSetString("__pairs", function(lib.pairs))
	lib.metatable.RawSetString("__metatable", lua.LFalse)
	m.shared.Tables[lib.metatable] = true
	return lib
}

// fill puts the library's fields into a state's table, but for those the
// script has set.
func (l *library) fill(L *lua.LState, t *lua.LTable) {
	guard.Of(L).Alloc(L, 600+160*len(l.fields))
	t.Metatable = lua.LNil
	for _, f := range l.fields {
		if t.RawGetString(f.Name) == lua.LNil {
			t.RawSetString(f.Name, f.Value)
		}
	}
}

func (l *library) index(L *lua.LState) int {
	t := L.CheckTable(1)
	if t.Metatable == l.metatable {
		l.fill(L, t)
	}
	L.Push(t.RawGet(L.Get(2)))
	return 1
}

func (l *library) pairs(L *lua.LState) int {
	t := L.CheckTable(1)
	if t.Metatable == l.metatable {
		l.fill(L, t)
	}
	L.Push(L.G.Global.RawGetString("next"))
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

func newTable() *lua.LTable { return &lua.LTable{Metatable: lua.LNil} }
