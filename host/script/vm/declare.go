package vm

import (
	lua "github.com/yuin/gopher-lua"
)

// Kind is the type a parameter or a result is declared with.
type Kind uint8

// The kinds. A parameter's kind decides what the wrapper lets through:
// strings take numbers and nil, ints and numbers take numeric strings,
// booleans only booleans, as mod_lua's do.
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

// Param is one declared parameter; self is not among them.
type Param struct {
	Name     string
	Kind     Kind
	Class    *Class // of an Object
	Optional bool   // and so are all after it
	Variadic bool   // the last one, any number of times
	Doc      string
}

// Result is one declared result.
type Result struct {
	Name string
	Kind Kind
	Doc  string
}

// Func is one Lua-visible function.
type Func struct {
	Name    string
	Params  []Param
	Results []Result
	Doc     string
	Waits   bool // waits for the outside: the burst budget starts anew after it
	Go      func(a *Args) error
}

// Class is a kind of object with methods. Its metatable is built once and
// shared by all states.
type Class struct {
	Name    string // in documentation and tostring: "Session"
	Native  string // mod_lua's C++ name in error texts: "CoreSession"; default Name
	Doc     string
	Methods []Func
	// Get answers a field that is no method; nil for an unknown one. May be nil.
	Get func(self any, field string) lua.LValue
}

// Module is one global table of functions and constants.
type Module struct {
	Name      string // the global; "" makes the functions globals themselves
	Doc       string
	Funcs     []Func
	Constants map[string]lua.LValue
	// Absent says what to do instead of what a script looks for in vain: by
	// global ("dofile"), field ("os.execute") or method ("Session:print").
	Absent map[string]string
}
