package lint

import (
	"slices"

	"github.com/eslua/eslua/host/script/vm/compiler"
	"github.com/yuin/gopher-lua/ast"
)

// A reader goes through a script once, finds out which variable each name means,
// and notes the places to check when all of them are known.
type reader struct {
	checker *Checker
	scope   *scope
	globals map[string]*variable
	meaning map[*ast.IdentExpr]*variable
	locals  []*variable
	first   map[*ast.FunctionExpr]*variable // the first parameter of each function
	sites   []site
	sets    []*ast.AttrGetExpr // fields that are assigned
	certain bool               // what comes now runs whenever the script does
	caught  bool               // pcall catches the errors of what comes now
	ported  bool               // the script is mod_lua's, and knows none of eslua's own tables: http = require "socket.http"
}

// A variable is a local or a global one.
type variable struct {
	name   string
	line   int // of its declaration; 0: a global
	before *typ
	values []ast.Expr // everything that is assigned to it; nil: something unknown
	typ    *typ       // nil: not found out yet
	busy   bool
}

type scope struct {
	outer     *scope
	variables map[string]*variable
}

// A site is a name, a field or a call, in its place.
type site struct {
	expr    ast.Expr
	use     use
	certain bool
	caught  bool
}

// use says what happens to the value of an expression.
type use uint8

const (
	read   use = iota
	needed     // nil would be an error
	tested     // nil is an expected answer
)

func newReader(c *Checker) *reader {
	r := &reader{checker: c, globals: map[string]*variable{}, first: map[*ast.FunctionExpr]*variable{}, meaning: map[*ast.IdentExpr]*variable{}, certain: true}
	r.open()
	return r
}

func (r *reader) open()  { r.scope = &scope{outer: r.scope, variables: map[string]*variable{}} }
func (r *reader) close() { r.scope = r.scope.outer }

func (r *reader) declare(name string, line int, values ...ast.Expr) *variable {
	v := &variable{name: name, line: line, values: values}
	r.scope.variables[name] = v
	r.locals = append(r.locals, v)
	return v
}

// lookup returns the variable that a name means here.
func (r *reader) lookup(name string) *variable {
	for s := r.scope; s != nil; s = s.outer {
		if v := s.variables[name]; v != nil {
			return v
		}
	}
	v := r.globals[name]
	if v == nil {
		v = &variable{name: name}
		if t, ok := r.checker.globals[name]; ok {
			v.before = &t
		}
		r.globals[name] = v
	}
	return v
}

// isGlobal reports whether an expression is the global of that name.
func (r *reader) isGlobal(e ast.Expr, names ...string) bool {
	id, ok := e.(*ast.IdentExpr)
	return ok && slices.Contains(names, id.Value) && r.lookup(id.Value).line == 0
}

// sometimes reads statements that a run of the script may skip.
func (r *reader) sometimes(read func()) {
	certain := r.certain
	r.certain = false
	read()
	r.certain = certain
}

// block reads statements in a scope of their own, and then what else may see their
// locals.
func (r *reader) block(stmts []ast.Stmt, then ...ast.Expr) {
	r.open()
	for _, s := range stmts {
		r.stmt(s)
	}
	r.exprs(tested, then...)
	r.close()
}

func (r *reader) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.LocalAssignStmt:
		r.exprs(read, s.Exprs...)
		for i, name := range s.Names {
			r.declare(name, s.Line(), valuesOf(s.Exprs, i)...)
		}
	case *ast.AssignStmt:
		r.exprs(read, s.Rhs...)
		for i, target := range s.Lhs {
			r.assign(target, valuesOf(s.Rhs, i)...)
		}
	case *ast.FuncCallStmt:
		r.expr(s.Expr, read)
	case *ast.DoBlockStmt:
		r.block(s.Stmts)
	case *ast.WhileStmt:
		r.expr(s.Condition, tested)
		r.sometimes(func() { r.block(s.Stmts) })
	case *ast.RepeatStmt:
		r.sometimes(func() { r.block(s.Stmts, s.Condition) })
	case *ast.IfStmt:
		r.expr(s.Condition, tested)
		r.sometimes(func() { r.block(s.Then) })
		r.sometimes(func() { r.block(s.Else) })
	case *ast.NumberForStmt:
		r.exprs(needed, s.Init, s.Limit, s.Step)
		r.loop([]string{s.Name}, s.Line(), s.Stmts)
	case *ast.GenericForStmt:
		r.expr(s.Exprs[0], needed)
		r.exprs(read, s.Exprs[1:]...)
		r.loop(s.Names, s.Line(), s.Stmts)
	case *ast.FuncDefStmt:
		if s.Name.Method == "" {
			r.assign(s.Name.Func, s.Func)
			r.function(s.Func)
			break
		}
		key := &ast.StringExpr{Value: s.Name.Method}
		r.assign(&ast.AttrGetExpr{Object: s.Name.Receiver, Key: key}, s.Func)
		r.function(s.Func, "self")
	case *ast.ReturnStmt:
		r.exprs(read, s.Exprs...)
		r.certain = false
	case *ast.GotoStmt:
		r.certain = false
	}
}

