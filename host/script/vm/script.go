package vm

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/eslua/eslua/host/script/vm/compiler"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// A Script holds compiled source, immutable and shared by all states that run it.
type Script struct {
	name  string
	size  int // of the source
	proto *lua.FunctionProto
}

// Name returns the name that the script was compiled with.
func (s *Script) Name() string { return s.name }

// CheckSize returns the error that a run with a source limit gets for the script, if
// it is larger.
func (s *Script) CheckSize(limit int) *guard.LimitError {
	if s.size <= limit {
		return nil
	}
	return &guard.LimitError{Limit: "source", Figure: guard.Size(int64(limit)), File: s.name, Line: 1}
}

// Lines returns the lines on which something runs, sorted.
func (s *Script) Lines() []int {
	lines := map[int]bool{}
	var visit func(*lua.FunctionProto)
	visit = func(p *lua.FunctionProto) {
		for i, line := range p.DbgSourcePositions {
			if line > 0 && i < len(p.DbgSourcePositions)-1 { // the last is a return of the compiler's
				lines[line] = true
			}
		}
		for _, inner := range p.FunctionPrototypes {
			visit(inner)
		}
	}
	visit(s.proto)
	return slices.Sorted(maps.Keys(lines))
}

// Compile compiles source text. name is what errors show ("inviteToConf.lua").
// The error is a *CompileError.
func Compile(name string, src []byte) (*Script, error) {
	p, err := guard.Compile(name, string(src))
	if err != nil {
		return nil, err
	}
	return &Script{name: name, size: len(src), proto: p}, nil
}

// CompileError says where a source text is wrong.
type CompileError = compiler.SyntaxError

// A ScriptError describes why a script failed.
type ScriptError struct {
	File      string // "" if no script was running
	Line      int
	Message   string // without the position
	Traceback string
	Limit     string // the budget that ended it: memory, burst, cpu, after_hangup, duration, stack, source; else ""
	Cause     error  // the Go error that caused it, if any: context.Canceled, a declared function's error

	unplaced bool // the script raised it without a place; the traceback has it
}

func (e *ScriptError) Error() string {
	if e.File == "" {
		return e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

func (e *ScriptError) Unwrap() error { return e.Cause }

var placed = regexp.MustCompile(`(?s)^(\[string ".*?"\]|[^:\n]+):(\d+): (.*)$`)

// scriptError converts what a state raised to a *ScriptError, and nil to nil.
func scriptError(err error, traceback string) error {
	if err == nil {
		return nil
	}
	out := &ScriptError{Traceback: traceback, Cause: err}
	var limit *guard.LimitError
	if errors.As(err, &limit) {
		out.Limit = limit.Limit
	}
	switch e := err.(type) {
	case *guard.LimitError:
		out.File, out.Line, out.Message = e.File, e.Line, e.Text()
	case *guard.InternalError:
		out.File, out.Line, out.Message = e.File, e.Line, fmt.Sprintf("internal error: %v", e.Value)
		out.Traceback += "\n" + string(e.Stack)
	case *lua.ApiError:
		out.Cause = e.Cause
		errors.As(e.Cause, &limit)
		if limit != nil {
			out.Limit = limit.Limit
		}
		switch v := e.Object.(type) {
		case lua.LString:
			out.Message = string(v)
			if m := placed.FindStringSubmatch(string(v)); m != nil {
				out.File, out.Message = m[1], m[3]
				out.Line, _ = strconv.Atoi(m[2])
			}
		case lua.LNumber:
			out.Message = v.String()
		default:
			out.Message = "(error object is a " + e.Object.Type().String() + " value)"
		}
	default:
		out.Message = err.Error()
	}
	if out.File == "" {
		if m := inTraceback.FindStringSubmatch(traceback); m != nil {
			out.unplaced, out.File = true, m[1]
			out.Line, _ = strconv.Atoi(m[2])
		}
	}
	return out
}

// inTraceback matches the first line of a traceback that names a place.
var inTraceback = regexp.MustCompile(`(?m)^\t(\[string ".*?"\]|[^:\n]+):(\d+): `)
