package store

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// need is a module a script names literally: require "lib.util".
type need struct {
	module string
	line   int
	sure   bool // the call is made whenever the script runs
}

// imports is all that a script can load.
type imports struct {
	needs []need
	tries []string // modules it can do without: pcall(require, "x")
	any   bool     // what else it loads shows only when it runs
}

// importsOf finds the requires of a script that compiles. Only those at the
// script's top level are sure: one in a function or a branch may never run, one
// behind "or" is a second choice, and pcall(require, "x") may fail.
func importsOf(src string) imports {
	sc := parse.NewScanner(strings.NewReader(withoutShebang(src)), "")
	lx := &parse.Lexer{}
	var (
		found    imports
		depth    int
		uses     int          // of the name require; those that are none of found's make it any
		searches bool         // it touches package, and so may find modules in its own way
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
				break // what a table holds was put there under its own name
			}
			found.any = found.any || loadsUnseen(tok.Str)
			if tok.Str == "require" {
				uses++
			}
		}
		if module, ok := tryCall(last); ok {
			found.tries = append(found.tries, module)
			found.any = found.any || loadsUnseen(module)
			continue
		}
		before, module, ok := requireCall(last)
		if !ok {
			continue
		}
		found.any = found.any || loadsUnseen(module.Str) // require "_G" is the table of that name
		choice := before == parse.TOr || before == parse.TAnd
		found.needs = append(found.needs, need{module.Str, module.Pos.Line, depth == 0 && !choice})
	}
	if searches {
		for i := range found.needs {
			found.needs[i].sure = false
		}
	}
	found.any = found.any || uses != len(found.needs)+len(found.tries)
	return found
}

// loadsUnseen tells the names by which a script can come to a require, or to
// source, that its text does not show.
func loadsUnseen(name string) bool {
	switch name {
	case "_G", "package", "getfenv", "load", "loadstring", "loadfile", "dofile", "io": // io opens files of the tree
		return true
	}
	return false
}

// requireCall recognises require "x" and require("x") at the end of the tokens
// read so far; before is the token in front of the call.
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

// tryCall recognises pcall(require, "x").
func tryCall(last [6]ast.Token) (module string, ok bool) {
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
