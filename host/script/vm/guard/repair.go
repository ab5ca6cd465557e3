package guard

import (
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// repair rewrites what gopher-lua's compiler translates wrongly:
//
//   - a generic for: it takes the number of variables for the number of values
//     the loop begins with, and leaves what is missing of iterator, state and
//     control as it lay in the registers. `for line in lines do` calls lines
//     with whatever was there. And it has registered the loop's own variables
//     before it computes them, so that it takes the register of a call's result
//     for a free one: `for w in (f() .. "x"):gmatch(p) do`.
//   - an assignment of several values: `a, b = b, a` assigns to a before it
//     reads it.
//   - `x = f() and 1` where x is local: it leaves x as it was if f() is false.
//   - `x = (f(x))`: it puts f into x, if that is the last parameter, before it
//     evaluates the arguments.
//   - a table constructor that ends with `k = f()`, or has other fields behind
//     its fiftieth element, or ends with a call behind it: it stores registers
//     that are no elements.
//   - `local f = function() f() end`: it takes it for `local function f()`,
//     which prepare writes otherwise.
//   - a jump back to a jump, as at the end of a loop whose body begins with
//     one: it takes the other's distance for a label and jumps anywhere.
func repair(stmts []ast.Stmt) []ast.Stmt {
	for i, s := range stmts {
		switch s := s.(type) {
		case *ast.AssignStmt:
			within(s.Lhs...)
			within(s.Rhs...)
			if len(s.Lhs) > 1 || spoilt(s.Rhs[0]) {
				stmts[i] = apart(s)
			}
		case *ast.LocalAssignStmt:
			within(s.Exprs...)
			if len(s.Names) == 1 && len(s.Exprs) == 1 {
				if fn, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
					s.Exprs[0] = otherwise(fn)
				}
			}
		case *ast.FuncCallStmt:
			within(s.Expr)
		case *ast.DoBlockStmt:
			s.Stmts = repair(s.Stmts)
		case *ast.WhileStmt:
			within(s.Condition)
			s.Stmts = landing(s, repair(s.Stmts))
			inside(s)
		case *ast.RepeatStmt:
			within(s.Condition)
			s.Stmts = landing(s, repair(s.Stmts))
		case *ast.IfStmt:
			within(s.Condition)
			s.Then, s.Else = repair(s.Then), repair(s.Else)
		case *ast.NumberForStmt:
			within(s.Init, s.Limit, s.Step)
			s.Stmts = repair(s.Stmts)
		case *ast.GenericForStmt:
			within(s.Exprs...)
			s.Stmts = landing(s, repair(s.Stmts))
			if s.Exprs = three(s); !early(s.Exprs[0]) {
				stmts[i] = before(s)
			}
		case *ast.FuncDefStmt:
			within(s.Func)
		case *ast.ReturnStmt:
			within(s.Exprs...)
		}
	}
	for i := len(stmts) - 2; i >= 0; i-- {
		if label, ok := stmts[i].(*ast.LabelStmt); ok && !labels(stmts[i+1:]) {
			stmts = slices.Replace(stmts, i+1, len(stmts), landing(label, stmts[i+1:])...)
		}
	}
	return stmts
}

// within repairs the functions that stand in expressions.
func within(exprs ...ast.Expr) {
	for _, e := range exprs {
		switch e := e.(type) {
		case *ast.AttrGetExpr:
			within(e.Object, e.Key)
		case *ast.TableExpr:
			for _, f := range e.Fields {
				within(f.Key, f.Value)
			}
			fields(e)
		case *ast.FuncCallExpr:
			within(e.Func, e.Receiver)
			within(e.Args...)
		case *ast.LogicalOpExpr:
			within(e.Lhs, e.Rhs)
		case *ast.RelationalOpExpr:
			within(e.Lhs, e.Rhs)
		case *ast.StringConcatOpExpr:
			within(e.Lhs, e.Rhs)
		case *ast.ArithmeticOpExpr:
			within(e.Lhs, e.Rhs)
		case *ast.UnaryMinusOpExpr:
			within(e.Expr)
		case *ast.UnaryNotOpExpr:
			within(e.Expr)
		case *ast.UnaryLenOpExpr:
			within(e.Expr)
		case *ast.FunctionExpr:
			e.Stmts = repair(e.Stmts)
		}
	}
}

// three are the expressions of a generic for, which give three values.
func three(s *ast.GenericForStmt) []ast.Expr {
	exprs := s.Exprs
	last := exprs[len(exprs)-1]
	switch {
	case !many(last):
		for len(exprs) < 3 {
			none := &ast.NilExpr{}
			lineOf(none, last)
			exprs = append(exprs, none)
		}
		return exprs
	case len(exprs) == 1 || len(s.Names) >= len(exprs):
		return exprs
	}
	return []ast.Expr{pass(last, exprs)}
}

