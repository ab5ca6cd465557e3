package vm

import (
	"context"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// StateOptions are what one state needs of the world around it. Every field
// may be left zero.
type StateOptions struct {
	Limits  guard.Limits
	Require func(name string) (*Script, error) // require's loader; nil finds nothing
	Print   func(line string)                  // print's lines; nil drops them
	Trace   func(Trace)                        // called after each declared function
	Clock   clock.Clock                        // nil is the system's
	Seed    uint64                             // of math.random
}

// Trace is one finished call of a declared function.
type Trace struct {
	Name    string // "session:playback", "freeswitch.consoleLog"
	Args    []lua.LValue
	Results []lua.LValue
	Err     error
	Start   time.Time
	Took    time.Duration
	Line    int // of the script that called
	File    string
}

// State is one script's instance: used once, by one goroutine.
type State struct{}

// NewState makes a state.
func (m *Machine) NewState(o StateOptions) *State { return &State{} }

// Close ends the state; nothing may be called on it after.
func (s *State) Close() {}

// Bind sets what Args.Self is inside the functions of a module, in this state.
func (s *State) Bind(module string, instance any) {}

// NewObject is a Lua object of class c whose methods get self as Args.Self.
func (s *State) NewObject(c *Class, self any) lua.LValue { return lua.LNil }

// SetGlobal sets a global variable of the script.
func (s *State) SetGlobal(name string, v lua.LValue) {}

// Global is a global variable as the script sees it; lua.LNil if absent.
func (s *State) Global(name string) lua.LValue { return lua.LNil }

// Run runs a script to its end. argv becomes the global argv: argv[0] is the
// script's name, argv[1] the first argument. The error is a *ScriptError.
// Cancelling ctx ends the script at its next instruction or wait.
func (s *State) Run(ctx context.Context, sc *Script, argv []string) error { return nil }

// Call calls a Lua function from inside a declared Go function, under the same
// budgets. The error is a *ScriptError, or the limit's.
func (s *State) Call(fn lua.LValue, args ...lua.LValue) ([]lua.LValue, error) { return nil, nil }
