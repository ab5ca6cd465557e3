package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/compiler"
	"github.com/eslua/eslua/host/spell"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// file checks the places that were noted.
func (r *reader) file() *File {
	f := &File{sets: map[string]bool{}, Imports: r.imports()}
	f.dynamic = f.Imports.Outside
	for _, module := range f.Imports.Provided {
		f.sets[provides(module)] = true
	}
	for _, v := range r.locals {
		f.locals = append(f.locals, v.name)
	}
	for name, v := range r.globals {
		if len(v.values) > 0 {
			f.sets[name] = true
		}
	}
	for _, target := range r.sets {
		r.setField(f, target)
	}
	for _, s := range r.sites {
		r.escapes(f, s)
	}
	for _, s := range r.sites {
		if call, ok := s.expr.(*ast.FuncCallExpr); ok {
			r.typeCallbacks(call)
		}
	}
	expected := r.testedNames()
	for _, s := range r.sites {
		if x, about := r.check(s); x.text != "" && !expected[about] {
			x.certain = x.certain && s.certain && !s.caught
			f.findings = append(f.findings, x)
		}
	}
	return f
}

// moduleName returns the name by which require finds a file of the tree.
func moduleName(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(file, ".lua"), "/init")
	return strings.ReplaceAll(name, "/", ".")
}

// typeCallbacks notes what the functions get that a call names.
func (r *reader) typeCallbacks(e *ast.FuncCallExpr) {
	sig, _ := r.called(e)
	for i, arg := range e.Args {
		name, ok := arg.(*ast.StringExpr)
		if !ok || sig == nil || sig.param(i).Callback == "" || r.globals[name.Value] == nil {
			continue
		}
		for _, value := range r.globals[name.Value].values {
			f, ok := value.(*ast.FunctionExpr)
			if v := r.first[f]; ok && v != nil && v.before == nil { // another call may have named it before
				first := &typ{kind: object, class: r.checker.classes[sig.param(i).Callback]}
				*v = variable{name: v.name, line: v.line, before: first, values: v.values[1:]}
			}
		}
	}
}

// setField notes an assignment to a field of a library.
func (r *reader) setField(f *File, target *ast.AttrGetExpr) {
	of := r.typeOf(target.Object).library
	if of == nil {
		return
	}
	name, ok := fieldName(target)
	switch {
	case of.name != "_G" && ok:
		f.sets[of.name+"."+name] = true
	case of.name != "_G":
		f.sets[of.name+".*"] = true
	case ok:
		f.sets[name] = true
	default:
		f.dynamic = true
	}
}

// escapes notes what lets other code set globals, or fields of a library.
func (r *reader) escapes(f *File, s site) {
	id, ok := s.expr.(*ast.IdentExpr)
	if !ok {
		return
	}
	if v := r.meaning[id]; v.line == 0 && slices.Contains([]string{"load", "loadstring", "setfenv", "getfenv", "module"}, v.name) {
		f.dynamic = true
	}
	if l := r.typeOf(id).library; l != nil && s.use == read {
		f.sets[l.name+".*"] = true
		f.dynamic = f.dynamic || l.name == "_G"
	}
}

// testedNames returns what the script may find missing because it tests it.
func (r *reader) testedNames() map[string]bool {
	names := map[string]bool{}
	for _, s := range r.sites {
		if s.use != tested {
			continue
		}
		if id, ok := s.expr.(*ast.IdentExpr); ok {
			names[id.Value] = true
		}
		if t := r.typeOf(s.expr); t.kind == missing {
			names[t.key] = true
		}
	}
	return names
}

// check returns the mistake in a place, if there is one, and the name it is about.
func (r *reader) check(s site) (x finding, about string) {
	switch e := s.expr.(type) {
	case *ast.IdentExpr:
		v := r.meaning[e]
		if v.line == 0 && v.before == nil && len(v.values) == 0 && s.use != tested {
			return r.undefined(v, e.Line(), s.use)
		}
		return r.missing(r.typeOf(e), e.Line(), s)
	case *ast.AttrGetExpr:
		return r.missing(r.typeOf(e), e.Key.Line(), s)
	case *ast.FuncCallExpr:
		return r.checkCall(e, s)
	}
	return x, ""
}

