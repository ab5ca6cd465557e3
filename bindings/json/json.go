// Package json owns freeswitch.JSON: tables to JSON text and back, as mod_lua's
// JSON class does it, within the script's budget.
package json

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// The limits of one text and one table, so that neither takes memory or time
// beyond the script's own limits.
const (
	maxDecoded = 256 << 10 // bytes
	maxEncoded = 1 << 20   // bytes
	maxDepth   = 64
)

// tableCost is the size of an empty table in bytes.
const tableCost = 96

// codec is an object of freeswitch.JSON.
type codec struct {
	emptyAsArray bool
	pretty       bool
}

// Module declares freeswitch.JSON and its objects.
type Module struct{}

// Bind returns no instance: JSON does not depend on the run.
func (Module) Bind(*run.Env) any { return nil }

// Declare declares the constructor and the class.
func (Module) Declare() *vm.Module {
	return &vm.Module{
		Name: "freeswitch", AfterHangup: "Works as before: it does not concern the call.", Classes: []*vm.Class{class()},
		Funcs: []vm.Func{{
			Name: "JSON", Results: []vm.Result{{Name: "json", Kind: vm.Object, Class: "JSON", Doc: "the object whose methods read and write JSON"}},
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
		Name:    "JSON",
		Doc:     "Turns tables into JSON and JSON into tables.",
		Example: "local json = freeswitch.JSON()\nlocal answer = json:decode('{\"open\": true}')",
		Methods: []vm.Func{
			{
				Name: "encode", Params: []vm.Param{{Name: "table", Kind: vm.Table, Doc: "text, numbers, booleans and tables of them; other values are left out"}},
				Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "the JSON text"}},
				Doc:     "Writes a table as JSON: an array if its first key is 1, else an object. Raises an error if the text would be longer than 1 MiB or nests more than 64 deep.",
				Example: `print(freeswitch.JSON():encode({1, 2, {name = "Ada"}}))`,
				Go: func(a *vm.Args) error {
					text, err := a.Self().(*codec).encode(a, a.Table(0))
					if err == nil {
						a.ReturnString(text)
					}
					return err
				},
			},
			{
				Name: "decode", Params: []vm.Param{{Name: "text", Kind: vm.String, Doc: "a JSON object or array, 256 KiB at most"}},
				Results: []vm.Result{{Name: "table", Kind: vm.Table, Doc: "nothing if the text is not a JSON object or array"}},
				Doc:     "Reads a JSON object or array into a table. As in mod_lua, null is left out, and so is an array that is an element of an array.",
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
				Doc:     "Sets whether encode writes everything on one line.",
				Example: "local json = freeswitch.JSON()\njson:return_unformatted_json(false)\nprint(json:encode({1, 2}))",
				Go:      func(a *vm.Args) error { a.Self().(*codec).pretty = !a.Bool(0); return nil },
			},
		},
	}
}

func (j *codec) encode(a *vm.Args, t *lua.LTable) (string, error) {
	var b builder
	if err := j.write(a, &b, t, 0); err != nil {
		return "", err
	}
	if !j.pretty {
		return b.String(), nil
	}
	a.ChargeCPU(2 * (b.Len() + b.blanks))
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(b.String()), "", "\t"); err != nil {
		return "", err
	}
	return out.String(), nil
}

// builder collects the text and counts the blanks and line ends that json.Indent
// will add.
type builder struct {
	strings.Builder
	blanks int
}

// tooLong reports whether the text is longer than maxEncoded.
func (b *builder) tooLong(pretty bool) bool {
	return b.Len() > maxEncoded || pretty && b.Len()+b.blanks > maxEncoded
}

