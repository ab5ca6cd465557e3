// Package json owns freeswitch.JSON: tables to JSON text and back, as mod_lua's
// JSON class does it, within the script's budget.
package json

import (
	"fmt"

	"github.com/eslua/eslua/host/freeswitch/cjson"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// The limits of one text and one table, so that neither takes memory or time
// beyond the script's own limits.
const (
	maxDecoded = 256 << 10 // bytes
	maxEncoded = 1 << 20   // bytes
)

// tableCost charges an empty table, in bytes.
const tableCost = 96

// A codec is an object of freeswitch.JSON.
type codec struct {
	vm.Nothing
	emptyAsArray bool
	pretty       bool
}

// Module declares freeswitch.JSON and its objects.
type Module struct{}

// Bind returns the environment of the run.
func (Module) Bind(env *run.Env) any { return env }

// Declare declares the constructor and the class.
func (Module) Declare() *vm.Module {
	return &vm.Module{
		Name: "freeswitch", AfterHangup: "Works as before: it does not concern the call.", Classes: []*vm.Class{class()},
		Funcs: []vm.Func{{
			Name: "JSON", Native: "LUA::JSON::JSON()", Results: []vm.Result{{Name: "json", Kind: vm.Object, Class: "JSON", Doc: "the object whose methods read and write JSON"}},
			Doc:     "Makes an object that reads and writes JSON.",
			Example: "local json = freeswitch.JSON()\nprint(json:encode({name = \"Ada\", tags = {\"vip\"}}))",
			Go: func(a *vm.Args) error {
				a.Return(a.State().NewObject("JSON", &codec{}))
				return nil
			},
		}},
	}
}

func class() *vm.Class {
	return &vm.Class{
		Name: "JSON", Native: "LUA::JSON", Value: (*codec)(nil),
		Doc:     "Turns tables into JSON and JSON into tables.",
		Example: "local json = freeswitch.JSON()\nlocal answer = json:decode('{\"open\": true}')",
		Methods: append(executeMethods(), []vm.Func{
			{
				Name: "encode", Native: "LUA::JSON::encode(SWIGLUA_TABLE)", Params: []vm.Param{{Name: "table", Kind: vm.Table, Doc: "text, numbers, booleans and tables of them; other values are left out"}},
				Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "the JSON text"}},
				Doc: "Writes a table as JSON: an array if its first key is 1, else an object. Integers up to 2^53 are written in full. A text ends at its first NUL, and its other bytes stay as they are. " +
					"Raises an error if the JSON text would be longer than 1 MiB or nests more than 1000 deep.",
				Example: `print(freeswitch.JSON():encode({1, 2, {name = "Ada"}}))`,
				Go: func(a *vm.Args) error {
					w := writer{codec: a.Self().(*codec), a: a}
					if err := w.table(a.Table(0)); err != nil {
						return err
					}
					a.ReturnString(string(w.text))
					return nil
				},
			},
			{
				Name: "decode", Native: "LUA::JSON::decode(char const *)", Params: []vm.Param{{Name: "text", Kind: vm.String, Most: maxDecoded, Doc: "JSON, 256 KiB at most"}},
				Results: []vm.Result{{Name: "table", Kind: vm.Table, Doc: "nothing if the text is not JSON; the log says why"}},
				Doc: "Reads JSON into a table. As in mod_lua, null is left out, and so is an array that is an element of an array; a text that is neither an object nor an array gives an empty table, " +
					"and what follows the first value is ignored.",
				Example: "local answer = freeswitch.JSON():decode('{\"queue\": \"sales\"}')\nif answer then print(answer.queue) end",
				Go: func(a *vm.Args) error {
					table, err := decode(a, a.String(0))
					if table != nil {
						a.Return(table)
					}
					return err
				},
			},
			{
				Name: "encode_empty_table_as_object", Params: []vm.Param{{Name: "on", Kind: vm.Bool, Doc: "true (at first): {}; false: []"}},
				Doc:     "Sets how encode writes an empty table.",
				Example: "local json = freeswitch.JSON()\njson:encode_empty_table_as_object(false)\nprint(json:encode({})) -- []",
				Go:      func(a *vm.Args) error { a.Self().(*codec).emptyAsArray = !a.Bool(0); return nil },
			},
			{
				Name: "return_unformatted_json", Params: []vm.Param{{Name: "on", Kind: vm.Bool, Doc: "true (at first): on one line; false: indented"}},
				Differs: "Until it is set everything is on one line; in mod_lua that depends on chance.",
				Doc:     "Sets whether encode writes everything on one line. In mod_lua it depends on chance until it is set.",
				Example: "local json = freeswitch.JSON()\njson:return_unformatted_json(false)\nprint(json:encode({1, 2}))",
				Go:      func(a *vm.Args) error { a.Self().(*codec).pretty = !a.Bool(0); return nil },
			},
		}...),
	}
}

// writer writes one text, as cJSON_Print or cJSON_PrintUnformatted do.
type writer struct {
	*codec
	a     *vm.Args
	text  []byte
	depth int
}