// valuesOf returns what the i-th of the targets of an assignment gets: nothing if
// that is nil, a nil expression if it is one of the further results of a call.
func valuesOf(exprs []ast.Expr, i int) []ast.Expr {
	switch {
	case i < len(exprs):
		return []ast.Expr{exprs[i]}
	case len(exprs) > 0 && compiler.IsMultiValue(exprs[len(exprs)-1]):
		return []ast.Expr{nil}
	}
	return nil
}

func (r *reader) assign(target ast.Expr, values ...ast.Expr) {
	switch target := target.(type) {
	case *ast.IdentExpr:
		v := r.lookup(target.Value)
		r.meaning[target] = v
		v.values = append(v.values, values...)
		if len(values) == 0 {
			v.values = append(v.values, &ast.NilExpr{})
		}
	case *ast.AttrGetExpr:
		r.expr(target.Object, needed)
		r.expr(target.Key, read)
		r.sets = append(r.sets, target)
	}
}

func (r *reader) loop(names []string, line int, body []ast.Stmt) {
	r.open()
	for _, name := range names {
		r.declare(name, line, nil)
	}
	r.sometimes(func() { r.block(body) })
	r.close()
}

func (r *reader) function(f *ast.FunctionExpr, more ...string) {
	r.open()
	for _, name := range append(more, f.ParList.Names...) {
		if v := r.declare(name, f.Line(), nil); r.first[f] == nil {
			r.first[f] = v
		}
	}
	if f.ParList.HasVargs {
		r.declare("arg", f.Line(), nil) // as in 5.0
	}
	r.sometimes(func() { r.block(f.Stmts) })
	r.close()
}

func (r *reader) exprs(u use, exprs ...ast.Expr) {
	for _, e := range exprs {
		if e != nil {
			r.expr(e, u)
		}
	}
}

func (r *reader) note(e ast.Expr, u use) {
	r.sites = append(r.sites, site{e, u, r.certain, r.caught})
}

func (r *reader) expr(e ast.Expr, u use) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.meaning[e] = r.lookup(e.Value)
		r.note(e, u)
	case *ast.AttrGetExpr:
		r.expr(e.Object, needed)
		r.expr(e.Key, read)
		r.note(e, u)
	case *ast.FuncCallExpr:
		r.call(e)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			r.exprs(read, f.Key, f.Value)
		}
	case *ast.FunctionExpr:
		r.function(e)
	case *ast.LogicalOpExpr:
		r.expr(e.Lhs, tested)
		r.sometimes(func() { r.expr(e.Rhs, u) })
	case *ast.RelationalOpExpr:
		if e.Operator == "==" || e.Operator == "~=" {
			r.exprs(tested, e.Lhs, e.Rhs)
		} else {
			r.exprs(needed, e.Lhs, e.Rhs)
		}
	case *ast.StringConcatOpExpr:
		r.exprs(needed, e.Lhs, e.Rhs)
	case *ast.ArithmeticOpExpr:
		r.exprs(needed, e.Lhs, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		r.expr(e.Expr, needed)
	case *ast.UnaryLenOpExpr:
		r.expr(e.Expr, needed)
	case *ast.UnaryNotOpExpr:
		r.expr(e.Expr, tested)
	}
}

func (r *reader) call(e *ast.FuncCallExpr) {
	if e.Func != nil {
		r.expr(e.Func, needed)
	} else {
		r.expr(e.Receiver, needed)
	}
	for i, a := range e.Args {
		catches := i == 0 && r.isGlobal(e.Func, "pcall", "xpcall")
		switch f, ok := a.(*ast.FunctionExpr); {
		case ok && catches:
			before := r.caught
			r.caught = true
			r.function(f)
			r.caught = before
		case catches || r.isGlobal(e.Func, "type", "tostring", "assert", "rawget"):
			r.expr(a, tested)
		case r.isGlobal(e.Func, "pairs", "ipairs", "next"):
			r.expr(a, needed)
		default:
			r.expr(a, read)
		}
	}
	r.note(e, read)
}
