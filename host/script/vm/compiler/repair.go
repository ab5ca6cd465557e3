package compiler

import (
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// repair rewrites statements that gopher-lua's compiler translates wrongly:
//
//   - A generic for: the compiler takes the number of variables for the number
//     of values the loop begins with, and does not clear the registers of the
//     values that are missing: `for line in lines do` calls lines with whatever
//     was there. It also registers the loop's variables before it evaluates the
//     expressions, so that it overwrites the result of a call:
//     `for w in (f() .. "x"):gmatch(p) do`.
//   - An assignment of several values: `a, b = b, a` assigns to a before it
//     reads it.
//   - `x = f() and 1` with a local x: x is unchanged if f() is false.
//   - `x = (f(x))`: the compiler puts f into x, if that is the last parameter,
//     before it evaluates the arguments.
//   - A table constructor that ends with `k = f()`, or has other fields after
//     its fiftieth element, or a call after that: registers that are no elements
//     are stored.
//   - `local f = function() f() end`: it is taken for `local function f()`,
//     which Read writes otherwise.
//   - A jump back to a jump, as at the end of a loop whose body begins with
//     one: the compiler takes the second jump's distance for a label.
func repair(stmts []ast.Stmt) []ast.Stmt {
	for i, s := range stmts {
		switch s := s.(type) {
		case *ast.AssignStmt:
			repairIn(s.Lhs...)
			repairIn(s.Rhs...)
			if len(s.Lhs) > 1 || needsTemp(s.Rhs[0]) {
				stmts[i] = splitAssign(s)
			}
		case *ast.LocalAssignStmt:
			repairIn(s.Exprs...)
			if len(s.Names) == 1 && len(s.Exprs) == 1 {
				if fn, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
					s.Exprs[0] = orFalse(fn)
				}
			}
		case *ast.FuncCallStmt:
			repairIn(s.Expr)
		case *ast.DoBlockStmt:
			s.Stmts = repair(s.Stmts)
		case *ast.WhileStmt:
			repairIn(s.Condition)
			s.Stmts = addLandingPad(s, repair(s.Stmts))
			moveCondIntoBody(s)
		case *ast.RepeatStmt:
			repairIn(s.Condition)
			s.Stmts = addLandingPad(s, repair(s.Stmts))
		case *ast.IfStmt:
			repairIn(s.Condition)
			s.Then, s.Else = repair(s.Then), repair(s.Else)
		case *ast.NumberForStmt:
			repairIn(s.Init, s.Limit, s.Step)
			s.Stmts = repair(s.Stmts)
		case *ast.GenericForStmt:
			repairIn(s.Exprs...)
			s.Stmts = addLandingPad(s, repair(s.Stmts))
			if s.Exprs = forExprs3(s); !safeInLoopHead(s.Exprs[0]) {
				stmts[i] = hoistForExprs(s)
			}
		case *ast.FuncDefStmt:
			repairIn(s.Func)
		case *ast.ReturnStmt:
			repairIn(s.Exprs...)
		}
	}
	for i := len(stmts) - 2; i >= 0; i-- {
		if label, ok := stmts[i].(*ast.LabelStmt); ok && !allLabels(stmts[i+1:]) {
			stmts = slices.Replace(stmts, i+1, len(stmts), addLandingPad(label, stmts[i+1:])...)
		}
	}
	return stmts
}

// repairIn repairs the functions and table constructors in expressions.
func repairIn(exprs ...ast.Expr) {
	for _, e := range exprs {
		switch e := e.(type) {
		case *ast.AttrGetExpr:
			repairIn(e.Object, e.Key)
		case *ast.TableExpr:
			for _, f := range e.Fields {
				repairIn(f.Key, f.Value)
			}
			repairFields(e)
		case *ast.FuncCallExpr:
			repairIn(e.Func, e.Receiver)
			repairIn(e.Args...)
		case *ast.LogicalOpExpr:
			repairIn(e.Lhs, e.Rhs)
		case *ast.RelationalOpExpr:
			repairIn(e.Lhs, e.Rhs)
		case *ast.StringConcatOpExpr:
			repairIn(e.Lhs, e.Rhs)
		case *ast.ArithmeticOpExpr:
			repairIn(e.Lhs, e.Rhs)
		case *ast.UnaryMinusOpExpr:
			repairIn(e.Expr)
		case *ast.UnaryNotOpExpr:
			repairIn(e.Expr)
		case *ast.UnaryLenOpExpr:
			repairIn(e.Expr)
		case *ast.FunctionExpr:
			e.Stmts = repair(e.Stmts)
		}
	}
}

