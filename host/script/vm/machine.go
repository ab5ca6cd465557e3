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
	unfilled  *lua.LTable // the metatable of globals that are not all there
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
	m.shared.Lane = guard.NewLane(max(1, runtime.GOMAXPROCS(0)/2))
	for _, l := range standard() {
		into := m.namesOf(l.Name)
		for _, f := range l.Fields {
			into.Add(f.Name, f.Value)
		}
	}
	for place, module := range modules {
		m.modules[module] = place
		for _, c := range module.Classes {
			if err := m.declareClass(c, place); err != nil {
				return nil, err
			}
		}
		for _, c := range module.Records {
			if err := checkRecord(c); err != nil {
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
		if !l.required {
			m.globals.Add(l.name, lua.LNil) // each state has its own
		}
	}
	m.globals.Add("_G", lua.LNil)
	m.declareGlobals()
	return m, nil
}

// Gate returns the gate that can stop all states of the machine while they compute.
func (m *Machine) Gate() *guard.Gate { return &m.shared.Gate }

// standard returns the libraries of Lua that every script has.
func standard() []stdlib.Library {
	return append(stdlib.Libraries(),
		stdlib.Library{Fields: []stdlib.Field{
			{Name: "dofile", Value: guard.GoFunction(dofile)},
			{Name: "loadfile", Value: guard.GoFunction(loadfile)},
			{Name: "module", Value: guard.GoFunction(module)},
			{Name: "require", Value: guard.GoFunction(require)},
		}},
		stdlib.Library{Name: "package", Fields: []stdlib.Field{ // where modules come from is the store's affair
			{Name: "config", Value: lua.LString("/\n;\n?\n!\n-")},
			{Name: "cpath", Value: lua.LString("")},
			{Name: "path", Value: lua.LString("")}, // each state has its own
			{Name: "seeall", Value: guard.GoFunction(seeAll)},
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
		if err := m.declareMethods(c, module.CText); err != nil {
			return err
		}
	}
	l := stdlib.Library{Name: module.Name}
	for _, c := range module.Constants {
		if c.Make != nil {
			lib, place := m.library(module.Name), m.modules[module]
			lib.own = append(lib.own, own{c.Name, func(s *State) lua.LValue { return c.Make(s, s.bound[place]) }})
			continue
		}
		l.Fields = append(l.Fields, stdlib.Field{Name: c.Name, Value: c.Value})
	}
	for i := range module.Funcs {
		f := &module.Funcs[i]
		if f.Go == nil && module.Source != "" {
			continue
		}
		w, err := wrap(strings.TrimPrefix(module.Name+"."+f.Name, "."), f.Name, f, m)
		if err != nil {
			return err
		}
		w.module, w.cText = m.modules[module], module.CText
		w.outside = w.outside || module.Outside
		l.Fields = append(l.Fields, stdlib.Field{Name: f.Name, Value: guard.GoFunction(w.call)})
	}
	into := m.namesOf(l.Name)
	for _, f := range l.Fields {
		if slices.Contains(into.List(), f.Name) {
			return fmt.Errorf("%s is declared twice", strings.TrimPrefix(l.Name+"."+f.Name, "."))
		}
		into.Add(f.Name, f.Value)
	}
	return m.declareRequired(module)
}

// declareRequired notes what require has to do for a module.
func (m *Machine) declareRequired(module *Module) (err error) {
	if !module.Required {
		return nil
	}
	l := m.library(module.Name)
	l.required = true
	if module.Source != "" {
		l.source, err = Compile(guard.OwnPlace+module.Name, []byte(module.Source))
	}
	return err
}

// A library is a global table of which each state has its own, because scripts
// write into it. It is empty until something is looked up in it: then its
// metatable, which is shared, fills it and is removed.
type library struct {
	name      string
	fields    guard.Names
	metatable *lua.LTable
	required  bool    // it is not a global, but require finds it
	source    *Script // completes the table, if there is one
	own       []own
}

// own is a field of which each state has its own.
type own struct {
	name string
	make func(*State) lua.LValue
}

// namesOf returns the fields of a library, or the globals if its name is "".
func (m *Machine) namesOf(name string) *guard.Names {
	if name == "" {
		return &m.globals
	}
	return &m.library(name).fields
}

func (m *Machine) libraryNames() []string {
	var names []string
	for _, l := range m.libraries {
		if !l.required {
			names = append(names, l.name)
		}
	}
	return names
}

// global returns the global library of that name, nil if there is none.
func (m *Machine) global(name string) *library {
	if l := m.find(name); l != nil && !l.required {
		return l
	}
	return nil
}

// find returns the library of that name, nil if there is none.
func (m *Machine) find(name string) *library {
	for _, lib := range m.libraries {
		if lib.name == name {
			return lib
		}
	}
	return nil
}

// library returns the library of that name, and adds it if there is none.
func (m *Machine) library(name string) *library {
	if lib := m.find(name); lib != nil {
		return lib
	}
	lib := &library{name: name, metatable: newTable()}
	lib.metatable.RawSetString("__index", guard.GoFunction(lib.index))
	lib.metatable.RawSetString("__pairs", guard.GoFunction(globalPairs))
	lib.metatable.RawSetString("__metatable", lua.LFalse)
	m.shared.Tables[lib.metatable] = true
	m.libraries = append(m.libraries, lib)
	return lib
}

// fill puts the library's fields into a state's table, except fields that the
// script has set.
func (l *library) fill(L *lua.LState, t *lua.LTable) {
	fillNames(L, t, &l.fields)
	for _, f := range l.own {
		if t.RawGetString(f.name) == lua.LNil {
			guard.Of(L).ChargeMemory(L, 200)
			t.RawSetString(f.name, f.make(guard.Of(L).Data.(*State)))
		}
	}
	if l.name == "package" {
		guard.Of(L).Data.(*State).fillPackage(t)
	}
}

func (l *library) index(L *lua.LState) int {
	t := L.CheckTable(1)
	guard.Of(L).FillLibrary(L, t)
	L.Push(t.RawGet(L.Get(2)))
	return 1
}

func newTable() *lua.LTable { return &lua.LTable{Metatable: lua.LNil} }
