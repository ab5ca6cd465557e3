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
//     its fiftieth element: registers that are not elements are stored.
//   - `local f = function() f() end`: it is taken for `local function f()`,
//     which Read writes otherwise.
//   - A jump back to a jump, as at the end of a loop whose body begins with
//     one: the compiler takes the second jump's distance for a label.
func repair(stmts []ast.Stmt) []ast.Stmt {
	for i, s := range stmts {
		exprs, blocks := parts(s)
		repairIn(exprs...)
		for _, b := range blocks {
			*b = repair(*b)
		}
		switch s := s.(type) {
		case *ast.AssignStmt:
			if len(s.Lhs) > 1 || needsTemp(s.Rhs[0]) {
				stmts[i] = splitAssign(s)
			}
		case *ast.LocalAssignStmt:
			if len(s.Names) == 1 && len(s.Exprs) == 1 {
				if fn, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
					s.Exprs[0] = orFalse(fn)
				}
			}
		case *ast.WhileStmt:
			s.Stmts = addLandingPad(s, s.Stmts)
			moveCondIntoBody(s)
		case *ast.RepeatStmt:
			s.Stmts = addLandingPad(s, s.Stmts)
		case *ast.GenericForStmt:
			s.Stmts = addLandingPad(s, s.Stmts)
			if s.Exprs = forExprs3(s); !safeInLoopHead(s.Exprs[0]) {
				stmts[i] = hoistForExprs(s)
			}
		case *ast.FuncDefStmt:
			repairIn(s.Func)
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
		repairIn(operands(e)...)
		switch e := e.(type) {
		case *ast.TableExpr:
			repairFields(e)
		case *ast.FunctionExpr:
			e.Stmts = repair(e.Stmts)
		}
	}
}

// operands returns the expressions that e is made of; a nil one stands for none.
func operands(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.AttrGetExpr:
		return []ast.Expr{e.Object, e.Key}
	case *ast.TableExpr:
		var all []ast.Expr
		for _, f := range e.Fields {
			all = append(all, f.Key, f.Value)
		}
		return all
	case *ast.FuncCallExpr:
		return append([]ast.Expr{e.Func, e.Receiver}, e.Args...)
	case *ast.LogicalOpExpr:
		return []ast.Expr{e.Lhs, e.Rhs}
	case *ast.RelationalOpExpr:
		return []ast.Expr{e.Lhs, e.Rhs}
	case *ast.StringConcatOpExpr:
		return []ast.Expr{e.Lhs, e.Rhs}
	case *ast.ArithmeticOpExpr:
		return []ast.Expr{e.Lhs, e.Rhs}
	case *ast.UnaryMinusOpExpr:
		return []ast.Expr{e.Expr}
	case *ast.UnaryNotOpExpr:
		return []ast.Expr{e.Expr}
	case *ast.UnaryLenOpExpr:
		return []ast.Expr{e.Expr}
	}
	return nil
}

// parts returns the expressions and the blocks that a statement is made of, without
// a function that it defines; a nil expression stands for none.
func parts(s ast.Stmt) (exprs []ast.Expr, blocks []*[]ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		exprs = slices.Concat(s.Lhs, s.Rhs)
	case *ast.LocalAssignStmt:
		exprs = s.Exprs
	case *ast.FuncCallStmt:
		exprs = []ast.Expr{s.Expr}
	case *ast.DoBlockStmt:
		blocks = []*[]ast.Stmt{&s.Stmts}
	case *ast.WhileStmt:
		exprs, blocks = []ast.Expr{s.Condition}, []*[]ast.Stmt{&s.Stmts}
	case *ast.RepeatStmt:
		exprs, blocks = []ast.Expr{s.Condition}, []*[]ast.Stmt{&s.Stmts}
	case *ast.IfStmt:
		exprs, blocks = []ast.Expr{s.Condition}, []*[]ast.Stmt{&s.Then, &s.Else}
	case *ast.NumberForStmt:
		exprs, blocks = []ast.Expr{s.Init, s.Limit, s.Step}, []*[]ast.Stmt{&s.Stmts}
	case *ast.GenericForStmt:
		exprs, blocks = s.Exprs, []*[]ast.Stmt{&s.Stmts}
	case *ast.ReturnStmt:
		exprs = s.Exprs
	}
	return exprs, blocks
}

