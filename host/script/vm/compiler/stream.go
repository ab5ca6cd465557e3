package compiler

import "github.com/yuin/gopher-lua/ast"

// Unheard names the global whose methods are called in place of those of stream where there
// is no stream. No script can write its name.
const Unheard = "(stream)"

// hearStreams has `stream:write(...)` mean `(stream or UNHEARD):write(...)`. So what a
// script says goes to the log where nobody waits for it, and `stream == nil` still tells a
// script of mod_lua's that it serves a call.
func hearStreams(stmts []ast.Stmt) {
	for _, s := range stmts {
		exprs, blocks := parts(s)
		hearStreamsIn(exprs...)
		for _, b := range blocks {
			hearStreams(*b)
		}
		if def, ok := s.(*ast.FuncDefStmt); ok {
			hearStreams(def.Func.Stmts)
		}
	}
}

func hearStreamsIn(exprs ...ast.Expr) {
	for _, e := range exprs {
		hearStreamsIn(operands(e)...)
		switch e := e.(type) {
		case *ast.FunctionExpr:
			hearStreams(e.Stmts)
		case *ast.FuncCallExpr:
			if name, ok := e.Receiver.(*ast.IdentExpr); ok && name.Value == "stream" {
				unheard := &ast.IdentExpr{Value: Unheard}
				either := &ast.LogicalOpExpr{Operator: "or", Lhs: name, Rhs: unheard}
				setLine(unheard, name)
				setLine(either, name)
				e.Receiver = either
			}
		}
	}
}
