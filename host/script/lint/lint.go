// Package lint finds the mistakes in scripts that their text shows: names that do
// not exist, arguments that no run accepts, globals that nothing sets. It knows the
// names from the declarations of the bindings and from Lua's own library.
//
// It reports what fails, or has no effect, in every run that gets there. What it
// cannot follow, such as the type of a parameter, it takes to be right, and a name
// that the script tests (if freeswitch.IVRMenu then ...) may be missing.
package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/compiler"
	"github.com/eslua/eslua/host/spell"
)

// A Checker knows the names that scripts can use. It does not change after New, and
// any number of goroutines may use it.
type Checker struct {
	globals   map[string]typ // what a global holds when a script begins
	libraries map[string]*library
	classes   map[string]*class
	absent    map[string]string // what to write instead of a name that eslua lacks
}

// A library is a global table of functions.
type library struct {
	name     string
	fields   map[string]typ
	declared bool // by the bindings: eslua doc describes it
	required bool // it is no global: require returns it
	partial  bool // Lua adds functions that nothing declares
}

// A class is a class of objects, as the bindings declare it.
type class struct {
	name    string // as scripts and eslua doc call its objects: "session"
	key     string // in Absent: "Session"
	methods map[string]*signature
	fields  map[string]bool
}

// New returns a Checker for scripts that can use the modules.
func New(modules []*vm.Module) *Checker {
	c := &Checker{globals: map[string]typ{}, libraries: map[string]*library{}, classes: map[string]*class{}, absent: map[string]string{}}
	for _, name := range vm.StandardNames() {
		t := typ{kind: anything}
		if s := standard(name); s != nil {
			t = typ{kind: function, fn: s}
		}
		if table, field, ok := strings.Cut(name, "."); ok {
			c.library(table).fields[field] = t
		} else {
			c.globals[name] = t
		}
	}
	c.library("package").fields["loaded"] = typ{kind: table}
	for _, name := range []string{"preload", "loaders", "searchers"} {
		c.library("package").fields[name] = typ{kind: table}
	}
	for _, m := range modules {
		for _, of := range append(slices.Clone(m.Classes), m.Records...) {
			c.classes[of.Name] = newClass(of)
		}
	}
	for _, m := range modules {
		maps.Copy(c.absent, m.Absent)
		c.declare(m)
	}
	for name, l := range c.libraries {
		if !l.required {
			c.globals[name] = c.typeOfLibrary(l)
		}
	}
	c.gather()
	c.globals["_G"] = typ{kind: table, library: c.library("_G")}
	return c
}

// typeOfLibrary returns the type of a global table. One that has the methods of a class, as
// api has those of freeswitch.API(), is an object of it with more fields.
func (c *Checker) typeOfLibrary(l *library) typ {
	for _, of := range c.classes {
		if of.name != l.name {
			continue
		}
		for method := range of.methods {
			if _, ok := l.fields[method]; !ok {
				return typ{kind: table, library: l}
			}
		}
		return typ{kind: object, class: of, library: l}
	}
	return typ{kind: table, library: l}
}

// gather gives a global table that modules fill when they are required, as luasql.postgres
// does luasql, their functions.
func (c *Checker) gather() {
	for name, l := range c.libraries {
		parent, _, ok := strings.Cut(name, ".")
		g, known := c.globals[parent]
		if !ok || !known || !l.required || g.kind != table || g.library != nil && !g.library.partial {
			continue
		}
		if g.library == nil {
			g.library = &library{name: parent, fields: map[string]typ{}, partial: true}
			c.globals[parent] = g
		}
		maps.Copy(g.library.fields, l.fields)
	}
}

// Libraries returns the names of all tables that require finds beside the script's modules.
func (c *Checker) Libraries() []string { return slices.Sorted(maps.Keys(c.libraries)) }

func newClass(of *vm.Class) *class {
	c := &class{name: strings.ToLower(of.Name), key: of.Name, methods: map[string]*signature{}, fields: map[string]bool{}}
	for i := range of.Methods {
		f := &of.Methods[i]
		s := declared(c.name+":", f)
		s.method = true
		c.methods[f.Name] = s
		if f.Go == nil { // of a record, whose methods have Go's names too
			c.methods[strings.ToUpper(f.Name[:1])+f.Name[1:]] = s
		}
	}
	for _, f := range of.Fields {
		c.fields[f.Name] = true
	}
	return c
}

func (c *Checker) library(name string) *library {
	if c.libraries[name] == nil {
		c.libraries[name] = &library{name: name, fields: map[string]typ{}}
	}
	return c.libraries[name]
}