// write follows freeswitch_lua.cpp:JSON::LuaTable2cJSON.
func (j *codec) write(a *vm.Args, b *builder, t *lua.LTable, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("json:encode: tables are nested more than %d deep; does one contain itself?", maxDepth)
	}
	key, value := t.Next(lua.LNil)
	if key == lua.LNil {
		if j.emptyAsArray {
			b.WriteString("[]")
		} else {
			b.WriteString("{}")
		}
		return nil
	}
	array := key == lua.LNumber(1) || key == lua.LString("1")
	open, end := byte('{'), byte('}')
	if array {
		open, end = '[', ']'
	}
	b.WriteByte(open)
	for first := true; key != lua.LNil; key, value = t.Next(key) {
		a.ChargeCPU(30)
		name, named := keyText(key)
		if !array && !named {
			continue
		}
		switch value.(type) {
		case lua.LString, lua.LNumber, lua.LBool, *lua.LTable:
		default:
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		if !array {
			if err := writeText(a, b, name); err != nil {
				return err
			}
			b.WriteByte(':')
		}
		switch v := value.(type) {
		case lua.LString:
			if err := writeText(a, b, string(v)); err != nil {
				return err
			}
		case lua.LNumber:
			b.WriteString(formatNumber(float64(v)))
		case lua.LBool:
			b.WriteString(v.String())
		case *lua.LTable:
			if err := j.write(a, b, v, depth+1); err != nil {
				return err
			}
		}
		if b.blanks += depth + 4; b.tooLong(j.pretty) {
			return errTooLong
		}
	}
	b.blanks += depth + 1
	b.WriteByte(end)
	return nil
}

var errTooLong = fmt.Errorf("json:encode: the text would be longer than %d bytes", maxEncoded)

func writeText(a *vm.Args, b *builder, s string) error {
	if len(s) > maxEncoded {
		return errTooLong
	}
	a.ChargeCPU(60 + len(s)/2)
	b.WriteString(quoted(s))
	return nil
}

func keyText(key lua.LValue) (string, bool) {
	switch key.(type) {
	case lua.LString, lua.LNumber:
		return key.String(), true
	}
	return "", false
}

func quoted(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

func formatNumber(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "null" // as cJSON
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// decode follows JSON::cJSON2LuaTable and returns nil for text that is not JSON.
func decode(a *vm.Args, text string) (*lua.LTable, error) {
	if len(text) > maxDecoded {
		return nil, fmt.Errorf("json:decode: the text is longer than %d bytes", maxDecoded)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	tok, err := dec.Token()
	delim, nested := tok.(json.Delim)
	if err != nil || !nested {
		return nil, nil
	}
	t, err := decodeInto(a, dec, delim, 0)
	if errors.Is(err, errTooDeep) {
		return nil, err
	}
	if _, end := dec.Token(); err != nil || end != io.EOF {
		return nil, nil
	}
	return t, nil
}

var errTooDeep = fmt.Errorf("json:decode: the text nests more than %d deep", maxDepth)

func decodeInto(a *vm.Args, dec *json.Decoder, open json.Delim, depth int) (*lua.LTable, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	a.ChargeMemory(tableCost)
	t := &lua.LTable{Metatable: lua.LNil}
	for n := 0; dec.More(); {
		a.ChargeCPU(60)
		name := ""
		if open == '{' {
			tok, err := dec.Token()
			if err != nil {
				return nil, err
			}
			name, _ = tok.(string)
		}
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value lua.LValue
		switch v := tok.(type) {
		case string:
			a.ChargeMemory(len(v) + 32)
			a.ChargeCPU(len(v) / 2)
			value = lua.LString(v)
		case float64:
			a.ChargeMemory(16)
			value = lua.LNumber(v)
		case bool:
			value = lua.LBool(v)
		case json.Delim:
			inner, err := decodeInto(a, dec, v, depth+1)
			if err != nil {
				return nil, err
			}
			if open == '[' && v == '[' {
				continue
			}
			value = inner
		default:
			continue
		}
		if open == '{' {
			a.ChargeMemory(len(name) + 32)
			a.SetKey(t, name, value)
		} else {
			n++
			a.SetIndex(t, n, value)
		}
	}
	_, err := dec.Token()
	return t, err
}
