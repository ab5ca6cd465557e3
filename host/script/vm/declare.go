package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// A Kind tells the type of a declared parameter or result.
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

// A Param declares one parameter. Self is not declared.
type Param struct {
	Name     string
	Kind     Kind
	Class    string // of an Object: the name of a class of any module
	Optional bool   // all after it are optional too
	Default  string // of an optional one, as text for the reference
	Variadic bool   // the last one, any number of times
	Null     bool   // of an Object: nil is taken too, as mod_lua takes a null pointer
	Callback string // its text names a global function, which is called with an object of this class first
	Most     int    // bytes of a text; 0: it shares MaxText with the other arguments
	Doc      string
	// Check returns why a text can never be right, for the check of a script that
	// does not run; nil accepts all.
	Check func(text string) error
}

// MaxText limits the bytes of all texts of one call together, unless Param.Most says
// otherwise. No Go function can be interrupted, so what it reads is bounded before;
// FreeSWITCH takes no longer text either.
const MaxText = 64 << 10

// A Result declares one result.
type Result struct {
	Name  string
	Kind  Kind
	Class string // of an Object
	Doc   string
}

// A Func declares one Lua-visible function. Its texts are the Lua reference.
type Func struct {
	Name    string
	Params  []Param
	Results []Result
	Doc     string
	Example string // Lua that shows its use
	Differs string // from mod_lua's function of that name; "" if it does the same
	// Native is mod_lua's C++ prototype, "API::execute(char const *,char const *)", for
	// the texts of argument errors; several lines if it is overloaded. If it is empty,
	// the class, the name and the parameters' kinds say the same.
	Native string
	// AfterHangup says what the function does after the call has hung up. If it
	// is empty, that of its class or module applies.
	AfterHangup string
	// Check returns why a call can never be right, by what the text of the script shows
	// of its arguments, of which there are enough; nil accepts all.
	Check func(args []Literal) error
	// Outside says that the function asks by another way than the connection of the call,
	// and so do the methods of what it returns: a recorded call holds their answers.
	Outside bool
	// Inside reports whether a call of a function that is Outside asks over the connection
	// of the call all the same; nil: none does.
	Inside func(a *Args) bool
	Go     func(a *Args) error
}

// A Literal is what the text of a script shows of an argument.
type Literal struct {
	Text     string   // of a text, if it is Known
	Known    bool     // the text or the keys are
	Table    bool     // it is a table
	Keys     []string // its keys, if they are Known
	List     bool     // some of its values have no key
	Function bool     // it is a function
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

// Arity returns how many arguments the function takes; most is -1 for any number.
func (f *Func) Arity() (least, most int) {
	for i, p := range f.Params {
		switch {
		case p.Variadic:
			return least, -1
		case !p.Optional:
			least = i + 1
		}
	}
	return least, len(f.Params)
}

// A Class declares a kind of object with methods. Its metatable is built once and
// shared by all states.
type Class struct {
	Name        string // in documentation and tostring: "Session"
	Native      string // mod_lua's C++ name in error texts: "LUA::Session"; default Name
	Base        string // the C++ class that has the methods: "CoreSession"; default Native
	Doc         string
	Example     string
	AfterHangup string
	Methods     []Func
	Fields      []Field
	// Value is of the Go type of the class's objects, which says what they hold. It
	// may be a nil pointer.
	Value Holder
	// Wrap returns the Go value of a new object for the argument of
	// State.NewObject, so that other modules can make objects of the class. If it
	// is nil, the argument is the Go value.
	Wrap func(v any) Holder
}

// A Field declares a value that scripts read from an object, as object.name.
type Field struct {
	Name    string
	Kind    Kind
	Doc     string
	Differs string                             // from mod_lua's attribute
	Native  string                             // mod_lua's C++ name in error texts: "LUA::Session::cb_arg"; default that of the class
	Get     func(self any) lua.LValue          // lua.LNil for none
	Set     func(self any, v lua.LValue) error // of the Kind; nil: it cannot be set
}

// A Constant declares one fixed value in a module's table.
type Constant struct {
	Name  string
	Value lua.LValue
	// Make returns the value for one state, of the module's instance there, when a script
	// first looks at the table; nil: Value is for all.
	Make func(s *State, instance any) lua.LValue
	Doc  string
}

// A Variable declares a global that a run sets with State.SetGlobal; the declaration
// only describes it.
type Variable struct {
	Name    string
	Kind    Kind
	Class   string // of an Object
	Doc     string
	Example string
	Differs string // from mod_lua's global
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
	CText       bool // the texts of its arguments end at their first NUL, as in mod_lua
	Outside     bool // all of its functions are Outside
	// Required says that the table is not a global: require(Name) returns it, unless the
	// script's tree has a module of that name.
	Required bool
	// Source is Lua that gets the table as its argument and completes it: by the functions
	// that are declared without Go.
	Source string
	// Absent says what to use instead of a name that does not exist: a global
	// ("dofile"), a field ("os.execute") or a method ("Session:print").
	Absent map[string]string
}
