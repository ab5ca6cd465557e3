package lint

import (
	"cmp"
	"regexp"
	"slices"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// A Call is a place in a script that calls a function which is known.
type Call struct {
	Line    int
	Name    string // "session:execute", "io.open"
	Args    []string
	Differs string // from mod_lua's function
}

// What stands in an argument for what the text of the script does not show.
const (
	Unknown = "\x00"
	Own     = "\x01" // the UUID of a session
)

// Calls returns the calls of known functions in a script, in the order of their lines,
// for a check that looks at what the arguments say. The error is a *vm.CompileError.
func (c *Checker) Calls(name, src string) ([]Call, error) {
	r, err := c.read(name, src)
	if err != nil {
		return nil, err
	}
	r.ported = true
	var calls []Call
	for _, s := range r.sites {
		e, ok := s.expr.(*ast.FuncCallExpr)
		if !ok {
			continue
		}
		sig, _ := r.called(e)
		if sig == nil {
			continue
		}
		call := Call{Line: e.Line(), Name: sig.name, Differs: sig.differs}
		args := e.Args
		if sig.method && e.Func != nil && len(args) > 0 { // session.execute(session, ...)
			args = args[1:]
		}
		for _, arg := range args {
			call.Args = append(call.Args, r.textOf(arg))
		}
		calls = append(calls, call)
	}
	slices.SortStableFunc(calls, func(a, b Call) int { return cmp.Compare(a.Line, b.Line) })
	return calls, nil
}

// textOf returns a text as far as the script shows it.
func (r *reader) textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StringConcatOpExpr:
		return bounded(r.textOf(e.Lhs) + r.textOf(e.Rhs))
	case *ast.FuncCallExpr:
		if text, ok := r.formatted(e); ok {
			return text
		}
		if f, _ := r.called(e); f != nil && (f.name == "session:get_uuid" || f.name == "session:getVariable" && len(e.Args) == 1 && r.textOf(e.Args[0]) == "uuid") {
			return Own
		}
	case *ast.IdentExpr:
		if v := r.meaning[e]; v.line != 0 && v.before == nil && len(v.values) == 1 && v.values[0] != nil && !v.busy {
			v.busy = true
			defer func() { v.busy = false }()
			return r.textOf(v.values[0])
		}
	}
	switch v := r.typeOf(e).literal.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return v.String()
	}
	return Unknown
}

// bounded returns a text, or Unknown for one that has doubled itself too often.
func bounded(text string) string {
	if len(text) > 64<<10 {
		return Unknown
	}
	return text
}

var conversion = regexp.MustCompile(`%[-+ #0]*\d*(\.\d*)?[a-zA-Z%]`)

// formatted returns the text of string.format(text, ...) or (text):format(...).
func (r *reader) formatted(e *ast.FuncCallExpr) (string, bool) {
	sig, _ := r.called(e)
	if sig == nil || sig.name != "string.format" {
		return "", false
	}
	args := e.Args
	if e.Func == nil {
		args = slices.Concat([]ast.Expr{e.Receiver}, args)
	}
	if len(args) == 0 {
		return "", false
	}
	next := 1
	return bounded(conversion.ReplaceAllStringFunc(r.textOf(args[0]), func(c string) string {
		switch {
		case c == "%%":
			return "%"
		case next >= len(args):
			return Unknown
		}
		next++
		if c == "%s" || c == "%d" {
			return r.textOf(args[next-1])
		}
		return Unknown
	})), true
}
