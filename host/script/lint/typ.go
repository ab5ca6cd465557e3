package lint

import (
	"cmp"
	"slices"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// kind says of which type a value is, if that is known.
type kind uint8

const (
	anything kind = iota
	none          // nil
	boolean
	number
	text
	table
	function
	object
	missing // a field that does not exist, and so nil
)

// typ describes an expression as far as it is known.
type typ struct {
	kind    kind
	literal lua.LValue // the value, if the source has it
	class   *class     // of an object
	library *library   // the table is one
	fn      *signature // of a function, if it is known
	name    string     // of what is missing, as scripts write it: "session:anwser"
	key     string     // of what is missing, as in Absent: "Session:anwser"
	// unless lists the names on which all this depends: another file of the tree
	// can set them to something else.
	unless []string
}

// sample returns a value of the type.
func (t typ) sample() lua.LValue {
	switch {
	case t.literal != nil:
		return t.literal
	case t.kind == boolean:
		return lua.LFalse
	case t.kind == number:
		return lua.LNumber(0)
	case t.kind == text:
		return lua.LString("0") // it may be a number's
	case t.kind == table:
		return &lua.LTable{}
	case t.kind == function:
		return &lua.LFunction{}
	case t.kind == object:
		return &lua.LUserData{}
	}
	return lua.LNil
}

func (t typ) String() string {
	if t.kind == object {
		return "a " + t.class.name
	}
	return [...]string{none: "nil", boolean: "true or false", number: "a number", text: "text", table: "a table", function: "a function", missing: "nil"}[t.kind]
}

// accepts reports whether a parameter may get a value of the type.
func (s *signature) accepts(p vm.Param, t typ) bool {
	switch {
	case t.kind == anything, (p.Optional || p.Null) && t.kind == none, p.Kind == vm.Any:
		return true
	case t.kind == object && p.Kind == vm.Object:
		return t.class.key == p.Class
	case s.lua && t.kind == none, s.lua && t.kind == object && p.Kind == vm.Table: // Lua's own takes what has a metatable
		return t.kind == object
	}
	return p.Kind.Takes(t.sample())
}

// wants returns what a parameter may get, in words.
func wants(p vm.Param) string {
	if p.Kind == vm.Object {
		return "an object of the class " + p.Class
	}
	return [...]string{vm.String: "text", vm.Int: "a whole number", vm.Number: "a number", vm.Bool: "true or false", vm.Table: "a table", vm.Function: "a function"}[p.Kind]
}

// common returns what two types have in common.
func common(a, b typ) typ {
	if a.class != nil && a.class == b.class { // api = freeswitch.API(): it may have what the table has
		a.library = cmp.Or(a.library, b.library)
		b.library = a.library
	}
	same := a.kind == b.kind && a.class == b.class && a.library == b.library && a.fn == b.fn && a.key == b.key
	if !same {
		return typ{}
	}
	if a.literal != b.literal {
		a.literal = nil
	}
	a.unless = append(slices.Clip(a.unless), b.unless...)
	return a
}
