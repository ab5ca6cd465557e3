package jsonlib

import (
	"errors"
	"math"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

// DKJSON declares the module dkjson.
type DKJSON struct{}

// Bind returns nothing: the module has no settings.
func (DKJSON) Bind(*run.Env) any { return nil }

// Declare declares the table.
func (DKJSON) Declare() *vm.Module {
	return &vm.Module{
		Name: "dkjson", AfterHangup: afterHangup, Required: true,
		Doc:       "Turns values into JSON and JSON into values, as dkjson does: the metatables' fields __jsontype, __jsonorder and __tojson count.",
		Source:    dkjsonSource,
		Constants: []vm.Constant{{Name: "version", Value: lua.LString("dkjson 2.6"), Doc: "the version of dkjson whose functions it has"}},
		Funcs: []vm.Func{
			{
				Name:    "encode",
				Params:  []vm.Param{{Name: "value", Kind: vm.Any, Most: luajson.MaxText, Doc: "text, a number, true, false, nil, or a table of such"}, {Name: "state", Kind: vm.Table, Optional: true, Default: "none", Doc: "{indent = true} writes lines; {keyorder = {...}} names the keys that come first"}},
				Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "the JSON text"}},
				Doc:     "Writes a value as JSON: a table whose keys are all positive whole numbers as an array, and so an empty one, any other as an object. Raises an error for what JSON does not have.",
				Example: "local json = require \"dkjson\"\nprint(json.encode({name = \"Ada\", tags = {\"vip\"}}, {indent = true}))",
				Go:      dkEncode,
			},
			{
				Name: "decode",
				Params: []vm.Param{{Name: "text", Kind: vm.String, Most: luajson.MaxText, Doc: "JSON, which may have comments"},
					{Name: "from", Kind: vm.Int, Optional: true, Default: "1", Doc: "the byte at which the value begins"},
					{Name: "null", Kind: vm.Any, Optional: true, Default: "nil", Doc: "what null becomes"},
					{Name: "meta", Kind: vm.Any, Variadic: true, Doc: "the metatables of objects and of arrays; if none is given, their field __jsontype says what the table was"}},
				Results: []vm.Result{{Name: "value", Kind: vm.Any, Doc: "what it says; nil if it is wrong"}, {Name: "after", Kind: vm.Int, Doc: "where the text goes on, or is wrong"}, {Name: "why", Kind: vm.String, Doc: "the reason, if it is wrong"}},
				Doc:     "Reads JSON. What follows the value is ignored.",
				Example: "local json = require \"dkjson\"\nlocal answer, _, why = json.decode('{\"queue\": \"sales\"}')\nprint(answer and answer.queue or why)",
				Go:      dkDecode,
			},
			{
				Name: "quotestring", Params: []vm.Param{{Name: "text", Kind: vm.String, Doc: "any text"}},
				Results: []vm.Result{{Name: "quoted", Kind: vm.String, Doc: "the text in quotes"}},
				Doc:     "Writes a text as JSON.",
				Example: "local json = require \"dkjson\"\nprint(json.quotestring(\"two\\nlines\"))",
				Go: func(a *vm.Args) error {
					text, err := (&luajson.Format{Unicode: true}).Quote(a, a.String(0))
					a.ReturnString(text)
					return err
				},
			},
			{
				Name: "use_lpeg", Results: []vm.Result{{Name: "dkjson", Kind: vm.Table, Doc: "the module"}},
				Doc:     "Returns the module itself.",
				Example: "local json = require(\"dkjson\").use_lpeg()",
			},
		},
	}
}

const dkjsonSource = `local json = ...
json.null = setmetatable({}, {__tojson = function() return "null" end})
function json.use_lpeg() return json end
return json`

func dkEncode(a *vm.Args) error {
	f := luajson.Format{Unicode: true, NonFinite: "null", Array: dkArray}
	state := a.Table(1)
	var order []string
	if state != nil {
		if lua.LVAsBool(state.RawGetString("indent")) {
			f.Indent = "  "
		}
		order = texts(a, state.RawGetString("keyorder"))
	}
	busy := map[*lua.LTable]bool{}
	f.Write = func(t *lua.LTable) (w luajson.Written, err error) {
		w.First = order
		meta, ok := t.Metatable.(*lua.LTable)
		if !ok {
			return w, nil
		}
		if own := texts(a, meta.RawGetString("__jsonorder")); own != nil {
			w.First = own
		}
		w.Object = meta.RawGetString("__jsontype") == lua.LString("object")
		if convert, ok := meta.RawGetString("__tojson").(*lua.LFunction); ok {
			if busy[t] {
				return w, errors.New("reference cycle")
			}
			busy[t] = true
			results, err := a.State().Call(convert, t, lua.LNil)
			delete(busy, t)
			if err != nil {
				return w, err
			}
			text, ok := lua.LString(""), false
			if len(results) > 0 {
				text, ok = results[0].(lua.LString)
			}
			if !ok || len(text) > luajson.MaxText {
				return w, errors.New("custom encoder failed")
			}
			w.Text = (*string)(&text)
		}
		return w, nil
	}
	text, err := f.Encode(a, a.Value(0))
	a.ReturnString(text)
	return err
}

// texts returns the texts of a list; nil if it is none.
func texts(a *vm.Args, v lua.LValue) (list []string) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil
	}
	for i := 1; ; i++ {
		a.ChargeCPU(4)
		s, ok := t.RawGetInt(i).(lua.LString)
		if !ok {
			return list
		}
		list = append(list, string(s))
	}
}

// dkArray tells arrays as dkjson.lua:isarray does.
func dkArray(t *lua.LTable, s luajson.Shape) int {
	length, numbered := t.RawGetString("n").(lua.LNumber)
	n := s.Count
	if numbered {
		n--
		s.Largest = max(s.Largest, int(min(max(length, 0), math.MaxInt32)))
		s.Whole = s.Others == 1
	}
	if !s.Whole || s.Largest > 10 && s.Largest > int(length) && s.Largest > 2*n {
		return -1
	}
	return s.Largest
}

func dkDecode(a *vm.Args) error {
	f := luajson.Format{Comments: true}
	if a.Has(2) {
		f.Null = a.Value(2)
	}
	object, array := metatable(a.Value(3)), metatable(a.Value(4))
	if a.Len() < 4 {
		object, array = typed(a, "object"), typed(a, "array")
		a.L.Push(object)
		a.L.Push(array)
	}
	f.Read = func(t *lua.LTable, isArray bool) {
		t.Metatable = object
		if isArray {
			t.Metatable = array
		}
	}
	text := a.String(0)
	at := 0
	if a.Has(1) {
		at = min(max(a.Int(1)-1, 0), len(text))
	}
	v, after, err := f.DecodeFrom(a, text, at)
	if wrong := (*luajson.SyntaxError)(nil); errors.As(err, &wrong) {
		a.Return(lua.LNil, lua.LNumber(wrong.At), lua.LString(wrong.Error()))
		return nil
	}
	a.Return(v, lua.LNumber(after+1))
	return err
}

// metatable returns a value that may be a metatable, else nil.
func metatable(v lua.LValue) lua.LValue {
	if t, ok := v.(*lua.LTable); ok {
		return t
	}
	return lua.LNil
}

// typed returns a metatable that says what a table was.
func typed(a *vm.Args, kind string) lua.LValue {
	t := &lua.LTable{Metatable: lua.LNil}
	a.SetKey(t, "__jsontype", lua.LString(kind))
	return t
}
