// Package reference writes the Lua reference from the declarations of the
// bindings: the entries that eslua doc prints and, in its tests, bindings/README.md.
package reference

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/spell"
	lua "github.com/yuin/gopher-lua"
)

// Reference holds an entry for each name that scripts can use.
type Reference struct {
	groups []group
	absent map[string]string // what to write instead of a name that eslua does not have
}

// A group is a table, a class or the globals, with its entries.
type group struct {
	entry   *Entry // of the table or the class itself; nil for the globals
	entries []*Entry
}

// Entry describes one name.
type Entry struct {
	Name        string // "session:read", "freeswitch.API", "settings"
	Kind        string // "function", "method", "table", "module", "class", "field", "constant", "variable" ...
	Call        string // how a function is called, with its parameters and results
	Type        string // of a value, or a constant's value
	Value       vm.Kind
	Class       string // of a class; of a value that is an object
	Doc         string // paragraphs, one per line
	AfterHangup string
	Differs     string // from what mod_lua has by this name
	Example     string
	Params      []vm.Param
	Results     []vm.Result
	Members     []*Entry // of a table or a class
}

// New makes the reference of the modules.
func New(modules []*vm.Module) *Reference {
	r := &Reference{absent: map[string]string{}}
	globals := group{}
	tables := map[string]int{} // places in r.groups
	var classes []group
	for _, m := range modules {
		maps.Copy(r.absent, m.Absent)
		for _, v := range m.Variables {
			globals.entries = append(globals.entries, &Entry{Name: v.Name, Kind: "global variable", Type: typeName(v.Kind, v.Class), Value: v.Kind, Class: v.Class, Doc: v.Doc, Differs: v.Differs, Example: v.Example})
		}
		for _, c := range slices.Concat(m.Classes, m.Records) {
			classes = append(classes, classGroup(m, c))
		}
		if m.Name == "" {
			globals.entries = append(globals.entries, functions(m, "")...)
			continue
		}
		place, ok := tables[m.Name]
		if !ok {
			place = len(r.groups)
			tables[m.Name] = place
			r.groups = append(r.groups, group{entry: &Entry{Name: m.Name, Kind: "table"}})
			if m.Required {
				r.groups[place].entry.Kind = "module"
			}
		}
		g := &r.groups[place]
		if m.Doc != "" {
			g.entry.Doc = m.Doc
		}
		for _, c := range m.Constants {
			g.entries = append(g.entries, &Entry{Name: m.Name + "." + c.Name, Kind: "constant", Type: constant(c), Value: constantKind(c), Doc: c.Doc})
		}
		g.entries = append(g.entries, functions(m, m.Name+".")...)
	}
	r.groups = append(append([]group{globals}, r.groups...), classes...)
	for _, g := range r.groups {
		slices.SortStableFunc(g.entries, func(a, b *Entry) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
		if g.entry != nil {
			g.entry.Members = g.entries
		}
	}
	return r
}

// constant returns the value of a constant, or its type.
func constant(c vm.Constant) string {
	switch c.Value.(type) {
	case nil:
		return "object"
	case *lua.LUserData:
		return "userdata"
	}
	return c.Value.String()
}

func constantKind(c vm.Constant) vm.Kind {
	switch c.Value.(type) {
	case lua.LString:
		return vm.String
	case lua.LNumber:
		return vm.Number
	case lua.LBool:
		return vm.Bool
	}
	return vm.Any
}

func functions(m *vm.Module, prefix string) []*Entry {
	var entries []*Entry
	for _, f := range m.Funcs {
		entries = append(entries, function(f, "function", prefix, m.AfterHangup))
	}
	return entries
}

// classGroup describes a class under the name that its objects have in the
// examples: "session".
func classGroup(m *vm.Module, c *vm.Class) group {
	object := strings.ToLower(c.Name)
	g := group{entry: &Entry{Name: object, Kind: "object", Class: c.Name, Doc: c.Doc, Example: c.Example}}
	after := cmp.Or(c.AfterHangup, m.AfterHangup)
	for _, f := range c.Fields {
		g.entries = append(g.entries, &Entry{Name: object + "." + f.Name, Kind: "field", Type: typeName(f.Kind, ""), Value: f.Kind, Doc: f.Doc, Differs: f.Differs})
	}
	for _, f := range c.Methods {
		g.entries = append(g.entries, function(f, "method", object+":", after))
	}
	return g
}

func function(f vm.Func, kind, prefix, after string) *Entry {
	e := &Entry{Name: prefix + f.Name, Kind: kind, Doc: f.Doc, AfterHangup: cmp.Or(f.AfterHangup, after), Differs: f.Differs, Example: f.Example, Params: f.Params, Results: f.Results}
	e.Call = prefix + f.Usage()
	results := make([]string, len(f.Results))
	for i, r := range f.Results {
		results[i] = r.Name
	}
	if len(results) > 0 {
		e.Call = strings.Join(results, ", ") + " = " + e.Call
	}
	return e
}

// short returns a name without its table or class.
func short(name string) string { return name[strings.LastIndexAny(name, ".:")+1:] }

// typeName returns a kind in the words of Lua.
func typeName(k vm.Kind, class string) string {
	switch k {
	case vm.String:
		return "text"
	case vm.Int:
		return "integer"
	case vm.Number:
		return "number"
	case vm.Bool:
		return "boolean"
	case vm.Table:
		return "table"
	case vm.Function:
		return "function"
	case vm.Object:
		return strings.ToLower(class)
	}
	return "any"
}

// All returns every entry, each group's own before its members.
func (r *Reference) All() []*Entry {
	var entries []*Entry
	for _, g := range r.groups {
		if g.entry != nil {
			entries = append(entries, g.entry)
		}
		entries = append(entries, g.entries...)
	}
	return entries
}

// Find returns the entries of a name: a full one ("session:read") or a last part
// of it ("read"), which may belong to several. Case and the difference between .
// and : do not matter. Names of Lua, and names that eslua does not have, are found
// only if no other matches.
func (r *Reference) Find(name string) []*Entry {
	if found := find(r.All(), name); found != nil {
		return found
	}
	return find(r.others(), name)
}

func find(entries []*Entry, name string) []*Entry {
	name = normal(name)
	var full, parts []*Entry
	for _, e := range entries {
		own := normal(e.Name)
		switch {
		case own == name:
			full = append(full, e)
		case own[strings.LastIndexByte(own, '.')+1:] == name:
			parts = append(parts, e)
		}
	}
	if full != nil {
		return full
	}
	return parts
}

func normal(name string) string { return strings.ToLower(strings.ReplaceAll(name, ":", ".")) }

// Nearest returns the name that a mistyped one probably means; "" if none is
// near.
func (r *Reference) Nearest(name string) string {
	var names []string
	for _, e := range append(r.All(), r.others()...) {
		names = append(names, e.Name)
		if cut := strings.LastIndexAny(e.Name, ".:"); cut >= 0 {
			names = append(names, e.Name[cut+1:])
		}
	}
	return spell.Typo(name, names)
}

// Names returns the names that Find knows besides those of Lua.
func (r *Reference) Names() (names []string) {
	for _, e := range r.All() {
		names = append(names, e.Name)
	}
	return names
}

// others returns entries for the names of Lua, and for names that eslua does not
// have.
func (r *Reference) others() []*Entry {
	var entries []*Entry
	for name, advice := range r.absent {
		if object, method, ok := strings.Cut(name, ":"); ok {
			name = strings.ToLower(object) + ":" + method
		}
		if name != "session" {
			entries = append(entries, &Entry{Name: name, Kind: "not in eslua", Doc: "eslua does not have it: " + advice + "."})
		}
	}
	for _, name := range vm.StandardNames() {
		entries = append(entries, &Entry{Name: name, Kind: "Lua's own", Doc: standardDoc(name)})
	}
	return entries
}
