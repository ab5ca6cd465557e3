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

// needsOf finds the literal requires of a script that compiles. Only those at
// the script's top level are sure: one in a function or a branch may never run,
// one behind "or" is a second choice, and pcall(require, "x") is no call at all.
func needsOf(src string) []need {
	sc := parse.NewScanner(strings.NewReader(withoutShebang(src)), "")
	lx := &parse.Lexer{}
	var (
		needs    []need
		depth    int
		searches bool         // it touches package, and so may find modules in its own way
		last     [5]ast.Token // the newest at the end
	)
	for {
		tok, err := sc.Scan(lx)
		if err != nil || tok.Type == parse.EOF {
			break
		}
		copy(last[:], last[1:])
		last[4] = tok
		switch tok.Type {
		case parse.TFunction, parse.TIf, parse.TDo, parse.TRepeat:
			depth++
		case parse.TEnd, parse.TUntil:
			depth--
		case parse.TIdent:
			searches = searches || tok.Str == "package"
		}
		before, module, ok := requireCall(last)
		if !ok {
			continue
		}
		choice := before == parse.TOr || before == parse.TAnd
		needs = append(needs, need{module.Str, module.Pos.Line, depth == 0 && !choice})
	}
	if searches {
		for i := range needs {
			needs[i].sure = false
		}
	}
	return needs
}

// requireCall recognises require "x" and require("x") at the end of the tokens
// read so far; before is the token in front of the call.
func requireCall(last [5]ast.Token) (before int, module ast.Token, ok bool) {
	switch {
	case last[4].Type == parse.TString && isRequire(last[3]):
		before, module = last[2].Type, last[4]
	case last[4].Type == ')' && last[3].Type == parse.TString && last[2].Type == '(' && isRequire(last[1]):
		before, module = last[0].Type, last[3]
	default:
		return 0, module, false
	}
	return before, module, before != '.' && before != ':'
}

func isRequire(t ast.Token) bool { return t.Type == parse.TIdent && t.Str == "require" }

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
