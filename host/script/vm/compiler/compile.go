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
	"github.com/yuin/gopher-lua/ast"
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

// A Text may be compiled.
type Text struct {
	name   string
	source string
	Work   int // that compiling it takes, in units
	Memory int // that compiling it takes until it is done, in bytes

	keepLocals bool
}

// KeepLocals has the local variables of the outermost block be global ones, which the next
// text finds.
func (t *Text) KeepLocals() { t.keepLocals = true }

// Parse returns the syntax tree of a source text; file is what errors show.
func Parse(file, src string) ([]ast.Stmt, *SyntaxError) {
	text, wrong := Read(file, src)
	if wrong != nil {
		return nil, wrong
	}
	chunk, err := parse.Parse(strings.NewReader(text.source), file)
	if err != nil {
		return nil, text.wrong(err)
	}
	return chunk, nil
}

// Compile compiles the text. The instructions may use more registers than the
// function says. charge is called with what Work does not contain, before it is
// done; it may panic.
func (t *Text) Compile(charge func(units int)) (*lua.FunctionProto, *SyntaxError) {
	p, err := t.compile(nil, charge)
	if err != nil && overflows(err) {
		p, err = t.compile(&fit{file: t.name}, charge)
	}
	if err != nil {
		return nil, err
	}
	p.IsVarArg &^= lua.VarArgNeedsArg // the table arg of a chunk, which no code can name
	return p, nil
}

// compile compiles the text, as it is or fitted into gopher-lua's registers.
func (t *Text) compile(f *fit, charge func(units int)) (*lua.FunctionProto, *SyntaxError) {
	chunk, blocks, wrong := t.tree(f)
	if wrong != nil {
		return nil, wrong
	}
	charge(blocks.work / namesPerUnit)
	return t.translate(chunk, blocks, f)
}

// namesPerUnit counts the comparisons of variables' names in a unit of work.
const namesPerUnit = 8

// tree returns the syntax tree that gopher-lua's compiler gets.
func (t *Text) tree(f *fit) (chunk []ast.Stmt, blocks *scopes, wrong *SyntaxError) {
	defer t.recover(&wrong)
	chunk, err := parse.Parse(strings.NewReader(t.source), t.name)
	if err != nil {
		return nil, nil, t.wrong(err)
	}
	if t.keepLocals {
		keepLocals(chunk)
	}
	if f != nil {
		if chunk = f.chunk(chunk); f.wrong != nil {
			return nil, nil, f.wrong
		}
	}
	chunk = repair(chunk)
	hearStreams(chunk)
	return chunk, markBlocks(chunk), nil
}

func (t *Text) recover(wrong **SyntaxError) {
	if r := recover(); r != nil {
		*wrong = &SyntaxError{t.name, 0, fmt.Sprint("the compiler failed: ", r)}
	}
}

func (t *Text) translate(chunk []ast.Stmt, blocks *scopes, f *fit) (p *lua.FunctionProto, wrong *SyntaxError) {
	defer t.recover(&wrong)
	p, err := lua.Compile(chunk, t.name)
	if err != nil {
		wrong := t.wrong(err)
		if f != nil && overflows(wrong) {
			wrong.Line, wrong.Message = max(1, wrong.Line), tooComplex
		}
		return nil, wrong
	}
	blocks.settle(p)
	return p, t.checkUpvalues(p)
}

// overflows reports whether gopher-lua's compiler had too few registers.
func overflows(err *SyntaxError) bool {
	return strings.HasPrefix(err.Message, "register overflow") || err.Message == "too many local variables"
}

func (t *Text) checkUpvalues(p *lua.FunctionProto) *SyntaxError {
	for _, child := range p.FunctionPrototypes {
		if err := t.checkUpvalues(child); err != nil {
			return err
		}
	}
	if len(p.DbgUpvalues) > maxUpvalues {
		return &SyntaxError{t.name, p.LineDefined, fmt.Sprintf("function at line %d has more than %d upvalues", p.LineDefined, maxUpvalues)}
	}
	return nil
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
		return &SyntaxError{t.name, line(compiling.Line), compiling.Message}
	}
	return &SyntaxError{t.name, 0, err.Error()}
}
