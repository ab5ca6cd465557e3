package store

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// A requirement is a module that a script names literally: require "lib.util".
type requirement struct {
	module  string
	line    int
	certain bool // the call is made whenever the script runs
}

// imports is everything that a script can load.
type imports struct {
	required []requirement
	optional []string // modules it can do without: pcall(require, "x")
	dynamic  bool     // it may load others, which shows only when it runs
}

// importsOf finds the modules that a script, which compiles, requires. Only calls
// at the script's top level are certain: one in a function or a branch may never
// run, one after "or" is a second choice, and pcall(require, "x") may fail.
func importsOf(src string) imports {
	sc := parse.NewScanner(strings.NewReader(withoutShebang(src)), "")
	lx := &parse.Lexer{}
	var (
		found    imports
		depth    int
		uses     int          // of the name require; if some are not in found, the script is dynamic
		searches bool         // it uses package, and so may find modules in its own way
		last     [6]ast.Token // the newest at the end
	)
	for {
		tok, err := sc.Scan(lx)
		if err != nil || tok.Type == parse.EOF {
			break
		}
		copy(last[:], last[1:])
		last[5] = tok
		switch tok.Type {
		case parse.TFunction, parse.TIf, parse.TDo, parse.TRepeat:
			depth++
		case parse.TEnd, parse.TUntil:
			depth--
		case parse.TIdent:
			searches = searches || tok.Str == "package"
			if isField := last[4].Type == '.' || last[4].Type == ':'; isField {
				break // a field is another value, whatever its name
			}
			found.dynamic = found.dynamic || loadsDynamically(tok.Str)
			if tok.Str == "require" {
				uses++
			}
		}
		if module, ok := pcallRequire(last); ok {
			found.optional = append(found.optional, module)
			found.dynamic = found.dynamic || loadsDynamically(module)
			continue
		}
		before, module, ok := requireCall(last)
		if !ok {
			continue
		}
		found.dynamic = found.dynamic || loadsDynamically(module.Str) // require "_G" is the table of that name
		choice := before == parse.TOr || before == parse.TAnd
		found.required = append(found.required, requirement{module.Str, module.Pos.Line, depth == 0 && !choice})
	}
	if searches {
		for i := range found.required {
			found.required[i].certain = false
		}
	}
	found.dynamic = found.dynamic || uses != len(found.required)+len(found.optional)
	return found
}

// modules returns the names of all modules that a script may require by name.
func (i imports) modules() []string {
	names := slices.Clone(i.optional)
	for _, r := range i.required {
		names = append(names, r.module)
	}
	return names
}

// loadsDynamically reports whether a script can use a name to load modules or
// source that its text does not show.
func loadsDynamically(name string) bool {
	switch name {
	case "_G", "package", "getfenv", "load", "loadstring", "loadfile", "dofile", "io": // io opens files of the tree
		return true
	}
	return false
}

// requireCall recognises require "x" and require("x") at the end of the tokens
// read so far; before is the token before the call.
func requireCall(last [6]ast.Token) (before int, module ast.Token, ok bool) {
	switch {
	case last[5].Type == parse.TString && isIdent(last[4], "require"):
		before, module = last[3].Type, last[5]
	case last[5].Type == ')' && last[4].Type == parse.TString && last[3].Type == '(' && isIdent(last[2], "require"):
		before, module = last[1].Type, last[4]
	default:
		return 0, module, false
	}
	return before, module, before != '.' && before != ':'
}

// pcallRequire recognises pcall(require, "x").
func pcallRequire(last [6]ast.Token) (module string, ok bool) {
	return last[4].Str, last[5].Type == ')' && last[4].Type == parse.TString && last[3].Type == ',' &&
		isIdent(last[2], "require") && last[1].Type == '(' && isIdent(last[0], "pcall")
}

func isIdent(t ast.Token, name string) bool { return t.Type == parse.TIdent && t.Str == name }

// withoutShebang empties a first line that begins with #, as Lua's loader does.
func withoutShebang(src string) string {
	if !strings.HasPrefix(src, "#") {
		return src
	}
	if i := strings.IndexByte(src, '\n'); i >= 0 {
		return src[i:]
	}
	return ""
}