// early reports whether a generic for's first expression is computed well
// though the loop's variables are registered already: nothing goes on with the
// result of a call.
func early(e ast.Expr) bool {
	call, ok := e.(*ast.FuncCallExpr)
	switch {
	case !ok:
		return callFree(e)
	case call.Func != nil:
		return callFree(call.Func)
	}
	return callFree(call.Receiver)
}

// callFree reports whether e is a name, a constant, a function or a field of one.
func callFree(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.IdentExpr, *ast.FunctionExpr, *ast.Comma3Expr, ast.ConstExpr:
		return true
	case *ast.AttrGetExpr:
		return callFree(e.Object) && callFree(e.Key)
	}
	return false
}

// before computes what a generic for begins with before the loop:
//
//	do local f, s, v = exprs; for k in f, s, v do ... end end
func before(s *ast.GenericForStmt) ast.Stmt {
	first, block := &ast.LocalAssignStmt{Exprs: s.Exprs}, &ast.DoBlockStmt{}
	lineOf(first, s)
	lineOf(block, s)
	s.Exprs = nil
	for _, name := range []string{"(function)", "(its state)", "(its control)"} {
		first.Names = append(first.Names, name)
		s.Exprs = append(s.Exprs, ident(name, s))
	}
	block.Stmts = []ast.Stmt{first, s}
	return block
}

// pass is (function(...) return ... end)(exprs).
func pass(at ast.PositionHolder, exprs []ast.Expr) ast.Expr {
	rest, back := &ast.Comma3Expr{}, &ast.ReturnStmt{}
	fn, call := &ast.FunctionExpr{}, &ast.FuncCallExpr{}
	for _, n := range []ast.PositionHolder{rest, back, fn, call} {
		lineOf(n, at)
	}
	back.Exprs = []ast.Expr{rest}
	fn.ParList, fn.Stmts = &ast.ParList{HasVargs: true}, []ast.Stmt{back}
	call.Func, call.Args = fn, slices.Clone(exprs)
	return call
}

// otherwise is false or e.
func otherwise(e ast.Expr) ast.Expr {
	no, or := &ast.FalseExpr{}, &ast.LogicalOpExpr{Operator: "or", Rhs: e}
	or.Lhs = no
	lineOf(no, e)
	lineOf(or, e)
	return or
}

// many reports whether an expression at the end of a list gives any number of values.
func many(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// landing makes statements that something jumps back to begin with another
// instruction than a jump.
func landing(at ast.PositionHolder, stmts []ast.Stmt) []ast.Stmt {
	if len(stmts) > 0 && begins(stmts[0]) {
		return stmts
	}
	nothing, block := &ast.LocalAssignStmt{Names: []string{"(nothing)"}}, &ast.DoBlockStmt{}
	block.Stmts = []ast.Stmt{nothing}
	lineOf(nothing, at)
	lineOf(block, at)
	return append([]ast.Stmt{block}, stmts...)
}

// inside moves a condition that begins with a jump into the loop's body.
func inside(s *ast.WhileStmt) {
	if computes(s.Condition) || constant(s.Condition) {
		return
	}
	leave, test, always := &ast.BreakStmt{}, &ast.IfStmt{Condition: s.Condition}, &ast.TrueExpr{}
	for _, n := range []ast.PositionHolder{leave, test, always} {
		lineOf(n, s.Condition)
	}
	test.Else = []ast.Stmt{leave}
	s.Condition = always
	s.Stmts = landing(s, append([]ast.Stmt{test}, s.Stmts...))
}

// begins reports whether a statement's first instruction is certainly no jump.
func begins(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return plain(s.Lhs[0]) && plain(s.Rhs[0])
	case *ast.LocalAssignStmt:
		return len(s.Exprs) == 0 || plain(s.Exprs[0])
	case *ast.FuncCallStmt:
		return plain(s.Expr)
	case *ast.NumberForStmt:
		return plain(s.Init)
	case *ast.GenericForStmt:
		return plain(s.Exprs[0])
	case *ast.ReturnStmt:
		return len(s.Exprs) == 0 || plain(s.Exprs[0])
	case *ast.FuncDefStmt:
		return true
	case *ast.IfStmt:
		return computes(s.Condition)
	case *ast.WhileStmt:
		return computes(s.Condition)
	case *ast.DoBlockStmt:
		return len(s.Stmts) > 0 && begins(s.Stmts[0])
	}
	return false
}