// undefined reports a global that nothing in the script sets.
func (r *reader) undefined(v *variable, line int, u use) (finding, string) {
	x := finding{line: line, global: v.name, certain: u == needed}
	if advice := r.checker.absent[v.name]; advice != "" {
		x.text = fmt.Sprintf("eslua has no %s: %s", v.name, advice)
		x.global, x.unless = "", []string{v.name}
		return x, v.name
	}
	x.text = fmt.Sprintf("nothing sets the global %q", v.name)
	if l := r.local(v.name); l != nil {
		x.text += fmt.Sprintf(" (the local of line %d is not visible here)", l.line)
	}
	return x, v.name
}

// missing reports a field that does not exist, where its value is needed.
func (r *reader) missing(t typ, line int, s site) (x finding, about string) {
	if t.kind != missing || s.use != needed {
		return x, ""
	}
	text, advised := r.describe(t.name, t.key)
	if advised && s.caught {
		return x, "" // the script finds out whether it is there
	}
	return finding{line: line, text: text, unless: t.unless, certain: true}, t.key
}

// describe says that a name does not exist and what to write; advised reports that
// eslua lacks it on purpose.
func (r *reader) describe(name, key string) (message string, advised bool) {
	if advice := r.checker.absent[key]; advice != "" {
		return fmt.Sprintf("eslua has no %s: %s", name, advice), true
	}
	of, field, known := r.checker.owner(key)
	message = name + " does not exist"
	prefix := name[:len(name)-len(field)]
	switch near := spell.Typo(field, known); {
	case near != "":
		return message + "; did you mean " + prefix + near + "?", false
	case of != "":
		return message + "; eslua doc " + of + " lists what there is", false
	}
	return message, false
}

// owner returns the library or class in which a key names a field, for eslua doc,
// and what it has.
func (c *Checker) owner(key string) (doc, field string, known []string) {
	for i, r := range key {
		if r != '.' && r != ':' {
			continue
		}
		if of := c.classes[key[:i]]; of != nil && r == ':' {
			known = append(slices.Collect(maps.Keys(of.methods)), slices.Collect(maps.Keys(of.fields))...)
			return of.name, key[i+1:], known
		}
		l := c.libraries[key[:i]]
		if l.declared {
			doc = l.name
		}
		return doc, key[i+1:], slices.Collect(maps.Keys(l.fields))
	}
	return "", key, nil
}

func (r *reader) checkCall(e *ast.FuncCallExpr, s site) (x finding, about string) {
	sig, of := r.called(e)
	line := e.Line()
	switch {
	case sig != nil && e.Func != nil && sig.method:
		return r.checkSelf(e, sig, of)
	case sig != nil && e.Func == nil && of.kind != object: // a method of a string
		return r.arguments(sig, append([]ast.Expr{e.Receiver}, e.Args...), line, of.unless), ""
	case sig != nil:
		return r.arguments(sig, e.Args, line, of.unless), ""
	case e.Func != nil:
		return x, "" // the function's name is a place of its own
	case of.kind == object && of.class.fields[e.Method]:
		return finding{line: line, text: fmt.Sprintf("%s.%s is a value; it cannot be called", of.class.name, e.Method), unless: of.unless, certain: true}, ""
	case of.kind == object:
		t := r.typeOfField(of, e.Method)
		t.name = of.class.name + ":" + e.Method
		return r.missing(t, line, site{use: needed, caught: s.caught})
	case of.kind == missing && of.library == nil:
		return r.missing(of, line, site{use: needed, caught: s.caught})
	case of.library != nil:
		return r.checkColon(e, of)
	}
	return x, ""
}

// checkSelf checks a method that is called with a dot.
func (r *reader) checkSelf(e *ast.FuncCallExpr, sig *signature, of typ) (x finding, about string) {
	if len(e.Args) > 0 {
		if self := r.typeOf(e.Args[0]); self.kind == anything || self.kind == object {
			return r.arguments(sig, e.Args[1:], e.Line(), of.unless), ""
		}
	}
	return finding{line: e.Line(), text: "a method is called with a colon: write " + sig.usage, unless: of.unless, certain: true}, ""
}

