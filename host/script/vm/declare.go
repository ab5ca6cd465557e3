package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Kind is the type of a declared parameter or result.
type Kind uint8

// The kinds. A parameter's kind decides which arguments are accepted, as in
// mod_lua: strings accept numbers and nil, ints and numbers accept numeric
// strings, booleans only booleans.
const (
	Any Kind = iota
	String
	Int
	Number
	Bool
	Table
	Function
	Object // userdata of the class Param.Class
)

// Param is one declared parameter. Self is not declared.
type Param struct {
	Name     string
	Kind     Kind
	Class    string // of an Object: the name of a class of any module
	Optional bool   // all after it are optional too
	Default  string // of an optional one, as text for the reference
	Variadic bool   // the last one, any number of times
	Doc      string
}

// Result is one declared result.
type Result struct {
	Name  string
	Kind  Kind
	Class string // of an Object
	Doc   string
}

// Func is one Lua-visible function. Its texts are the Lua reference.
type Func struct {
	Name    string
	Params  []Param
	Results []Result
	Doc     string
	Example string // Lua that shows its use
	// AfterHangup says what the function does after the call has hung up. If it
	// is empty, that of its class or module applies.
	AfterHangup string
	Waits       bool // waits for the outside: the burst budget starts again after it
	Go          func(a *Args) error
}

// Usage returns how the function is called, with optional parameters in brackets:
// "sleep(milliseconds, [sync])".
func (f *Func) Usage() string {
	params := make([]string, len(f.Params))
	for i, p := range f.Params {
		switch {
		case p.Variadic:
			params[i] = "..."
		case p.Optional:
			params[i] = "[" + p.Name + "]"
		default:
			params[i] = p.Name
		}
	}
	return f.Name + "(" + strings.Join(params, ", ") + ")"
}

// Class is a kind of object with methods. Its metatable is built once and
// shared by all states.
type Class struct {
	Name        string // in documentation and tostring: "Session"
	Native      string // mod_lua's C++ name in error texts: "CoreSession"; default Name
	Doc         string
	Example     string
	AfterHangup string
	Methods     []Func
	Fields      []Field
	// Wrap returns the Go value of a new object for the argument of
	// State.NewObject, so that other modules can make objects of the class. If it
	// is nil, the argument is the Go value.
	Wrap func(v any) any
}

// Field is a value that scripts read from an object, as object.name.
type Field struct {
	Name string
	Kind Kind
	Doc  string
	Get  func(self any) lua.LValue // lua.LNil for none
}

// Constant is one fixed value in a module's table.
type Constant struct {
	Name  string
	Value lua.LValue
	Doc   string
}

// Variable is a global that a run sets with State.SetGlobal; the declaration
// only describes it.
type Variable struct {
	Name    string
	Kind    Kind
	Class   string // of an Object
	Doc     string
	Example string
}

// A Module declares what one package of bindings offers: functions and constants
// in one global table, classes, and the globals it sets. Modules of the same Name
// share the table.
type Module struct {
	Name        string // the global; "" makes the functions globals themselves
	Doc         string
	AfterHangup string // of all functions and methods that say nothing else
	Funcs       []Func
	Constants   []Constant
	Classes     []*Class
	Records     []*Class // what Args.Record shows to scripts: only described here
	Variables   []Variable
	// Absent says what to use instead of a name that does not exist: a global
	// ("dofile"), a field ("os.execute") or a method ("Session:print").
	Absent map[string]string
}
