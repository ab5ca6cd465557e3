package vm

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/stdlib"
	lua "github.com/yuin/gopher-lua"
)

// A Machine has what all states share. It does not change after NewMachine.
type Machine struct {
	globals   guard.Names
	libraries []*library
	modules   map[*Module]int // a module's place in State.bound
	classes   map[string]*class
	shared    guard.Shared
	absent    map[string]string // of all modules
}

// NewMachine checks that the linked gopher-lua is the one that guard was written
// against, and returns a Machine with the modules.
func NewMachine(modules ...*Module) (*Machine, error) {
	if err := guard.Check(); err != nil {
		return nil, err
	}
	m := &Machine{modules: map[*Module]int{}, classes: map[string]*class{}, absent: map[string]string{}}
	m.shared.Explain = m.explain
	m.shared.Tables = map[*lua.LTable]bool{}
	m.shared.Lane = make(guard.Lane, max(1, runtime.GOMAXPROCS(0)/2))
	for _, l := range standard() {
		if l.Name != "" {
			m.addLibrary(l)
			continue
		}
		for _, f := range l.Fields {
			m.globals.Add(f.Name, f.Value)
		}
	}
	for place, module := range modules {
		m.modules[module] = place
		for _, c := range module.Classes {
			if err := m.declareClass(c, place); err != nil {
				return nil, err
			}
		}
	}
	for _, module := range modules { // all classes are known now
		if err := m.declareModule(module); err != nil {
			return nil, err
		}
	}
	for _, l := range m.libraries {
		m.globals.Add(l.name, lua.LNil) // each state has its own
	}
	m.globals.Add("_G", lua.LNil)
	return m, nil
}

// standard returns the libraries of Lua that every script has.
func standard() []stdlib.Library {
	return append(stdlib.Libraries(),
		stdlib.Library{Fields: []stdlib.Field{{Name: "require", Value: guard.GoFunction(require)}}},
		stdlib.Library{Name: "package", Fields: []stdlib.Field{ // where modules come from is the store's affair
			{Name: "cpath", Value: lua.LString("")},
			{Name: "path", Value: lua.LString("")},
		}},
	)
}

// StandardNames returns the names that Lua itself gives to scripts: "print",
// "string.byte".
func StandardNames() []string {
	var names []string
	for _, l := range standard() {
		for _, f := range l.Fields {
			names = append(names, strings.TrimPrefix(l.Name+"."+f.Name, "."))
		}
	}
	slices.Sort(names)
	return names
}

func (m *Machine) declareModule(module *Module) error {
	for name, advice := range module.Absent {
		m.absent[name] = advice
	}
	for _, c := range module.Classes {
		if err := m.declareMethods(c); err != nil {
			return err
		}
	}
	l := stdlib.Library{Name: module.Name}
	for _, c := range module.Constants {
		l.Fields = append(l.Fields, stdlib.Field{Name: c.Name, Value: c.Value})
	}
	for i := range module.Funcs {
		f := &module.Funcs[i]
		w, err := wrap(strings.TrimPrefix(module.Name+"."+f.Name, "."), f.Name, f, m)
		if err != nil {
			return err
		}
		w.module = m.modules[module]
		l.Fields = append(l.Fields, stdlib.Field{Name: f.Name, Value: guard.GoFunction(w.call)})
	}
	into := &m.globals
	if l.Name != "" {
		into = &m.library(l.Name).fields
	}
	for _, f := range l.Fields {
		if slices.Contains(into.List(), f.Name) {
			return fmt.Errorf("%s is declared twice", strings.TrimPrefix(l.Name+"."+f.Name, "."))
		}
		into.Add(f.Name, f.Value)
	}
	return nil
}

// library is a global table of which each state has its own, because scripts
// write into it. It is empty until something is looked up in it: then its
// metatable, which is shared, fills it and is removed.
type library struct {
	name      string
	fields    guard.Names
	metatable *lua.LTable
}

func (m *Machine) addLibrary(l stdlib.Library) {
	lib := m.library(l.Name)
	for _, f := range l.Fields {
		lib.fields.Add(f.Name, f.Value)
	}
}

// library returns the library of that name, and adds it if there is none.
func (m *Machine) library(name string) *library {
	for _, lib := range m.libraries {
		if lib.name == name {
			return lib
		}
	}
	lib := &library{name: name, metatable: newTable()}
	lib.metatable.RawSetString("__index", guard.GoFunction(lib.index))
	lib.metatable.RawSetString("__pairs", guard.GoFunction(lib.pairs))
	lib.metatable.RawSetString("__metatable", lua.LFalse)
	m.shared.Tables[lib.metatable] = true
	m.libraries = append(m.libraries, lib)
	return lib
}

// fill puts the library's fields into a state's table, except fields that the
// script has set.
func (l *library) fill(L *lua.LState, t *lua.LTable) {
	g := guard.Of(L)
	g.ChargeMemory(L, l.fields.Size())
	t.Metatable = lua.LNil
	var own []lua.LValue
	t.ForEach(func(k, v lua.LValue) { own = append(own, k, v) })
	l.fields.Fill(t, len(own)/2)
	for i := 0; i < len(own); i += 2 {
		t.RawSet(own[i], own[i+1])
	}
	if l.name == "package" {
		t.RawSetString("loaded", g.Data.(*State).loadedTable())
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
