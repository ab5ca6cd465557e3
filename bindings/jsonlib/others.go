package jsonlib

import (
	"errors"
	"fmt"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

// JSON declares the module json.
type JSON struct{}

// Bind returns nothing: the module has no settings.
func (JSON) Bind(*run.Env) any { return nil }

// Declare declares the table.
func (JSON) Declare() *vm.Module {
	ignored := vm.Param{Name: "more", Kind: vm.Any, Variadic: true, Doc: "ignored"}
	format := &luajson.Format{Null: null, Array: consecutive}
	read := &luajson.Format{}
	return &vm.Module{
		Name: "json", AfterHangup: afterHangup, Required: true,
		Doc:       "Turns values into JSON and JSON into values, as most of the libraries of that name do. A file json.lua of the script directory comes first.",
		Constants: []vm.Constant{{Name: "null", Value: null, Doc: "is written as null"}},
		Funcs: []vm.Func{
			{
				Name: "encode", Params: []vm.Param{{Name: "value", Kind: vm.Any, Most: luajson.MaxText, Doc: "text, a number, true, false, nil, or a table of such"}, ignored},
				Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "the JSON text"}},
				Doc:     "Writes a value as JSON: a table with the keys 1 to n as an array, and so an empty one, any other as an object. Raises an error for what JSON does not have.",
				Example: "local json = require \"json\"\nprint(json.encode({1, 2, {name = \"Ada\"}}))",
				Go: func(a *vm.Args) error {
					text, err := format.Encode(a, a.Value(0))
					a.ReturnString(text)
					return err
				},
			},
			{
				Name: "decode", Params: []vm.Param{{Name: "text", Kind: vm.String, Most: luajson.MaxText, Doc: "JSON"}, ignored},
				Results: []vm.Result{{Name: "value", Kind: vm.Any, Doc: "what it says; null is nil"}},
				Doc:     "Reads JSON. Raises an error that says where the text is wrong.",
				Example: "local json = require \"json\"\nlocal answer = json.decode('{\"queue\": \"sales\"}')\nprint(answer.queue)",
				Go: func(a *vm.Args) error {
					v, err := read.Decode(a, a.String(0))
					if wrong := (*luajson.SyntaxError)(nil); errors.As(err, &wrong) {
						line, column := wrong.Place(a.String(0))
						return fmt.Errorf("%s at line %d col %d", wrong.Message, line, column)
					}
					a.Return(v)
					return err
				},
			},
		},
	}
}

// consecutive tells arrays by their keys, which are 1 to n.
func consecutive(_ *lua.LTable, s luajson.Shape) int {
	if s.Whole && s.Largest == s.Count {
		return s.Count
	}
	return -1
}

// Lunajson declares the module lunajson.
type Lunajson struct{}

// Bind returns nothing: the module has no settings.
func (Lunajson) Bind(*run.Env) any { return nil }

// Declare declares the table.
func (Lunajson) Declare() *vm.Module {
	return &vm.Module{
		Name: "lunajson", AfterHangup: afterHangup, Required: true,
		Doc: "Turns values into JSON and JSON into values, as lunajson does. Its parsers for parts of a text (newparser) are missing.",
		Funcs: []vm.Func{
			{
				Name:    "encode",
				Params:  []vm.Param{{Name: "value", Kind: vm.Any, Most: luajson.MaxText, Doc: "text, a number, true, false, or a table of such"}, {Name: "null", Kind: vm.Any, Optional: true, Default: "nil", Doc: "what is written as null"}},
				Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "the JSON text"}},
				Doc:     "Writes a value as JSON: a table with a key 1, or with its length under the key 0, as an array, any other as an object. Raises an error for what JSON does not have.",
				Example: "local lunajson = require \"lunajson\"\nprint(lunajson.encode({1, 2, {name = \"Ada\"}}))",
				Go: func(a *vm.Args) error {
					f := luajson.Format{Null: a.Value(1), Length: true, Digits: 17, Array: fromOne}
					text, err := f.Encode(a, a.Value(0))
					a.ReturnString(text)
					return err
				},
			},
			{
				Name: "decode",
				Params: []vm.Param{{Name: "text", Kind: vm.String, Most: luajson.MaxText, Doc: "JSON"},
					{Name: "from", Kind: vm.Int, Optional: true, Default: "the whole text is one value", Doc: "the byte at which the value begins; more may follow it"},
					{Name: "null", Kind: vm.Any, Optional: true, Default: "nil", Doc: "what null becomes"},
					{Name: "length", Kind: vm.Any, Optional: true, Default: "false", Doc: "true: the key 0 of an array holds its length"}},
				Results: []vm.Result{{Name: "value", Kind: vm.Any, Doc: "what it says"}, {Name: "after", Kind: vm.Int, Doc: "where the text goes on, if from was given"}},
				Doc:     "Reads JSON. Raises an error that says where the text is wrong.",
				Example: "local lunajson = require \"lunajson\"\nlocal answer = lunajson.decode('{\"queue\": \"sales\"}')\nprint(answer.queue)",
				Go: func(a *vm.Args) error {
					f := luajson.Format{Null: a.Value(2), Length: lua.LVAsBool(a.Value(3))}
					v, after, err := decodeFrom(a, &f, 1)
					if wrong := (*luajson.SyntaxError)(nil); errors.As(err, &wrong) {
						return fmt.Errorf("parse error at %d: %s", wrong.At, wrong.Message)
					}
					a.Return(v)
					if a.Has(1) {
						a.Return(v, lua.LNumber(after+1))
					}
					return err
				},
			},
		},
	}
}

// decodeFrom reads the value at the place that an argument gives or, without one, the
// only value of the text.
func decodeFrom(a *vm.Args, f *luajson.Format, from int) (v lua.LValue, after int, err error) {
	text := a.String(0)
	if !a.Has(from) {
		v, err = f.Decode(a, text)
		return v, len(text), err
	}
	return f.DecodeFrom(a, text, min(max(a.Int(from)-1, 0), len(text)))
}

// fromOne takes a table for an array that ends before its first hole, if it has a key 1.
func fromOne(t *lua.LTable, s luajson.Shape) int {
	if !s.One {
		return -1
	}
	n := 1
	for n < s.Count && t.RawGetInt(n+1) != lua.LNil {
		n++
	}
	return n
}
