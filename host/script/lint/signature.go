package lint

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
)

// signature says how a function is called.
type signature struct {
	name        string // "session:read", "string.rep"
	usage       string // "session:read(least, most, ...)"
	params      []vm.Param
	results     []vm.Result
	least, most int    // arguments; most is -1 for any number
	method      bool   // the object is not among the parameters
	lua         bool   // of Lua's own library
	differs     string // from mod_lua's function
	check       func([]vm.Literal) error
}

// declared returns the signature of a declared function.
func declared(prefix string, f *vm.Func) *signature {
	s := &signature{name: prefix + f.Name, usage: prefix + f.Usage(), params: f.Params, results: f.Results, differs: f.Differs, check: f.Check}
	s.least, s.most = f.Arity()
	return s
}

// param returns the parameter that gets argument i.
func (s *signature) param(i int) vm.Param {
	if len(s.params) == 0 {
		return vm.Param{}
	}
	return s.params[min(i, len(s.params)-1)]
}

// number returns how many arguments the function takes, in words.
func (s *signature) number() string {
	switch {
	case s.most < 0 && s.least == 1:
		return "at least 1 argument"
	case s.most < 0:
		return fmt.Sprintf("at least %d arguments", s.least)
	case s.least == s.most && s.most == 1:
		return "1 argument"
	case s.least == s.most:
		return fmt.Sprintf("%d arguments", s.most)
	}
	return fmt.Sprintf("%d to %d arguments", s.least, s.most)
}

// standard returns the signature of a function of Lua's library; nil if it takes
// anything. Lua ignores arguments beyond those that a function needs.
func standard(name string) *signature {
	words, ok := standardParams[name]
	if !ok {
		return nil
	}
	s := &signature{name: name, most: -1, lua: true}
	var names []string
	for _, word := range strings.Fields(words) {
		p := vm.Param{Name: strings.Trim(word, "[]"), Optional: word[0] == '['}
		switch p.Name {
		case "s", "pattern", "format":
			p.Kind = vm.String
		case "n", "m":
			p.Kind = vm.Number
		case "table":
			p.Kind = vm.Table
		case "function":
			p.Kind = vm.Function
		}
		if !p.Optional {
			s.least++
		}
		s.params = append(s.params, p)
		names = append(names, word)
	}
	s.usage = name + "(" + strings.Join(names, ", ") + ")"
	s.params = append(s.params, vm.Param{Name: "...", Optional: true}) // what follows may be anything
	return s
}

// standardParams lists the parameters of Lua's functions that need some, or accept
// only one kind of value. The names say the kind; any other name is any value.
var standardParams = map[string]string{
	"assert": "value", "collectgarbage": "[s]", "getmetatable": "value", "ipairs": "table", "loadstring": "s",
	"next": "table", "pairs": "table", "pcall": "value", "rawequal": "value value", "rawget": "table key", "rawlen": "value",
	"dofile": "s", "loadfile": "s", "rawset": "table key value", "require": "s", "select": "which", "setfenv": "value table", "setmetatable": "table metatable",
	"tonumber": "value [n]", "tostring": "value", "type": "value", "unpack": "table [n] [m]",

	"string.byte": "s [n] [m]", "string.dump": "function", "string.find": "s pattern [n]", "string.format": "format",
	"string.gfind": "s pattern", "string.gmatch": "s pattern", "string.gsub": "s pattern replacement", "string.len": "s",
	"string.lower": "s", "string.match": "s pattern [n]", "string.rep": "s n", "string.reverse": "s", "string.sub": "s n [m]",
	"string.upper": "s",

	"table.concat": "table [s] [n] [m]", "table.foreach": "table function", "table.foreachi": "table function",
	"table.getn": "table", "table.insert": "table value", "table.maxn": "table", "table.remove": "table [n]",
	"table.sort": "table [function]", "table.unpack": "table [n] [m]",

	"math.abs": "n", "math.acos": "n", "math.asin": "n", "math.atan": "n", "math.atan2": "n m", "math.ceil": "n", "math.cos": "n",
	"math.cosh": "n", "math.deg": "n", "math.exp": "n", "math.floor": "n", "math.fmod": "n m", "math.frexp": "n",
	"math.ldexp": "n m", "math.log": "n", "math.log10": "n", "math.max": "n", "math.min": "n", "math.mod": "n m", "math.modf": "n",
	"math.pow": "n m", "math.rad": "n", "math.random": "[n] [m]", "math.randomseed": "n", "math.sin": "n", "math.sinh": "n",
	"math.sqrt": "n", "math.tan": "n", "math.tanh": "n",

	"os.date": "[format] [n]", "os.difftime": "n", "os.time": "[table]",

	"bit32.arshift": "n m", "bit32.bnot": "n", "bit32.extract": "n m", "bit32.lrotate": "n m", "bit32.lshift": "n m",
	"bit32.replace": "n m m", "bit32.rrotate": "n m", "bit32.rshift": "n m",

	"coroutine.create": "function", "coroutine.wrap": "function", "coroutine.resume": "coroutine", "coroutine.status": "coroutine",
}