// table follows freeswitch_lua.cpp:JSON::LuaTable2cJSON.
func (w *writer) table(t *lua.LTable) error {
	if w.depth >= cjson.MaxDepth {
		return fmt.Errorf("json:encode: tables are nested more than %d deep; does one contain itself?", cjson.MaxDepth)
	}
	key, value := t.Next(lua.LNil)
	array := key == lua.LNumber(1) || key == lua.LString("1") || key == lua.LNil && w.emptyAsArray
	w.depth++
	w.text = append(w.text, brackets(array)[0])
	for first := true; key != lua.LNil; key, value = t.Next(key) {
		w.a.ChargeCPU(30)
		name, named := keyText(key)
		if !array && !named {
			continue
		}
		switch value.(type) {
		case lua.LString, lua.LNumber, lua.LBool, *lua.LTable:
		default:
			continue
		}
		if err := w.element(array, first, name); err != nil {
			return err
		}
		if err := w.value(value); err != nil {
			return err
		}
		first = false
		if len(w.text) > maxEncoded {
			return errTooLong
		}
	}
	w.depth--
	if w.pretty && !array {
		w.newLine(w.depth)
	}
	w.text = append(w.text, brackets(array)[1])
	return nil
}

func brackets(array bool) string {
	if array {
		return "[]"
	}
	return "{}"
}

// element writes what comes before a value.
func (w *writer) element(array, first bool, name string) error {
	if !first {
		w.text = append(w.text, ',')
	}
	switch {
	case array && w.pretty && !first:
		w.text = append(w.text, ' ')
	case !array && w.pretty:
		w.newLine(w.depth)
	}
	if array {
		return nil
	}
	if err := w.string(name); err != nil {
		return err
	}
	w.text = append(w.text, ':')
	if w.pretty {
		w.text = append(w.text, '\t')
	}
	return nil
}

func (w *writer) newLine(tabs int) {
	w.a.ChargeCPU(tabs / 4)
	w.text = append(w.text, '\n')
	for range tabs {
		w.text = append(w.text, '\t')
	}
}

func (w *writer) value(value lua.LValue) error {
	switch v := value.(type) {
	case lua.LString:
		return w.string(string(v))
	case lua.LNumber:
		w.text = cjson.AppendNumber(w.text, float64(v))
	case lua.LBool:
		w.text = append(w.text, v.String()...)
	case *lua.LTable:
		return w.table(v)
	}
	return nil
}

func (w *writer) string(s string) error {
	if len(s) > maxEncoded {
		return errTooLong
	}
	w.a.ChargeCPU(60 + len(s)/2)
	w.text = cjson.AppendString(w.text, s)
	return nil
}

var errTooLong = fmt.Errorf("json:encode: the text would be longer than %d bytes", maxEncoded)

func keyText(key lua.LValue) (string, bool) {
	switch key := key.(type) {
	case lua.LString:
		return string(key), true
	case lua.LNumber:
		return number.String(float64(key)), true
	}
	return "", false
}

// decode follows JSON::cJSON2LuaTable and returns nil for text that is not JSON.
func decode(a *vm.Args, text string) (*lua.LTable, error) {
	a.ChargeCPU(len(text) / 8)
	r := cjson.NewReader(text)
	v, err := r.Value()
	var t *lua.LTable
	if err == nil {
		t, err = decodeInto(a, r, v.Kind)
	}
	if err != nil {
		a.Instance().(*run.Env).Console.Write("WARNING", "json:decode: this is not JSON: "+err.Error())
		return nil, nil
	}
	return t, nil
}

// decodeInto reads the elements of an array or object into a table. Of another
// value the table stays empty.
func decodeInto(a *vm.Args, r *cjson.Reader, of cjson.Kind) (*lua.LTable, error) {
	a.ChargeMemory(tableCost)
	t := &lua.LTable{Metatable: lua.LNil}
	if of != cjson.Array && of != cjson.Object {
		return t, nil
	}
	for n := 0; ; {
		a.ChargeCPU(60)
		name, more, err := r.Next(of)
		if err != nil || !more {
			return t, err
		}
		v, err := r.Value()
		if err != nil {
			return t, err
		}
		var value lua.LValue
		switch v.Kind {
		case cjson.String:
			a.ChargeMemory(len(v.Text) + 32)
			a.ChargeCPU(len(v.Text) / 2)
			value = lua.LString(v.Text)
		case cjson.Number:
			a.ChargeMemory(16)
			value = lua.LNumber(v.Number)
		case cjson.True, cjson.False:
			value = lua.LBool(v.Kind == cjson.True)
		case cjson.Array, cjson.Object:
			if value, err = decodeInto(a, r, v.Kind); err != nil {
				return t, err
			}
			if of == cjson.Array && v.Kind == cjson.Array {
				continue
			}
		default:
			continue
		}
		if of == cjson.Object {
			a.ChargeMemory(len(name) + 32)
			a.SetKey(t, name, value)
		} else {
			n++
			a.SetIndex(t, n, value)
		}
	}
}
