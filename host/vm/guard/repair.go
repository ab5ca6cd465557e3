package guard

import (
	"slices"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// repair rewrites what gopher-lua's compiler translates wrongly:
//
//   - a generic for: it takes the number of variables for the number of values
//     the loop begins with, and leaves what is missing of iterator, state and
//     control as it lay in the registers. `for line in lines do` calls lines
//     with whatever was there.
//   - an assignment of several values: `a, b = b, a` assigns to a before it
//     reads it.
//   - a jump back to a jump, as at the end of a loop whose body begins with
//     one: it takes the other's distance for a label and jumps anywhere.
func repair(stmts []ast.Stmt) []ast.Stmt {
	for i, s := range stmts {
		switch s := s.(type) {
		case *ast.AssignStmt:
			within(s.Lhs...)
			within(s.Rhs...)
			if len(s.Lhs) > 1 {
				stmts[i] = apart(s)
			}
		case *ast.LocalAssignStmt:
			within(s.Exprs...)
		case *ast.FuncCallStmt:
			within(s.Expr)
		case *ast.DoBlockStmt:
			s.Stmts = repair(s.Stmts)
		case *ast.WhileStmt:
			within(s.Condition)
			s.Stmts = landing(s, repair(s.Stmts))
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
			s.Exprs = three(s)
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
	// (function(...) return ... end)(exprs)
	rest, back := &ast.Comma3Expr{}, &ast.ReturnStmt{}
	fn, call := &ast.FunctionExpr{}, &ast.FuncCallExpr{}
	for _, n := range []ast.PositionHolder{rest, back, fn, call} {
		lineOf(n, last)
	}
	back.Exprs = []ast.Expr{rest}
	fn.ParList, fn.Stmts = &ast.ParList{HasVargs: true}, []ast.Stmt{back}
	call.Func, call.Args = fn, exprs
	return []ast.Expr{call}
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

// begins reports whether a statement's first instruction is certainly no jump.
func begins(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AssignStmt, *ast.LocalAssignStmt, *ast.FuncCallStmt, *ast.NumberForStmt, *ast.GenericForStmt,
		*ast.FuncDefStmt, *ast.ReturnStmt:
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
func computes(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.IdentExpr, *ast.AttrGetExpr, *ast.FuncCallExpr:
		return true
	case *ast.UnaryNotOpExpr:
		return computes(e.Expr)
	case *ast.LogicalOpExpr:
		return computes(e.Lhs)
	case *ast.RelationalOpExpr:
		return computes(e.Lhs) || computes(e.Rhs)
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
