package lint

import (
	"slices"

	luanumber "github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// typeOf returns the type of an expression, as far as it is known. The whole script has
// been read by then.
func (r *reader) typeOf(e ast.Expr) typ {
	switch e := e.(type) {
	case *ast.NilExpr:
		return typ{kind: none}
	case *ast.TrueExpr:
		return typ{kind: boolean, literal: lua.LTrue}
	case *ast.FalseExpr:
		return typ{kind: boolean, literal: lua.LFalse}
	case *ast.NumberExpr:
		n, _ := luanumber.Parse(e.Value)
		return typ{kind: number, literal: lua.LNumber(n)}
	case *ast.StringExpr:
		return typ{kind: text, literal: lua.LString(e.Value)}
	case *ast.StringConcatOpExpr:
		return typ{kind: text}
	case *ast.ArithmeticOpExpr, *ast.UnaryMinusOpExpr, *ast.UnaryLenOpExpr:
		return typ{kind: number}
	case *ast.RelationalOpExpr, *ast.UnaryNotOpExpr:
		return typ{kind: boolean}
	case *ast.TableExpr:
		return typ{kind: table}
	case *ast.FunctionExpr:
		return typ{kind: function}
	case *ast.LogicalOpExpr:
		if e.Operator == "or" {
			return common(r.typeOf(e.Lhs), r.typeOf(e.Rhs))
		}
	case *ast.IdentExpr:
		return r.typeOfVariable(r.meaning[e])
	case *ast.AttrGetExpr:
		if name, ok := fieldName(e); ok {
			return r.typeOfField(r.typeOf(e.Object), name)
		}
	case *ast.FuncCallExpr:
		if module := r.requiredModule(e); module != "" {
			return r.checker.typeOfModule(module)
		}
		if s, of := r.called(e); s != nil && len(s.results) > 0 {
			t := r.checker.typeOfKind(s.results[0].Kind, s.results[0].Class)
			t.unless = of.unless
			return t
		}
	}
	return typ{}
}

// requiredModule returns the module that a call requires by its name, "" if it does not.
func (r *reader) requiredModule(e *ast.FuncCallExpr) string {
	if e.Func == nil || r.globalName(e.Func) != "require" || len(e.Args) != 1 || !isText(e.Args[0]) {
		return ""
	}
	return e.Args[0].(*ast.StringExpr).Value
}

// typeOfModule returns what require returns, unless a script of the tree has that name.
func (c *Checker) typeOfModule(name string) typ {
	if l := c.libraries[name]; l != nil && name != "_G" {
		return typ{library: l, unless: []string{provides(name)}}
	}
	return typ{}
}

// provides returns how a File's sets say that there is a module of that name.
func provides(module string) string { return "require." + module }

// fieldName returns the name in t.name or t["name"].
func fieldName(e *ast.AttrGetExpr) (string, bool) {
	key, ok := e.Key.(*ast.StringExpr)
	if !ok {
		return "", false
	}
	return key.Value, true
}

// typeOfVariable returns what all values of a variable have in common. A local
// variable without one is unknown: it may be filled as an upvalue's table is.
func (r *reader) typeOfVariable(v *variable) typ {
	if v.typ != nil {
		return *v.typ
	}
	if v.busy { // it is assigned to itself
		return typ{}
	}
	v.busy = true
	t, first := typ{}, true
	add := func(value typ) {
		switch {
		case first:
			t, first = value, false
		case t.kind == none:
			t = value
		case value.kind != none:
			t = common(t, value)
		}
	}
	if v.before != nil && !(r.ported && len(v.values) > 0 && v.before.library != nil) {
		add(*v.before)
	}
	for _, e := range v.values {
		e = r.withoutItself(e, v)
		if e == nil {
			add(typ{})
			continue
		}
		add(r.typeOf(e))
	}
	if t.kind == none && !first {
		t = typ{} // it is nil before something unseen happens
	}
	if v.line == 0 {
		t.unless = append(slices.Clip(t.unless), v.name)
	}
	v.typ, v.busy = &t, false
	return t
}

// withoutItself returns what a variable gets besides its own value: freeswitch.API() of
// api = api or freeswitch.API().
func (r *reader) withoutItself(e ast.Expr, v *variable) ast.Expr {
	if or, ok := e.(*ast.LogicalOpExpr); ok && or.Operator == "or" {
		if id, ok := or.Lhs.(*ast.IdentExpr); ok && r.meaning[id] == v {
			return or.Rhs
		}
	}
	return e
}

// typeOfField returns the type of a field of a library or an object, as far as it is
// known.
func (r *reader) typeOfField(of typ, name string) (t typ) {
	switch {
	case of.library != nil && of.library.name == "_G":
		if v := r.globals[name]; v != nil {
			t = r.typeOfVariable(v)
		} else {
			t = r.checker.globals[name]
		}
		t.unless = append(slices.Clip(t.unless), name)
		return t
	case of.library != nil:
		t = typ{kind: missing, name: of.library.name + "." + name, key: of.library.name + "." + name}
		if known, ok := of.library.fields[name]; ok {
			t = known
		} else if of.library.partial {
			return typ{}
		}
		t.unless = append(slices.Clip(of.unless), of.library.name+"."+name)
		return t
	case of.kind == object && of.class.methods[name] != nil:
		return typ{kind: function, fn: of.class.methods[name], unless: of.unless}
	case of.kind == object && !of.class.fields[name]:
		return typ{kind: missing, name: of.class.name + "." + name, key: of.class.key + ":" + name, unless: of.unless}
	}
	return typ{}
}

// called returns the signature of the function that a call calls, nil if it is not
// known, and what is known of the object or the function.
func (r *reader) called(e *ast.FuncCallExpr) (*signature, typ) {
	if e.Func != nil {
		t := r.typeOf(e.Func)
		return t.fn, t
	}
	of := r.typeOf(e.Receiver)
	switch {
	case of.kind == object:
		return of.class.methods[e.Method], of
	case of.kind == text:
		t := r.typeOfField(typ{library: r.checker.libraries["string"], unless: of.unless}, e.Method)
		return t.fn, t
	}
	return nil, of
}