// forExprs3 returns expressions for a generic for that give three values.
func forExprs3(s *ast.GenericForStmt) []ast.Expr {
	exprs := s.Exprs
	last := exprs[len(exprs)-1]
	switch {
	case !IsMultiValue(last):
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
	rest := &ast.Comma3Expr{}
	setLine(rest, at)
	call := newCall(at, []ast.Stmt{newReturn(at, rest)}, true)
	call.Args = slices.Clone(exprs)
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

// IsMultiValue reports whether e, at the end of a list, may give any number of
// values.
func IsMultiValue(e ast.Expr) bool {
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
	case *ast.FuncCallExpr:
		if e.Func != nil {
			return evaluatesWithoutJump(e.Func)
		}
		return evaluatesWithoutJump(e.Receiver)
	case *ast.UnaryNotOpExpr:
		return testsWithoutJump(e.Expr)
	case *ast.TableExpr:
		return true
	}
	return !slices.ContainsFunc(operands(e), func(part ast.Expr) bool { return !evaluatesWithoutJump(part) })
}

// repairFields repairs a table constructor: a field with a key takes one value, and
// fields with keys come before more than a block of elements.
func repairFields(e *ast.TableExpr) {
	elements := 0
	for _, f := range e.Fields {
		if f.Key == nil {
			elements++
			continue
		}
		switch v := f.Value.(type) {
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
//
// Many are stored in two tables instead.
func splitAssign(s *ast.AssignStmt) ast.Stmt {
	many := len(s.Lhs) > 10
	parts, values := &held{at: s, prefix: "part", many: many}, &held{at: s, prefix: "value", many: many, exprs: s.Rhs}
	var sets []ast.Stmt
	for i, target := range s.Lhs {
		if field, ok := target.(*ast.AttrGetExpr); ok {
			parts.exprs = append(parts.exprs, field.Object)
			object, key := parts.get(len(parts.exprs)-1), field.Key
			if _, constant := key.(ast.ConstExpr); !constant {
				parts.exprs = append(parts.exprs, key)
				key = parts.get(len(parts.exprs) - 1)
			}
			target = &ast.AttrGetExpr{Object: object, Key: key}
			setLine(target, field)
		}
		set := &ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{values.get(i)}}
		setLine(set, s)
		sets = append(sets, set)
	}
	block := &ast.DoBlockStmt{Stmts: append(parts.declare(len(parts.exprs)), values.declare(len(s.Lhs))...)}
	setLine(block, s)
	slices.Reverse(sets) // PUC Lua assigns the last first
	block.Stmts = append(block.Stmts, sets...)
	return block
}

// held has expressions that are evaluated into hidden variables, or into a table.
type held struct {
	at     *ast.AssignStmt
	prefix string
	exprs  []ast.Expr
	many   bool
}

func (h *held) name(i int) string { return "(" + h.prefix + " " + strconv.Itoa(i) + ")" }

// get returns an expression for the value of expression i.
func (h *held) get(i int) ast.Expr {
	if !h.many {
		return newIdent(h.name(i), h.at)
	}
	index := &ast.NumberExpr{Value: strconv.Itoa(i + 1)}
	e := &ast.AttrGetExpr{Object: newIdent(h.name(0), h.at), Key: index}
	setLine(index, h.at)
	setLine(e, h.at)
	return e
}

// declare returns the statement that evaluates the expressions to n values.
func (h *held) declare(n int) []ast.Stmt {
	if n == 0 {
		return nil
	}
	local := &ast.LocalAssignStmt{Names: []string{h.name(0)}, Exprs: h.exprs}
	if h.many {
		table := &ast.TableExpr{}
		for _, e := range h.exprs {
			table.Fields = append(table.Fields, &ast.Field{Value: e})
		}
		setLine(table, h.at)
		local.Exprs = []ast.Expr{table}
		n = 1
	}
	for i := 1; i < n; i++ {
		local.Names = append(local.Names, h.name(i))
	}
	setLine(local, h.at)
	return []ast.Stmt{local}
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
