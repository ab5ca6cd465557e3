// Package compiler turns Lua 5.1 source text into functions for gopher-lua.
//
// It reads the text before gopher-lua's parser does, refuses what would
// overflow Go's stack or take too long, and rewrites what gopher-lua's parser
// and compiler get wrong: first in the text (reader), then in the syntax tree
// (repair). It does not know states and limits; package guard charges the cost
// that Text returns.
package compiler

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// A SyntaxError reports a mistake in a source text and its place.
type SyntaxError struct {
	File    string
	Line    int // 0 if the compiler does not say
	Message string
}

func (e *SyntaxError) Error() string {
	return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Message
}

// Text is source text that may be compiled.
type Text struct {
	name   string
	source string
	Work   int // that compiling it takes, in units
	Memory int // that compiling it takes until it is done, in bytes
}

// Compile compiles the text. The instructions may use more registers than the
// function says.
func (t *Text) Compile() (p *lua.FunctionProto, err *SyntaxError) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, &SyntaxError{t.name, 0, fmt.Sprint("the compiler failed: ", r)}
		}
	}()
	chunk, e := parse.Parse(strings.NewReader(t.source), t.name)
	if e != nil {
		return nil, t.wrong(e)
	}
	p, e = lua.Compile(repair(chunk), t.name)
	if e != nil {
		return nil, t.wrong(e)
	}
	p.IsVarArg &^= lua.VarArgNeedsArg // the table arg of a chunk, which no code can name
	return p, nil
}

// wrong gives the parser's and the compiler's errors one form.
func (t *Text) wrong(err error) *SyntaxError {
	var parsing *parse.Error
	var compiling *lua.CompileError
	switch {
	case errors.As(err, &parsing):
		if parsing.Pos.Line == parse.EOF {
			return &SyntaxError{t.name, strings.Count(t.source, "\n") + 1, parsing.Message + " near '<eof>'"}
		}
		return &SyntaxError{t.name, parsing.Pos.Line, parsing.Message + " near '" + parsing.Token + "'"}
	case errors.As(err, &compiling):
		return &SyntaxError{t.name, compiling.Line, compiling.Message}
	}
	return &SyntaxError{t.name, 0, err.Error()}
}
