package compiler

import (
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// A function has 250 registers in PUC Lua and 200 in gopher-lua. fit rewrites a
// chunk that needs more than 200:
//
//   - a long list, in a call or a return: f(1, ..., 220) becomes
//     f(1, ..., 100, (function() return 101, ..., 220 end)());
//   - a function with many local variables: what follows the hundredth becomes a
//     function of its own, return (function() ... end)(), for which the variables
//     are upvalues. Only a function's outermost block is cut, and none with labels.
//
// It refuses what is too much for PUC Lua.
type fit struct {
	file  string
	wrong *SyntaxError
}

const (
	fewLocals   = 100 // after which a function is cut
	fewValues   = 100 // after which a list is
	maxLocals   = 200 // LUAI_MAXVARS
	maxValues   = 249 // of MAXSTACK
	maxUpvalues = 255 // PUC Lua 5.2's; gopher-lua counts them in a byte
)

// fitted is a function whose constructors and calls are made to fit.
type fitted struct {
	*fit
	line    int // of its beginning; 0 for the chunk
	locals  int // that are active, as it was written
	own     int // of these, since it was cut
	labels  bool
	varargs int // how often it uses "..."
}

func (f *fit) chunk(stmts []ast.Stmt) []ast.Stmt {
	fn := fitted{fit: f, labels: hasLabels(stmts)}
	return fn.block(stmts, true)
}

func (f *fitted) block(stmts []ast.Stmt, outermost bool) []ast.Stmt {
	locals, own := f.locals, f.own
	for i, s := range stmts {
		f.stmt(s)
		if outermost && f.own > fewLocals && i+1 < len(stmts) && !f.labels {
			f.own = 0
			varargs := f.varargs
			rest := f.block(stmts[i+1:], true)
			stmts = append(stmts[:i+1:i+1], newReturn(s, newCall(s, rest, f.varargs > varargs)))
			break
		}
	}
	f.locals, f.own = locals, own
	return stmts
}

func (f *fitted) declare(n int, at ast.PositionHolder) {
	f.own += n
	if f.locals += n; f.locals > maxLocals {
		where := "main function"
		if f.line > 0 {
			where = fmt.Sprint("function at line ", f.line)
		}
		f.refuse(at, fmt.Sprint(where, " has more than ", maxLocals, " local variables"))
	}
}

func (f *fit) refuse(at ast.PositionHolder, message string) {
	if f.wrong == nil {
		f.wrong = &SyntaxError{f.file, at.Line(), message}
	}
}

func (f *fitted) stmt(s ast.Stmt) {
	const hidden = 3 // variables of a loop
	loop := 0
	exprs, blocks := parts(s)
	switch s := s.(type) {
	case *ast.NumberForStmt:
		loop = hidden + 1
	case *ast.GenericForStmt:
		loop = hidden + len(s.Names)
	case *ast.FuncDefStmt:
		f.function(s.Func, s.Name.Func == nil)
	case *ast.ReturnStmt:
		s.Exprs = f.list(s.Exprs)
		return
	}
	f.exprs(exprs...)
	f.declare(loop, s)
	for _, b := range blocks {
		*b = f.block(*b, false)
	}
	f.locals -= loop
	f.own -= loop
	if local, ok := s.(*ast.LocalAssignStmt); ok {
		f.declare(len(local.Names), s)
	}
}

func (f *fitted) exprs(list ...ast.Expr) {
	for _, e := range list {
		switch e := e.(type) {
		case *ast.FunctionExpr:
			f.function(e, false)
		case *ast.Comma3Expr:
			f.varargs++
		case *ast.FuncCallExpr:
			f.exprs(e.Func, e.Receiver)
			e.Args = f.list(e.Args)
		default:
			f.exprs(operands(e)...)
		}
	}
}

func (f *fitted) function(e *ast.FunctionExpr, method bool) {
	inner := fitted{fit: f.fit, line: e.Line(), labels: hasLabels(e.Stmts)}
	n := len(e.ParList.Names)
	if method {
		n++ // self
	}
	if e.ParList.HasVargs {
		n++ // arg
	}
	inner.declare(n, e)
	e.Stmts = inner.block(e.Stmts, true)
}

// list cuts a list of expressions.
func (f *fitted) list(exprs []ast.Expr) []ast.Expr {
	if len(exprs) > maxValues {
		f.refuse(exprs[maxValues], tooComplex)
	}
	if len(exprs) <= fewValues {
		f.exprs(exprs...)
		return exprs
	}
	few, rest := exprs[:fewValues:fewValues], exprs[fewValues:]
	f.exprs(few...)
	varargs := f.varargs
	back := newReturn(rest[0], f.list(rest)...)
	return append(few, newCall(rest[0], []ast.Stmt{back}, f.varargs > varargs))
}

const tooComplex = "function or expression too complex"

// hasLabels reports whether a function's statements jump or are jumped to.
func hasLabels(stmts []ast.Stmt) bool {
	return slices.ContainsFunc(stmts, func(s ast.Stmt) bool {
		switch s.(type) {
		case *ast.LabelStmt, *ast.GotoStmt:
			return true
		}
		_, blocks := parts(s)
		return slices.ContainsFunc(blocks, func(b *[]ast.Stmt) bool { return hasLabels(*b) })
	})
}

// newCall returns (function() stmts end)(), or (function(...) stmts end)(...).
func newCall(at ast.PositionHolder, stmts []ast.Stmt, vararg bool) *ast.FuncCallExpr {
	fn, call := &ast.FunctionExpr{ParList: &ast.ParList{HasVargs: vararg}, Stmts: stmts}, &ast.FuncCallExpr{}
	call.Func = fn
	if vararg {
		all := &ast.Comma3Expr{}
		setLine(all, at)
		call.Args = []ast.Expr{all}
	}
	setLine(fn, at)
	setLine(call, at)
	return call
}

func newReturn(at ast.PositionHolder, exprs ...ast.Expr) *ast.ReturnStmt {
	back := &ast.ReturnStmt{Exprs: exprs}
	setLine(back, at)
	return back
}
