package compiler

import "github.com/yuin/gopher-lua/ast"

// keepLocals makes assignments to global variables of the declarations of local ones in a
// block, not in those inside.
func keepLocals(stmts []ast.Stmt) {
	for i, s := range stmts {
		local, ok := s.(*ast.LocalAssignStmt)
		if !ok {
			continue
		}
		assign := &ast.AssignStmt{Rhs: local.Exprs}
		assign.SetLine(local.Line())
		assign.SetLastLine(local.LastLine())
		for _, name := range local.Names {
			global := &ast.IdentExpr{Value: name}
			global.SetLine(local.Line())
			assign.Lhs = append(assign.Lhs, global)
		}
		if len(assign.Rhs) == 0 {
			none := &ast.NilExpr{}
			none.SetLine(local.Line())
			assign.Rhs = []ast.Expr{none}
		}
		stmts[i] = assign
	}
}
