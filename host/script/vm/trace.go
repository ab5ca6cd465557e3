package vm

import (
	"errors"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	lua "github.com/yuin/gopher-lua"
)

// A Tracer sees each call of a declared function, in the goroutine of its state. What
// it is shown is valid until it returns. Calls are nested: a function may call the
// script back.
type Tracer interface {
	// Enter is called when the arguments have been checked.
	Enter(a *Args)
	// Leave is called once for each Enter, when the function has returned, or with
	// ErrUnwound when an error went through it.
	Leave(a *Args, err error)
}

// ErrUnwound stands for the error of a function that did not return.
var ErrUnwound = errors.New("an error ended it")

// run calls the declared function, and shows it to the tracer. What most calls need comes
// first, and with no function in between: the stack of each call that waits has it.
func (w *wrapper) run(a *Args) error {
	switch o := &a.state.options; {
	case o.Outside != nil:
		return w.answered(a, o.Outside)
	case o.Tracer != nil:
		return w.traced(a, o.Tracer)
	}
	return w.declared.Go(a)
}

func (w *wrapper) traced(a *Args, tracer Tracer) error {
	err := ErrUnwound
	tracer.Enter(a)
	defer func() { tracer.Leave(a, err) }()
	err = w.declared.Go(a)
	return err
}

// Declared returns the name of the function that is called, "Session:playback" or
// "freeswitch.consoleLog", and its declaration.
func (a *Args) Declared() (name string, declared *Func) { return a.wrapper.name, a.wrapper.declared }

// Results returns what the function has returned so far.
func (a *Args) Results() []lua.LValue { return a.results }

// A Trace describes one finished call of a declared function.
type Trace struct {
	Name    string // "Session:playback", "freeswitch.consoleLog"
	Args    []lua.LValue
	Results []lua.LValue
	Err     error
	Start   time.Time
	Took    time.Duration
	Line    int // of the script that called
	File    string

	Declared  *Func
	ClassName func(*lua.LUserData) string // of an object
}

// Traces returns a Tracer that shows each finished call to fn.
func Traces(clk clock.Clock, fn func(Trace)) Tracer { return &traces{clock: clk, fn: fn} }

type traces struct {
	clock  clock.Clock
	fn     func(Trace)
	starts []time.Time // of the calls that have not returned, one within the other
}

func (t *traces) Enter(*Args) { t.starts = append(t.starts, t.clock.Now()) }

func (t *traces) Leave(a *Args, err error) {
	start := t.starts[len(t.starts)-1]
	t.starts = t.starts[:len(t.starts)-1]
	seen := Trace{Name: a.wrapper.name, Err: err, Start: start, Took: t.clock.Now().Sub(start), Declared: a.wrapper.declared, ClassName: a.ClassName}
	for i := range a.Len() {
		seen.Args = append(seen.Args, a.Value(i))
	}
	seen.Results = append(seen.Results, a.results...)
	seen.File, seen.Line = a.Where()
	t.fn(seen)
}

// ClassName returns the name of the class of an object, "task" for what has no methods.
func (a *Args) ClassName(ud *lua.LUserData) string {
	if c := a.state.machine.classOf(ud); c != nil {
		return c.declared.Name
	}
	return "task"
}

// AsCalled returns a function's name as scripts call it, with the object's usual name, not
// its class's, and which argument is the first that they write: api:execute gets api too.
func AsCalled(name string, declared *Func) (written string, first int) {
	if class, method, ok := strings.Cut(name, ":"); ok && class == strings.ToUpper(class) {
		return strings.ToLower(class) + ":" + method, 0
	}
	name = strings.ToLower(name[:1]) + name[1:]
	table, method, _ := strings.Cut(name, ".")
	if declared != nil && len(declared.Params) > 0 && declared.Params[0].Name == table {
		return table + ":" + method, 1
	}
	return name, 0
}
