package vm

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// StateOptions connect one state to its surroundings. Every field may be zero.
type StateOptions struct {
	Limits   guard.Limits
	Require  func(name string) (*Script, error) // require's loader; nil finds nothing
	ReadFile func(name string) (string, error)  // of the script's tree, by its name in it; nil finds nothing
	Names    func() []string                    // of the files of the script's tree; nil: it cannot be listed
	Print    func(line string)                  // print's lines; nil drops them
	Tracer   Tracer                             // sees each call of a declared function; nil: nobody
	Outside  Outside                            // answers in the place of functions that ask outside, or notes their answers; nil: neither
	Clock    clock.Clock                        // nil is the system's
	Seed     uint64                             // of math.random
	Root     string                             // the absolute path of the tree, as scripts see it; "" is .
	Path     func(file string) string           // the path of a script by the name that it was compiled with; nil: below Root
	Line     func(file string, line int)        // hears of each line that runs; nil: nobody
	HungUp   func() bool                        // reports whether the caller has gone; nil: there is none
}

// A State runs one script, once, in one goroutine.
type State struct {
	machine  *Machine
	guard    *guard.Guard
	options  StateOptions
	bound    []any
	free     []*Args
	asking   bool                                                     // the innermost function that runs is one of the Outside's
	strings  *lua.LTable                                              // the library string
	loaded   *lua.LTable                                              // package.loaded
	loaders  [2]lua.LValue                                            // package.loaders, as the script finds it
	preload  *lua.LTable                                              // package.preload
	packages *lua.LTable                                              // the table package, nil until the script names it
	place    func(path string, charge func(bytes int)) (Place, error) // nil: see FindFiles
}

// NewState returns a new state.
func (m *Machine) NewState(o StateOptions) *State {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Print == nil {
		o.Print = func(string) {}
	}
	if o.Path == nil {
		o.Path = func(file string) string { return cmp.Or(o.Root, ".") + "/" + file }
	}
	s := &State{machine: m, options: o, bound: make([]any, len(m.modules))}
	s.guard = guard.New(o.Limits, guard.Services{
		Clock:  o.Clock,
		Print:  o.Print,
		Rand:   rand.New(rand.NewPCG(o.Seed, 0)),
		HungUp: o.HungUp,
		Path:   o.Path,
		Line:   o.Line,
	}, &m.shared)
	s.guard.Data = s
	s.openGlobals()
	return s
}

// Close ends the state; nothing may run on it afterwards.
func (s *State) Close() { s.guard.Close() }

// Renew begins the budgets of processor time again, for a script that is called again and
// again.
func (s *State) Renew() { s.guard.Renew() }

// Ended returns the limit that has ended the script, after which nothing of it runs; nil if
// none has.
func (s *State) Ended() error { return s.guard.Ended() }

// HasHangupHook tells the state that its script wants to do more after the hangup
// than what it has begun.
func (s *State) HasHangupHook() { s.guard.HasHangupHook() }

// Context returns the context of what the script does now, as Args.Context.
func (s *State) Context() context.Context { return s.guard }

// Used returns the processor time that the script has used, as its budgets count
// it.
func (s *State) Used() time.Duration { return s.guard.Used() }

// Memory returns an upper bound of the memory that the script holds, in bytes: the
// result of the last census plus all allocations since.
func (s *State) Memory() int64 { return s.guard.Memory() }

// Worked returns how much the script has allocated and computed, in units: 10 ns or
// 64 bytes. Any goroutine may call it; it may lag behind by a slice.
func (s *State) Worked() int64 { return s.guard.Worked() }

// Census counts the bytes that the script keeps alive now, as the memory limit does.
// Only the goroutine that runs the state may call it.
func (s *State) Census() int64 { return s.guard.Census() }

// Bind sets what Args.Instance returns in the functions and methods of a module,
// in this state.
func (s *State) Bind(module *Module, instance any) {
	place, ok := s.machine.modules[module]
	if !ok {
		panic("vm: Bind: the machine has no such module " + module.Name)
	}
	s.bound[place] = instance
}

// OwnerOf returns what Bind has bound to the module that declares a class, for another
// module of the same package.
func (s *State) OwnerOf(class string) any { return s.bound[s.machine.classes[class].module] }