// computes reports whether a condition begins with an instruction of its own.
func computes(e ast.Expr) bool { return plain(e) && !constant(e) }

func constant(e ast.Expr) bool {
	_, ok := e.(ast.ConstExpr)
	return ok
}

// plain reports whether an expression begins with no jump.
func plain(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return computes(e.Lhs)
	case *ast.AttrGetExpr:
		return plain(e.Object) && plain(e.Key)
	case *ast.FuncCallExpr:
		if e.Func != nil {
			return plain(e.Func)
		}
		return plain(e.Receiver)
	case *ast.RelationalOpExpr:
		return plain(e.Lhs) && plain(e.Rhs)
	case *ast.ArithmeticOpExpr:
		return plain(e.Lhs) && plain(e.Rhs)
	case *ast.StringConcatOpExpr:
		return plain(e.Lhs)
	case *ast.UnaryMinusOpExpr:
		return plain(e.Expr)
	case *ast.UnaryNotOpExpr:
		return plain(e.Expr) && !constant(e.Expr)
	case *ast.UnaryLenOpExpr:
		return plain(e.Expr)
	}
	return true
}

// fields repairs a table constructor.
func fields(e *ast.TableExpr) {
	elements := 0
	for _, f := range e.Fields {
		if f.Key == nil {
			elements++
			continue
		}
		switch v := f.Value.(type) { // one value, as a field takes
		case *ast.FuncCallExpr:
			v.AdjustRet = true
		case *ast.Comma3Expr:
			v.AdjustRet = true
		}
	}
	if elements < lua.FieldsPerFlush {
		return
	}
	slices.SortStableFunc(e.Fields, func(a, b *ast.Field) int {
		switch {
		case a.Key != nil && b.Key == nil:
			return -1
		case a.Key == nil && b.Key != nil:
			return 1
		}
		return 0
	})
	last := e.Fields[len(e.Fields)-1]
	if !many(last.Value) || (elements-1)%lua.FieldsPerFlush != 0 {
		return
	}
	// one more than a full block, the last a call: the block and the last, all together, are a call's results
	from := len(e.Fields) - 1 - lua.FieldsPerFlush
	var rest []ast.Expr
	for _, f := range e.Fields[from:] {
		rest = append(rest, f.Value)
	}
	e.Fields = append(e.Fields[:from:from], &ast.Field{Value: pass(last.Value, rest)})
	fields(e)
}

// spoilt reports whether e must not be assigned to a local variable at once.
func spoilt(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return true
	case *ast.FuncCallExpr:
		return e.AdjustRet
	}
	return false
}

func labels(stmts []ast.Stmt) bool {
	for _, s := range stmts {
		if _, ok := s.(*ast.LabelStmt); !ok {
			return false
		}
	}
	return true
}

// apart makes an assignment evaluate everything before it assigns:
//
//	do local o, k, v, w = t, i, i, 3; i = w; o[k] = v end
func apart(s *ast.AssignStmt) ast.Stmt {
	parts, values := &ast.LocalAssignStmt{}, &ast.LocalAssignStmt{Exprs: s.Rhs}
	var sets []ast.Stmt
	block := &ast.DoBlockStmt{}
	for _, n := range []ast.PositionHolder{parts, values, block} {
		lineOf(n, s)
	}
	hold := func(e ast.Expr) ast.Expr {
		name := "(part " + strconv.Itoa(len(parts.Names)) + ")"
		parts.Names, parts.Exprs = append(parts.Names, name), append(parts.Exprs, e)
		return ident(name, e)
	}
	for i, target := range s.Lhs {
		value := "(value " + strconv.Itoa(i) + ")"
		values.Names = append(values.Names, value)
		if field, ok := target.(*ast.AttrGetExpr); ok {
			held := &ast.AttrGetExpr{Object: hold(field.Object), Key: field.Key}
			if _, constant := field.Key.(ast.ConstExpr); !constant {
				held.Key = hold(field.Key)
			}
			lineOf(held, field)
			target = held
		}
		set := &ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{ident(value, s)}}
		lineOf(set, s)
		sets = append(sets, set)
	}
	if len(parts.Names) > 0 {
		block.Stmts = append(block.Stmts, parts)
	}
	block.Stmts = append(block.Stmts, values)
	slices.Reverse(sets) // the last is assigned first, as in PUC Lua
	block.Stmts = append(block.Stmts, sets...)
	return block
}

func ident(name string, at ast.PositionHolder) *ast.IdentExpr {
	e := &ast.IdentExpr{Value: name}
	lineOf(e, at)
	return e
}

func lineOf(n, as ast.PositionHolder) {
	n.SetLine(as.Line())
	n.SetLastLine(as.LastLine())
}
