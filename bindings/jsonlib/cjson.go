// Package jsonlib owns the JSON modules that scripts require: cjson, cjson.safe,
// dkjson, lunajson and json, each with the functions and the habits of the library
// of that name.
package jsonlib

import (
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

const afterHangup = "Works as before: it does not concern the call."

var (
	null       = &lua.LUserData{Metatable: lua.LNil} // of cjson and cjson.safe, and of all states
	emptyArray = &lua.LUserData{Metatable: lua.LNil}
)

// CJSON declares the module cjson.
type CJSON struct{}

// Safe declares the module cjson.safe.
type Safe struct{}

// settings hold the module's settings in one run.
type settings struct {
	luajson.Format
	read int // the depth that is read
}

// Bind returns the module's settings.
func (CJSON) Bind(*run.Env) any { return bind() }

// Bind returns the module's settings.
func (Safe) Bind(*run.Env) any { return bind() }

func bind() *settings {
	return &settings{luajson.Format{Null: null, Empty: emptyArray, Slash: true}, 0}
}

// Declare declares the table.
func (CJSON) Declare() *vm.Module {
	return declareCJSON("cjson", "Turns values into JSON and JSON into values, as lua-cjson does. Arrays and objects may nest 1000 deep, and a text may hold 1 MiB. Errors are raised.",
		func(_ *vm.Args, err error) error { return err })
}

// Declare declares the table.
func (Safe) Declare() *vm.Module {
	return declareCJSON("cjson.safe", "Is cjson whose errors are results.",
		func(a *vm.Args, err error) error { a.Return(lua.LNil, lua.LString(err.Error())); return nil })
}

var why = vm.Result{Name: "why", Kind: vm.String, Doc: "the reason, if it failed"}

func declareCJSON(name, doc string, fail func(*vm.Args, error) error) *vm.Module {
	results := func(first vm.Result) []vm.Result {
		if name == "cjson" {
			return []vm.Result{first}
		}
		return []vm.Result{first, why}
	}
	example := func(src string) string { return strings.ReplaceAll(src, `"cjson"`, `"`+name+`"`) }
	return &vm.Module{
		Name: name, Doc: doc, AfterHangup: afterHangup, Required: true,
		Source: "local cjson = ... function cjson.new() return cjson end return cjson",
		Constants: []vm.Constant{
			{Name: "null", Value: null, Doc: "stands for null: what decode returns for it, and what encode writes as null"},
			{Name: "empty_array", Value: emptyArray, Doc: "is written as []"},
			{Name: "_NAME", Value: lua.LString("cjson"), Doc: "the module's name"},
			{Name: "_VERSION", Value: lua.LString("2.1.0"), Doc: "the version of lua-cjson whose functions it has"},
		},
		Funcs: append([]vm.Func{
			{
				Name: "encode", Params: []vm.Param{{Name: "value", Kind: vm.Any, Most: luajson.MaxText, Doc: "text, a number, true, false, null, or a table of such"}},
				Results: results(vm.Result{Name: "text", Kind: vm.String, Doc: "the JSON text"}),
				Doc:     "Writes a value as JSON: a table whose keys are all positive whole numbers as an array, any other as an object, and so an empty one.",
				Example: example("local json = require \"cjson\"\nprint(json.encode({name = \"Ada\", tags = {\"vip\"}}))"),
				Go: func(a *vm.Args) error {
					text, err := a.Instance().(*settings).Encode(a, a.Value(0))
					if err != nil {
						return fail(a, err)
					}
					a.ReturnString(text)
					return nil
				},
			},
			{
				Name: "decode", Params: []vm.Param{{Name: "text", Kind: vm.String, Most: luajson.MaxText, Doc: "JSON"}},
				Results: results(vm.Result{Name: "value", Kind: vm.Any, Doc: "what it says"}),
				Doc:     "Reads JSON. null becomes " + name + ".null.",
				Example: example("local json = require \"cjson\"\nlocal answer = json.decode('{\"queue\": \"sales\", \"waiting\": 3}')\nprint(answer.queue, answer.waiting + 1)"),
				Go: func(a *vm.Args) error {
					s := a.Instance().(*settings)
					f := s.Format
					f.Depth = s.read
					v, err := f.Decode(a, a.String(0))
					if err != nil {
						return fail(a, err)
					}
					a.Return(v)
					return nil
				},
			},
			{
				Name: "new", Results: []vm.Result{{Name: "cjson", Kind: vm.Table, Doc: "the module"}},
				Doc:     "Returns the module itself: in lua-cjson it is another one with settings of its own.",
				Example: example("local json = require(\"cjson\").new()"),
			},
		}, settingsFuncs(example)...),
	}
}

// settingsFuncs declares what sets and returns a setting.
func settingsFuncs(example func(string) string) []vm.Func {
	number := func(name, doc string, field func(*settings) *int, otherwise, most int) vm.Func {
		return vm.Func{
			Name:    name,
			Params:  []vm.Param{{Name: "n", Kind: vm.Int, Optional: true, Default: "as before", Doc: doc}},
			Results: []vm.Result{{Name: "n", Kind: vm.Int, Doc: "what is set now"}},
			Doc:     fmt.Sprintf("Sets %s: %d at first, and at most %d.", doc, otherwise, most),
			Example: example("require(\"cjson\")." + name + "(10)"),
			Go: func(a *vm.Args) error {
				p := field(a.Instance().(*settings))
				if a.Has(0) {
					if n := a.Int(0); n < 1 || n > most {
						return fmt.Errorf("bad argument #1 to '%s' (expected integer between 1 and %d)", name, most)
					}
					*p = a.Int(0)
				}
				if *p == 0 {
					*p = otherwise
				}
				a.ReturnInt(*p)
				return nil
			},
		}
	}
	flag := func(name, doc string, set func(*settings, lua.LValue)) vm.Func {
		return vm.Func{
			Name:    name,
			Params:  []vm.Param{{Name: "on", Kind: vm.Any, Variadic: true, Doc: "true or false"}},
			Results: []vm.Result{{Name: "on", Kind: vm.Any, Doc: "the argument"}},
			Doc:     doc,
			Example: example("require(\"cjson\")." + name + "(true)"),
			Go: func(a *vm.Args) error {
				if a.Has(0) {
					set(a.Instance().(*settings), a.Value(0))
				}
				a.Return(a.Value(0))
				return nil
			},
		}
	}
	return []vm.Func{
		number("encode_max_depth", "how deep encode nests", func(s *settings) *int { return &s.Depth }, luajson.MaxDepth, luajson.MaxDepth),
		number("decode_max_depth", "how deep decode nests", func(s *settings) *int { return &s.read }, luajson.MaxDepth, luajson.MaxDepth),
		number("encode_number_precision", "how many digits of a number encode writes", func(s *settings) *int { return &s.Digits }, 14, 16),
		flag("encode_keep_buffer", "Does nothing: accepted for lua-cjson's sake.", func(*settings, lua.LValue) {}),
		flag("decode_invalid_numbers", "Does nothing: NaN, Infinity and hexadecimal numbers are always read.", func(*settings, lua.LValue) {}),
		flag("encode_invalid_numbers", `Sets what encode does with NaN and infinite numbers: "null" writes null, true writes them as they are, false (at first) is an error.`, func(s *settings, v lua.LValue) {
			s.NonFinite = ""
			if v == lua.LString("null") {
				s.NonFinite = "null"
			} else if v == lua.LTrue {
				s.NonFinite = "NaN"
			}
		}),
		flag("encode_sparse_array", "Sets whether encode writes an array with too many holes as an object. It is an error otherwise.", func(s *settings, v lua.LValue) {
			s.Array = nil
			if v == lua.LTrue {
				s.Array = func(t *lua.LTable, shape luajson.Shape) int {
					if n := luajson.CJSON(t, shape); n != luajson.Sparse {
						return n
					}
					return -1
				}
			}
		}),
		flag("encode_empty_table_as_object", "Sets whether encode writes an empty table as {} (at first) or as [].", func(s *settings, v lua.LValue) {
			s.Array = nil
			if v == lua.LFalse {
				s.Array = func(t *lua.LTable, shape luajson.Shape) int {
					if shape.Count == 0 {
						return 0
					}
					return luajson.CJSON(t, shape)
				}
			}
		}),
		flag("encode_escape_forward_slash", `Sets whether encode writes / as \/ (at first).`, func(s *settings, v lua.LValue) { s.Slash = v != lua.LFalse }),
	}
}
