package compiler

import (
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// scopes finds where the local variables of a text end. gopher-lua's compiler
// stores that of a wrong variable, as soon as two blocks have used one register, and
// leaves no trace of a block in its code. So each node of the tree carries the number
// of its block, in the upper half of its line, through the compiler to the
// instructions that it becomes.
type scopes struct {
	parent []int32         // of each block, in the order of their beginnings
	end    []int32         // the last block inside each block
	locals map[int][]int32 // of each function, by its outermost block: the blocks of its variables
	work   int             // names that the compiler compares: it looks for each name among all variables in sight
}

const lineBits = 32

func line(n int) int  { return n & (1<<lineBits - 1) }
func block(n int) int { return n >> lineBits }

// markBlocks numbers the blocks of a chunk and marks its nodes.
func markBlocks(chunk []ast.Stmt) *scopes {
	s := &scopes{locals: map[int][]int32{}}
	w := blockWalk{scopes: s}
	w.inBlock(func() { w.stmts(chunk) })
	s.locals[0] = w.locals
	return s
}

// settle stores in a function and those inside it where each variable ends, and
// takes the marks off its lines.
func (s *scopes) settle(p *lua.FunctionProto) {
	body := block(p.LineDefined)
	last := make([]int, int(s.end[body])-body+1) // instruction of each block
	for i := range last {
		last[i] = -1
	}
	for pc, n := range p.DbgSourcePositions {
		if b := block(n) - body; b >= 0 && b < len(last) {
			last[b] = pc
		}
		p.DbgSourcePositions[pc] = line(n)
	}
	for b := len(last) - 1; b > 0; b-- {
		outer := int(s.parent[body+b]) - body
		last[outer] = max(last[outer], last[b])
	}
	for i, b := range s.locals[body][:min(len(s.locals[body]), len(p.DbgLocals))] { // a test holds that they are as many
		p.DbgLocals[i].EndPc = last[int(b)-body]
	}
	p.LineDefined, p.LastLineDefined = line(p.LineDefined), line(p.LastLineDefined)
	for _, child := range p.FunctionPrototypes {
		s.settle(child)
	}
}

// blockWalk goes through one function as gopher-lua's compiler does.
type blockWalk struct {
	*scopes
	block  int32   // the innermost
	locals []int32 // of the function
	sight  int     // variables in sight, those of outer functions included
}

func (w *blockWalk) inBlock(do func()) {
	outer, sight := w.block, w.sight
	w.block = int32(len(w.parent))
	w.parent, w.end = append(w.parent, outer), append(w.end, 0)
	do()
	w.end[w.block] = int32(len(w.parent)) - 1
	w.block, w.sight = outer, sight
}

func (w *blockWalk) declare(n int) {
	w.sight += n
	for range n {
		w.locals = append(w.locals, w.block)
	}
}

func (w *blockWalk) mark(n ast.PositionHolder) {
	n.SetLine(line(n.Line()) | int(w.block)<<lineBits)
	if last := line(n.LastLine()); last != 0 {
		n.SetLastLine(last | int(w.block)<<lineBits)
	}
}

// stmts marks statements. Labels and jumps to them stay as they are, because
// errors show their lines.
func (w *blockWalk) stmts(list []ast.Stmt) {
	for _, s := range list {
		const hidden = 3 // variables of a loop
		exprs, blocks := parts(s)
		switch s.(type) {
		case *ast.LabelStmt, *ast.GotoStmt:
		default:
			w.mark(s)
		}
		switch s := s.(type) {
		case *ast.LocalAssignStmt:
			w.exprs(exprs...)
			w.declare(len(s.Names))
		case *ast.RepeatStmt:
			w.inBlock(func() { w.stmts(s.Stmts); w.exprs(s.Condition) })
		case *ast.NumberForStmt:
			w.loop(exprs, hidden+1, s.Stmts)
		case *ast.GenericForStmt:
			w.loop(exprs, hidden+len(s.Names), s.Stmts)
		case *ast.FuncDefStmt:
			w.exprs(s.Name.Func, s.Name.Receiver)
			w.function(s.Func, s.Name.Func == nil)
		default:
			w.exprs(exprs...)
			for _, b := range blocks {
				w.inBlock(func() { w.stmts(*b) })
			}
		}
	}
}

func (w *blockWalk) loop(head []ast.Expr, variables int, body []ast.Stmt) {
	w.inBlock(func() {
		w.exprs(head...)
		w.declare(variables)
		w.stmts(body)
	})
}

func (w *blockWalk) exprs(list ...ast.Expr) {
	for _, e := range list {
		if e == nil {
			continue
		}
		if fn, ok := e.(*ast.FunctionExpr); ok {
			w.function(fn, false)
			continue
		}
		if _, ok := e.(*ast.IdentExpr); ok {
			w.work += w.sight
		}
		w.mark(e)
		w.exprs(operands(e)...)
	}
}

// function marks a function. Where it is made, its instruction has the number of its
// body, which is inside the block that makes it.
func (w *blockWalk) function(fn *ast.FunctionExpr, method bool) {
	inner := blockWalk{scopes: w.scopes, block: w.block, sight: w.sight}
	inner.inBlock(func() {
		inner.mark(fn)
		if method {
			inner.declare(1) // self
		}
		inner.declare(len(fn.ParList.Names))
		if fn.ParList.HasVargs {
			inner.declare(1) // arg
		}
		body := int(inner.block)
		inner.stmts(fn.Stmts)
		w.scopes.locals[body] = inner.locals
	})
}
