package vm

import (
	"fmt"
)

// Script is compiled source, immutable and shared by all states that run it.
type Script struct {
	name string
}

// Name is the name the script was compiled with.
func (s *Script) Name() string { return s.name }

// Compile compiles source text. name is what errors show ("inviteToConf.lua").
// The error is a *CompileError.
func Compile(name string, src []byte) (*Script, error) { return &Script{name: name}, nil }

// CompileError says where a source text is wrong.
type CompileError struct {
	File    string
	Line    int
	Message string
}

func (e *CompileError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message) }

// ScriptError is how a script ended that did not end well.
type ScriptError struct {
	File      string // "" when the error carries no place
	Line      int
	Message   string // without the place
	Traceback string
	Limit     string // the budget that ended it: memory, burst, cpu, duration, stack, source; else ""
	Cause     error  // the Go error behind it, if any: context.Canceled, a declared function's error
}

func (e *ScriptError) Error() string {
	if e.File == "" {
		return e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

func (e *ScriptError) Unwrap() error { return e.Cause }