// checkColon checks a function of a library that is called with a colon.
func (r *reader) checkColon(e *ast.FuncCallExpr, of typ) (x finding, about string) {
	t := r.typeOfField(of, e.Method)
	switch {
	case t.kind == missing:
		return r.missing(t, e.Line(), site{use: needed})
	case t.fn != nil && len(t.fn.params) > 0 && !t.fn.accepts(t.fn.param(0), typ{kind: table}):
		text := fmt.Sprintf("with a colon the table %s is the first argument: write %s", of.library.name, t.fn.usage)
		return finding{line: e.Line(), text: text, unless: t.unless, certain: true}, ""
	}
	return x, ""
}

// arguments checks the arguments of a call.
func (r *reader) arguments(sig *signature, args []ast.Expr, line int, unless []string) finding {
	x := finding{line: line, unless: unless, certain: true}
	open := len(args) > 0 && compiler.IsMultiValue(args[len(args)-1])
	sure := len(args) // how many there are at least
	if open {
		sure--
	}
	if !open && sure < sig.least || sig.most >= 0 && sure > sig.most {
		x.text = fmt.Sprintf("%s takes %s, not %d: write %s", sig.name, sig.number(), sure, sig.usage)
		return x
	}
	for i, arg := range args {
		p, t := sig.param(i), r.typeOf(arg)
		switch {
		case i == sure && t.kind == none:
		case !sig.accepts(p, t):
			x.text = fmt.Sprintf("%s: argument %d (%s) is %s, not %s: write %s", sig.name, i+1, p.Name, t, wants(p), sig.usage)
			x.unless = append(slices.Clip(unless), t.unless...)
			return x
		case t.kind == text && t.literal != nil:
			if wrong := r.checkText(p, string(t.literal.(lua.LString)), line); wrong.text != "" {
				wrong.text = sig.name + ": " + wrong.text
				wrong.unless = append(wrong.unless, unless...)
				return wrong
			}
		}
	}
	if sig.name == "string.format" && !open {
		if t := r.typeOf(args[0]); t.kind == text && t.literal != nil {
			if n := conversions(string(t.literal.(lua.LString))); n > len(args)-1 {
				x.text = fmt.Sprintf("string.format: the format has %d conversions, but there are %d values", n, len(args)-1)
				return x
			}
		}
	}
	x.text = ""
	if sig.check != nil && !open {
		if err := sig.check(r.literals(args)); err != nil {
			x.text = sig.name + ": " + err.Error()
		}
	}
	return x
}

// literals returns what the text shows of arguments.
func (r *reader) literals(args []ast.Expr) (list []vm.Literal) {
	for _, arg := range args {
		l := vm.Literal{}
		t := r.typeOf(arg)
		switch e := arg.(type) {
		case *ast.FunctionExpr:
			l.Function = true
		case *ast.TableExpr:
			l.Table, l.Known = true, true
			for _, f := range e.Fields {
				key, ok := f.Key.(*ast.StringExpr)
				l.List = l.List || f.Key == nil
				if l.Known = l.Known && (ok || f.Key == nil); ok {
					l.Keys = append(l.Keys, key.Value)
				}
			}
		default:
			l.Function, l.Table = t.kind == function, t.kind == table
			if text, ok := t.literal.(lua.LString); ok {
				l.Text, l.Known = string(text), true
			}
		}
		list = append(list, l)
	}
	return list
}

// checkText checks a text that the source has.
func (r *reader) checkText(p vm.Param, value string, line int) (x finding) {
	if p.Check != nil {
		if err := p.Check(value); err != nil {
			return finding{line: line, text: err.Error()}
		}
	}
	if p.Callback == "" || value == "" {
		return x
	}
	v := r.lookup(value)
	if v.line > 0 || v.before != nil || len(v.values) > 0 {
		return x
	}
	x = finding{line: line, global: value, text: fmt.Sprintf("there is no global function %q", value)}
	if l := r.local(value); l != nil {
		x.text += fmt.Sprintf(": define it without local in line %d", l.line)
	}
	return x
}

// local returns the first local variable of that name, nil if there is none.
func (r *reader) local(name string) *variable {
	if i := slices.IndexFunc(r.locals, func(v *variable) bool { return v.name == name }); i >= 0 {
		return r.locals[i]
	}
	return nil
}

// conversions counts the values that string.format needs.
func conversions(format string) (n int) {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		if i++; i < len(format) && format[i] != '%' {
			n++
		}
	}
	return n
}
