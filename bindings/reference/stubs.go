package reference

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
)

// A Stub holds the definitions of names for an editor, in Lua with the annotations of
// LuaLS (https://luals.github.io/wiki/annotations). Nobody runs it.
type Stub struct {
	Path string // of the file, with slashes: "eslua.lua", "socket/http.lua"
	Text string
}

// Stubs returns a file with all globals and classes, and one for each module that require
// returns, where an editor looks for it.
func (r *Reference) Stubs() []Stub {
	var globals strings.Builder
	globals.WriteString("---@meta\n\n")
	var stubs []Stub
	for _, g := range r.groups {
		if g.entry == nil || g.entry.Kind != "module" {
			g.stub(&globals)
			continue
		}
		var module strings.Builder
		fmt.Fprintf(&module, "---@meta %s\n\n", g.entry.Name)
		g.stub(&module)
		fmt.Fprintf(&module, "return %s\n", g.holder())
		stubs = append(stubs, Stub{strings.ReplaceAll(g.entry.Name, ".", "/") + ".lua", module.String()})
	}
	for _, name := range slices.Sorted(maps.Keys(r.absent)) {
		r.absentStub(&globals, name)
	}
	return append([]Stub{{"eslua.lua", globals.String()}}, stubs...)
}

// holder returns the name of the Lua variable that has the group's functions.
func (g group) holder() string {
	switch {
	case g.entry == nil:
		return ""
	case g.entry.Kind == "object":
		return g.entry.Class
	}
	return identifier(g.entry.Name)
}

func (g group) stub(w io.Writer) {
	if g.entry != nil && !standardTable(g.entry.Name) {
		comment(w, g.entry.Doc, g.entry.Example)
		switch g.entry.Kind {
		case "object":
			fmt.Fprintf(w, "---@class %s\n", g.entry.Class)
			for _, e := range g.entries {
				if e.Call == "" {
					fmt.Fprintf(w, "---@field %s %s %s\n", short(e.Name), stubType(e.Value, ""), oneLine(e.Doc))
				}
			}
			fmt.Fprintf(w, "local %s = {}\n\n", g.entry.Class)
		case "module":
			fmt.Fprintf(w, "local %s = {}\n\n", g.holder())
		default:
			fmt.Fprintf(w, "%s = {}\n\n", g.holder())
		}
	}
	for _, e := range g.entries {
		switch {
		case e.Call != "":
			e.stub(w, g.holder())
		case g.entry == nil:
			comment(w, e.Doc, e.Example)
			fmt.Fprintf(w, "---@type %s\n%s = nil\n\n", stubType(e.Value, e.Class), e.Name)
		case g.entry.Kind != "object":
			comment(w, e.Doc, "")
			fmt.Fprintf(w, "%s.%s = %s\n\n", g.holder(), short(e.Name), stubValue(e))
		}
	}
}

// standardTable reports whether Lua itself has the table, which an editor knows.
func standardTable(name string) bool {
	return slices.Contains(strings.Fields("coroutine debug io math os package string table"), name)
}

// stub writes the definition of a function or a method.
func (e *Entry) stub(w io.Writer, holder string) {
	doc := e.Doc
	if e.AfterHangup != "" {
		doc += "\n\nAfter the hangup: " + e.AfterHangup
	}
	if e.Differs != "" {
		doc += "\n\nDiffers from mod_lua: " + e.Differs
	}
	comment(w, doc, e.Example)
	names := make([]string, len(e.Params))
	for i, p := range e.Params {
		name, optional := identifier(p.Name), ""
		if p.Optional {
			optional = "?"
		}
		if p.Variadic {
			name = "..."
		}
		names[i] = name
		about := p.Doc
		if p.Default != "" {
			about += " (default: " + p.Default + ")"
		}
		fmt.Fprintf(w, "---@param %s%s %s %s\n", name, optional, stubParam(p), oneLine(about))
	}
	for _, r := range e.Results {
		fmt.Fprintf(w, "---@return %s %s %s\n", stubType(r.Kind, r.Class), identifier(r.Name), oneLine(r.Doc))
	}
	name := short(e.Name)
	switch {
	case e.Kind == "method":
		name = holder + ":" + name
	case holder != "":
		name = holder + "." + name
	}
	fmt.Fprintf(w, "function %s(%s) end\n\n", name, strings.Join(names, ", "))
}

// absentStub has an editor strike a name through that eslua does not have, and say what to
// write instead.
func (r *Reference) absentStub(w io.Writer, name string) {
	if cut := strings.IndexAny(name, ".:"); cut > 0 && !r.has(name[:cut]) {
		return // its table or class is not there either
	}
	if slices.ContainsFunc(r.All(), func(e *Entry) bool { return e.Name == name }) {
		return // some scripts have it
	}
	comment(w, "eslua does not have it: "+r.absent[name]+".", "")
	fmt.Fprintf(w, "---@deprecated\nfunction %s(...) end\n\n", name)
}

// has reports whether there is a table or a class of the name.
func (r *Reference) has(name string) bool {
	return standardTable(name) || slices.ContainsFunc(r.groups, func(g group) bool {
		return g.entry != nil && (g.entry.Class == name || g.entry.Name == name)
	})
}

func comment(w io.Writer, doc, example string) {
	for line := range strings.SplitSeq(doc, "\n") {
		fmt.Fprintln(w, strings.TrimRight("--- "+line, " "))
	}
	if example == "" {
		return
	}
	fmt.Fprintln(w, "--- ```lua")
	for line := range strings.SplitSeq(example, "\n") {
		fmt.Fprintln(w, "--- "+line)
	}
	fmt.Fprintln(w, "--- ```")
}

func oneLine(doc string) string { return strings.Join(strings.Fields(doc), " ") }

// stubParam returns the type of the arguments that a parameter accepts, which is wider than
// what it is: see vm.Kind.
func stubParam(p vm.Param) string {
	kind := stubType(p.Kind, p.Class)
	switch {
	case p.Kind == vm.String:
		kind = "string|number"
	case p.Kind == vm.Int, p.Kind == vm.Number:
		kind = "number|string"
	case p.Null:
		kind += "|nil"
	}
	return kind
}

func stubType(k vm.Kind, class string) string {
	switch k {
	case vm.String:
		return "string"
	case vm.Object:
		return class
	}
	return typeName(k, class)
}

// stubValue returns Lua for the value of a constant.
func stubValue(e *Entry) string {
	switch e.Value {
	case vm.String:
		return strconv.Quote(e.Type)
	case vm.Int, vm.Number, vm.Bool:
		return e.Type
	}
	return "{}"
}

// identifier returns a name that Lua takes for a variable.
func identifier(name string) string {
	name = strings.Map(func(c rune) rune {
		if c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, name)
	if strings.Contains(" and break do else elseif end false for function goto if in local nil not or repeat return then true until while ", " "+name+" ") {
		return name + "_"
	}
	return name
}