// forExprs3 returns expressions for a generic for that give three values.
func forExprs3(s *ast.GenericForStmt) []ast.Expr {
	exprs := s.Exprs
	last := exprs[len(exprs)-1]
	switch {
	case !isMultiValue(last):
		for len(exprs) < 3 {
			none := &ast.NilExpr{}
			setLine(none, last)
			exprs = append(exprs, none)
		}
		return exprs
	case len(exprs) == 1 || len(s.Names) >= len(exprs):
		return exprs
	}
	return []ast.Expr{wrapVararg(last, exprs)}
}

// safeInLoopHead reports whether a generic for's first expression is evaluated
// correctly although the loop's variables are registered already: no operation
// uses the result of a call.
func safeInLoopHead(e ast.Expr) bool {
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

// hoistForExprs evaluates the expressions of a generic for before the loop:
//
//	do local f, s, v = exprs; for k in f, s, v do ... end end
func hoistForExprs(s *ast.GenericForStmt) ast.Stmt {
	first, block := &ast.LocalAssignStmt{Exprs: s.Exprs}, &ast.DoBlockStmt{}
	setLine(first, s)
	setLine(block, s)
	s.Exprs = nil
	for _, name := range []string{"(function)", "(its state)", "(its control)"} {
		first.Names = append(first.Names, name)
		s.Exprs = append(s.Exprs, newIdent(name, s))
	}
	block.Stmts = []ast.Stmt{first, s}
	return block
}

// wrapVararg returns (function(...) return ... end)(exprs).
func wrapVararg(at ast.PositionHolder, exprs []ast.Expr) ast.Expr {
	rest, back := &ast.Comma3Expr{}, &ast.ReturnStmt{}
	fn, call := &ast.FunctionExpr{}, &ast.FuncCallExpr{}
	for _, n := range []ast.PositionHolder{rest, back, fn, call} {
		setLine(n, at)
	}
	back.Exprs = []ast.Expr{rest}
	fn.ParList, fn.Stmts = &ast.ParList{HasVargs: true}, []ast.Stmt{back}
	call.Func, call.Args = fn, slices.Clone(exprs)
	return call
}

// orFalse returns false or e.
func orFalse(e ast.Expr) ast.Expr {
	no, or := &ast.FalseExpr{}, &ast.LogicalOpExpr{Operator: "or", Rhs: e}
	or.Lhs = no
	setLine(no, e)
	setLine(or, e)
	return or
}

// isMultiValue reports whether e, at the end of a list, may give any number of
// values.
func isMultiValue(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// addLandingPad makes sure that statements that are the target of a jump back do
// not begin with a jump.
func addLandingPad(at ast.PositionHolder, stmts []ast.Stmt) []ast.Stmt {
	if len(stmts) > 0 && startsWithoutJump(stmts[0]) {
		return stmts
	}
	nothing, block := &ast.LocalAssignStmt{Names: []string{"(nothing)"}}, &ast.DoBlockStmt{}
	block.Stmts = []ast.Stmt{nothing}
	setLine(nothing, at)
	setLine(block, at)
	return append([]ast.Stmt{block}, stmts...)
}

// moveCondIntoBody moves a loop's condition into its body if it may begin with a
// jump.
func moveCondIntoBody(s *ast.WhileStmt) {
	if testsWithoutJump(s.Condition) || isConstant(s.Condition) {
		return
	}
	leave, test, always := &ast.BreakStmt{}, &ast.IfStmt{Condition: s.Condition}, &ast.TrueExpr{}
	for _, n := range []ast.PositionHolder{leave, test, always} {
		setLine(n, s.Condition)
	}
	test.Else = []ast.Stmt{leave}
	s.Condition = always
	s.Stmts = addLandingPad(s, append([]ast.Stmt{test}, s.Stmts...))
}

// startsWithoutJump reports whether the first instruction of s is certainly no
// jump.
func startsWithoutJump(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return evaluatesWithoutJump(s.Lhs[0]) && evaluatesWithoutJump(s.Rhs[0])
	case *ast.LocalAssignStmt:
		return len(s.Exprs) == 0 || evaluatesWithoutJump(s.Exprs[0])
	case *ast.FuncCallStmt:
		return evaluatesWithoutJump(s.Expr)
	case *ast.NumberForStmt:
		return evaluatesWithoutJump(s.Init)
	case *ast.GenericForStmt:
		return evaluatesWithoutJump(s.Exprs[0])
	case *ast.ReturnStmt:
		return len(s.Exprs) == 0 || evaluatesWithoutJump(s.Exprs[0])
	case *ast.FuncDefStmt:
		return true
	case *ast.IfStmt:
		return testsWithoutJump(s.Condition)
	case *ast.WhileStmt:
		return testsWithoutJump(s.Condition)
	case *ast.DoBlockStmt:
		return len(s.Stmts) > 0 && startsWithoutJump(s.Stmts[0])
	}
	return false
}

// testsWithoutJump reports whether a condition begins with an instruction that is
// no jump.
func testsWithoutJump(e ast.Expr) bool { return evaluatesWithoutJump(e) && !isConstant(e) }

func isConstant(e ast.Expr) bool {
	_, ok := e.(ast.ConstExpr)
	return ok
}

// evaluatesWithoutJump reports whether an expression does not begin with a jump.
func evaluatesWithoutJump(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return testsWithoutJump(e.Lhs)
	case *ast.AttrGetExpr:
		return evaluatesWithoutJump(e.Object) && evaluatesWithoutJump(e.Key)
	case *ast.FuncCallExpr:
		if e.Func != nil {
			return evaluatesWithoutJump(e.Func)
		}
		return evaluatesWithoutJump(e.Receiver)
	case *ast.RelationalOpExpr:
		return evaluatesWithoutJump(e.Lhs) && evaluatesWithoutJump(e.Rhs)
	case *ast.ArithmeticOpExpr:
		return evaluatesWithoutJump(e.Lhs) && evaluatesWithoutJump(e.Rhs)
	case *ast.StringConcatOpExpr:
		return evaluatesWithoutJump(e.Lhs)
	case *ast.UnaryMinusOpExpr:
		return evaluatesWithoutJump(e.Expr)
	case *ast.UnaryNotOpExpr:
		return evaluatesWithoutJump(e.Expr) && !isConstant(e.Expr)
	case *ast.UnaryLenOpExpr:
		return evaluatesWithoutJump(e.Expr)
	}
	return true
}