// NewObject returns a new Lua object of the class of that name. Its methods get v
// as Args.Self, or what Class.Wrap returns for v.
func (s *State) NewObject(class string, v any) lua.LValue {
	c := s.machine.classes[class]
	if c == nil {
		panic("vm: NewObject: the machine has no class " + class)
	}
	if c.declared.Wrap != nil {
		v = c.declared.Wrap(v)
	}
	h, ok := v.(Holder)
	if !ok || reflect.TypeOf(v) != reflect.TypeOf(c.declared.Value) {
		panic(fmt.Sprintf("vm: NewObject: the objects of class %s are %T, not %T", class, c.declared.Value, v))
	}
	s.guard.DeferMemory(128 + int64(h.Holds(func(lua.LValue) {})))
	return &lua.LUserData{Value: v, Metatable: c.metatable}
}

// Method returns a method of a class, for a script to call as a function.
func (s *State) Method(class, name string) lua.LValue {
	return s.machine.classes[class].methods.RawGetString(name)
}

// SetGlobal sets a global variable of the script.
func (s *State) SetGlobal(name string, v lua.LValue) {
	s.guard.DeferMemory(160)
	s.guard.L().G.Global.RawSetString(name, v)
}

// Global returns a global variable of the script, or lua.LNil if it is absent.
func (s *State) Global(name string) lua.LValue {
	globals := s.guard.L().G.Global
	if v := globals.RawGetString(name); v != lua.LNil || globals.Metatable != s.machine.unfilled {
		return v
	}
	return s.standardGlobal(name)
}

// Table returns a Lua table of the values of m: strings, numbers, booleans, lists and
// tables. Other values become their text.
func (s *State) Table(m map[string]any) *lua.LTable {
	t := newTable()
	for k, v := range m {
		s.guard.DeferMemory(int64(200 + len(k)))
		t.RawSetString(k, s.value(v))
	}
	return t
}

func (s *State) value(v any) lua.LValue {
	switch v := v.(type) {
	case string:
		s.guard.DeferMemory(int64(len(v)))
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case int:
		return lua.LNumber(v)
	case int64:
		return lua.LNumber(v)
	case uint64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	case map[string]any:
		return s.Table(v)
	case []any:
		t := newTable()
		for i, entry := range v {
			s.guard.DeferMemory(200)
			t.RawSetInt(i+1, s.value(entry))
		}
		return t
	}
	return s.value(fmt.Sprint(v))
}

// Run runs a script to its end. argv becomes the global argv: argv[0] is the
// script's name, argv[1] the first argument. The error is a *ScriptError.
// Cancelling ctx ends the script at its next instruction or wait.
func (s *State) Run(ctx context.Context, sc *Script, argv []string) error {
	g := s.guard
	limits := g.Limits()
	if err := sc.CheckSize(limits.Source); err != nil {
		return scriptError(err, "")
	}
	if limits.Duration > 0 {
		timed, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		timer := s.options.Clock.AfterFunc(limits.Duration, func() {
			cancel(&guard.LimitError{Limit: "duration", Figure: limits.Duration.String()})
		})
		defer timer.Stop()
		ctx = timed
	}
	g.Context = ctx
	if len(argv) > 0 {
		s.SetGlobal("argv", s.arguments(argv))
	}
	L := g.L()
	err, traceback := g.Enter(L, func() {
		L.Push(g.NewFunction(sc.proto))
		L.Call(0, 0)
	})
	return scriptError(err, traceback)
}

func (s *State) arguments(argv []string) *lua.LTable {
	t := newTable()
	for i, arg := range argv {
		s.guard.DeferMemory(int64(200 + len(arg)))
		t.RawSetInt(i, lua.LString(arg))
	}
	return t
}

// Call calls a Lua function from inside a declared Go function, under the same
// budgets. The error is a *ScriptError; after a limit's error the script ends
// when the Go function returns.
func (s *State) Call(fn lua.LValue, args ...lua.LValue) (results []lua.LValue, err error) {
	L := s.guard.L().G.CurrentThread
	if s.asking {
		s.options.Outside.CallsBack(args)
	}
	raised, traceback := s.guard.Enter(L, func() {
		top := L.GetTop()
		L.Push(fn)
		for _, v := range args {
			L.Push(v)
		}
		L.Call(len(args), lua.MultRet)
		for i := top + 1; i <= L.GetTop(); i++ {
			results = append(results, L.Get(i))
		}
		L.SetTop(top)
	})
	if raised != nil {
		return nil, scriptError(raised, traceback)
	}
	return results, nil
}