// declare adds the globals and the functions of a module.
func (c *Checker) declare(m *vm.Module) {
	for _, v := range m.Variables {
		c.globals[v.Name] = c.typeOfKind(v.Kind, v.Class)
	}
	into, prefix := c.globals, ""
	if m.Name != "" {
		l := c.library(m.Name)
		l.declared, l.required, l.partial = true, l.required || m.Required, l.partial || m.Source != ""
		into, prefix = l.fields, m.Name+"."
	}
	for i := range m.Funcs {
		if m.Funcs[i].Go == nil && m.Source != "" { // Lua is not strict about arguments
			into[m.Funcs[i].Name] = typ{kind: anything}
			continue
		}
		into[m.Funcs[i].Name] = typ{kind: function, fn: declared(prefix, &m.Funcs[i])}
	}
	for _, k := range m.Constants {
		into[k.Name] = typ{kind: anything}
	}
}

// typeOfKind returns the type of a declared value, which may be nil as well.
func (c *Checker) typeOfKind(k vm.Kind, name string) typ {
	switch k {
	case vm.String:
		return typ{kind: text}
	case vm.Int, vm.Number:
		return typ{kind: number}
	case vm.Bool:
		return typ{kind: boolean}
	case vm.Table:
		return typ{kind: table}
	case vm.Function:
		return typ{kind: function}
	case vm.Object:
		if of := c.classes[name]; of != nil {
			return typ{kind: object, class: of}
		}
	}
	return typ{kind: anything}
}

// A File keeps what Check needs from one script. It does not change.
type File struct {
	findings []finding
	sets     map[string]bool // globals and fields of libraries: "x", "string.trim", "string.*"
	dynamic  bool            // it may set globals that its text does not show
	locals   []string
	Imports  Imports
}

// A finding is a mistake in one file, unless another file makes it right.
type finding struct {
	line    int
	text    string
	unless  []string // names of which the finding says nothing if another file sets them
	global  string   // the global that nothing in the file sets
	certain bool
}

// Read reads a script. The error is a *vm.CompileError.
func (c *Checker) Read(name, src string) (*File, error) {
	r, err := c.read(name, src)
	if err != nil {
		return nil, err
	}
	f := r.file()
	f.sets[provides(moduleName(name))] = true
	return f, nil
}

func (c *Checker) read(name, src string) (*reader, error) {
	stmts, wrong := compiler.Parse(name, src)
	if wrong != nil {
		return nil, wrong
	}
	r := newReader(c)
	r.block(stmts)
	return r, nil
}

// A Finding is a mistake in a script.
type Finding struct {
	Line    int
	Message string
	Certain bool // every run of the script fails there
	Global  bool // nothing sets a global, as far as it is known
}

// Others tells of the files that may run in one Lua state with a file, itself perhaps
// included.
type Others struct {
	Sure    []*File
	Perhaps []*File // only what their texts name counts
}

// Check returns the mistakes in a file, in the order of their lines. others returns
// the files whose globals it shares.
func (c *Checker) Check(f *File, others func() Others) []Finding {
	if len(f.findings) == 0 {
		return nil
	}
	var found []Finding
	o := others()
	for _, x := range f.findings {
		if f.repairs(x) || o.repair(x, f) {
			continue
		}
		if x.global != "" {
			x.text += c.meant(x.global, f, slices.Concat(o.Sure, o.Perhaps))
		}
		found = append(found, Finding{x.line, x.text, x.certain, x.global != ""})
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
	return slices.Compact(found)
}

// repair reports whether another file than f sets what a finding misses.
func (o Others) repair(x finding, f *File) bool {
	return slices.ContainsFunc(o.Sure, func(other *File) bool {
		return other != f && (other.repairs(x) || other.setsAny(x.unless))
	}) || slices.ContainsFunc(o.Perhaps, func(other *File) bool {
		return other.sets[x.global] || other.setsAny(x.unless)
	})
}

// repairs reports whether a file sets the global or the field that another one
// misses.
func (f *File) repairs(x finding) bool {
	if x.global != "" && (f.dynamic || f.sets[x.global]) {
		return true
	}
	return slices.ContainsFunc(x.unless, func(name string) bool {
		table, _, isField := strings.Cut(name, ".")
		return isField && (f.sets[name] || f.sets[table+".*"])
	})
}

func (f *File) setsAny(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return f.sets[name] })
}

// meant returns the end of a message about a global that does not exist.
func (c *Checker) meant(name string, f *File, together []*File) string {
	known := slices.Collect(maps.Keys(c.globals))
	for _, local := range f.locals {
		if local != name {
			known = append(known, local)
		}
	}
	for _, other := range together {
		for set := range other.sets {
			if !strings.Contains(set, ".") {
				known = append(known, set)
			}
		}
	}
	if near := spell.Typo(name, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
