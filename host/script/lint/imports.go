package lint

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/vm/compiler"
	"github.com/yuin/gopher-lua/ast"
)

// Imports lists everything that a script can load.
type Imports struct {
	Required []Requirement
	Optional []string      // modules it can do without: pcall(require, "x")
	Provided []string      // modules it puts into package.preload or package.loaded itself
	Files    []Requirement // scripts of the tree that it runs by their paths: dofile "lib/util.lua"
	Computed bool          // it loads others, whose names show only when it runs
	Outside  bool          // some of them perhaps from outside the tree
	Dynamic  bool          // it may load others, in whatever way
}

// A Requirement is a module that a script names literally: require "lib.util".
type Requirement struct {
	Module  string
	Line    int
	Certain bool // the call is made whenever the script runs
}

// ImportsOf finds the modules that a script, which compiles, requires.
func ImportsOf(src string) Imports {
	stmts, _ := compiler.Parse("", src)
	r := newReader(&Checker{})
	r.block(stmts)
	return r.imports()
}

func (r *reader) imports() (found Imports) {
	uses, runs := 0, 0 // of the names require and dofile; if some are not in found, names are computed
	searches := false  // it uses package, and so may find modules in its own way
	for _, s := range r.sites {
		switch e := s.expr.(type) {
		case *ast.IdentExpr:
			name := r.globalName(e)
			searches = searches || name == "package"
			found.Dynamic = found.Dynamic || loadsDynamically(name)
			switch name {
			case "require":
				uses++
			case "dofile", "loadfile":
				runs++
			}
		case *ast.FuncCallExpr:
			switch f, args := r.globalName(e.Func), e.Args; {
			case f == "require" && len(args) == 1 && isText(args[0]):
				module := args[0].(*ast.StringExpr)
				found.Required = append(found.Required, Requirement{module.Value, module.Line(), s.certain})
			case (f == "dofile" || f == "loadfile") && len(args) == 1 && isText(args[0]) && inTree(args[0].(*ast.StringExpr).Value):
				found.Files = append(found.Files, Requirement{args[0].(*ast.StringExpr).Value, args[0].Line(), s.certain && f == "dofile"})
			case f == "pcall" && len(args) == 2 && r.globalName(args[0]) == "require" && isText(args[1]):
				found.Optional = append(found.Optional, args[1].(*ast.StringExpr).Value)
			}
		}
	}
	for _, set := range r.sets {
		where, inTable := set.Object.(*ast.AttrGetExpr)
		if !inTable || r.globalName(where.Object) != "package" || !isText(where.Key) || !isText(set.Key) {
			continue
		}
		if table := where.Key.(*ast.StringExpr).Value; table == "preload" || table == "loaded" {
			found.Provided = append(found.Provided, set.Key.(*ast.StringExpr).Value)
		}
	}
	if searches {
		for i := range found.Required {
			found.Required[i].Certain = false
		}
	}
	found.Outside = runs != len(found.Files)
	found.Computed = found.Outside || uses != len(found.Required)+len(found.Optional)
	found.Dynamic = found.Dynamic || found.Computed ||
		slices.ContainsFunc(found.Modules(), loadsDynamically) // require "_G" is the table of that name
	return found
}

// globalName returns the name of the global that an expression is, "" if it is none.
func (r *reader) globalName(e ast.Expr) string {
	if id, ok := e.(*ast.IdentExpr); ok && r.meaning[id].line == 0 {
		return id.Value
	}
	return ""
}

// inTree reports whether a path names a script of the tree.
func inTree(path string) bool {
	return strings.HasSuffix(path, ".lua") && !strings.HasPrefix(path, "/")
}

func isText(e ast.Expr) bool {
	_, ok := e.(*ast.StringExpr)
	return ok
}

// Modules returns the names of all modules and files that a script may load by name.
func (i Imports) Modules() []string {
	names := slices.Clone(i.Optional)
	for _, r := range slices.Concat(i.Required, i.Files) {
		names = append(names, r.Module)
	}
	return names
}

// loadsDynamically reports whether a script can use a name to load modules or
// source that its text does not show.
func loadsDynamically(name string) bool {
	switch name {
	case "_G", "package", "getfenv", "load", "loadstring", "io": // io opens files of the tree
		return true
	}
	return false
}