// repairFields repairs a table constructor: fields with keys come first, and a
// call after a full block of elements joins them.
func repairFields(e *ast.TableExpr) {
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
	if !isMultiValue(last.Value) || (elements-1)%lua.FieldsPerFlush != 0 {
		return
	}
	// The last full block and the call become the results of one call.
	from := len(e.Fields) - 1 - lua.FieldsPerFlush
	var rest []ast.Expr
	for _, f := range e.Fields[from:] {
		rest = append(rest, f.Value)
	}
	e.Fields = append(e.Fields[:from:from], &ast.Field{Value: wrapVararg(last.Value, rest)})
	repairFields(e)
}

// needsTemp reports whether e must not be evaluated into a local variable's
// register.
func needsTemp(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return true
	case *ast.FuncCallExpr:
		return e.AdjustRet
	}
	return false
}

func allLabels(stmts []ast.Stmt) bool {
	for _, s := range stmts {
		if _, ok := s.(*ast.LabelStmt); !ok {
			return false
		}
	}
	return true
}

// splitAssign makes an assignment evaluate all expressions before it assigns:
//
//	do local o, k, v, w = t, i, i, 3; i = w; o[k] = v end
func splitAssign(s *ast.AssignStmt) ast.Stmt {
	parts, values := &ast.LocalAssignStmt{}, &ast.LocalAssignStmt{Exprs: s.Rhs}
	var sets []ast.Stmt
	block := &ast.DoBlockStmt{}
	for _, n := range []ast.PositionHolder{parts, values, block} {
		setLine(n, s)
	}
	hold := func(e ast.Expr) ast.Expr {
		name := "(part " + strconv.Itoa(len(parts.Names)) + ")"
		parts.Names, parts.Exprs = append(parts.Names, name), append(parts.Exprs, e)
		return newIdent(name, e)
	}
	for i, target := range s.Lhs {
		value := "(value " + strconv.Itoa(i) + ")"
		values.Names = append(values.Names, value)
		if field, ok := target.(*ast.AttrGetExpr); ok {
			held := &ast.AttrGetExpr{Object: hold(field.Object), Key: field.Key}
			if _, constant := field.Key.(ast.ConstExpr); !constant {
				held.Key = hold(field.Key)
			}
			setLine(held, field)
			target = held
		}
		set := &ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{newIdent(value, s)}}
		setLine(set, s)
		sets = append(sets, set)
	}
	if len(parts.Names) > 0 {
		block.Stmts = append(block.Stmts, parts)
	}
	block.Stmts = append(block.Stmts, values)
	slices.Reverse(sets) // PUC Lua assigns the last first
	block.Stmts = append(block.Stmts, sets...)
	return block
}

func newIdent(name string, at ast.PositionHolder) *ast.IdentExpr {
	e := &ast.IdentExpr{Value: name}
	setLine(e, at)
	return e
}

func setLine(n, as ast.PositionHolder) {
	n.SetLine(as.Line())
	n.SetLastLine(as.LastLine())
}
