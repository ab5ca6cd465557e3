package flowtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/flowtest"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/spell"
	lua "github.com/yuin/gopher-lua"
)

// deepest bounds the tables that a test gives.
const deepest = 16

// plain returns a value of Lua as Go's: text, numbers, booleans, and tables as map[any]any.
func plain(a *vm.Args, v lua.LValue, depth int) (any, error) {
	a.ChargeCPU(20)
	switch v := v.(type) {
	case lua.LString:
		a.ChargeMemory(len(v))
		return string(v), nil
	case lua.LNumber:
		return float64(v), nil
	case lua.LBool:
		return bool(v), nil
	case *lua.LTable:
		if depth == deepest {
			return nil, fmt.Errorf("a table is more than %d deep", deepest)
		}
		m := map[any]any{}
		var err error
		v.ForEach(func(k, v lua.LValue) {
			key, wrong := plain(a, k, deepest)
			value, also := plain(a, v, depth+1)
			a.ChargeMemory(100)
			switch {
			case err != nil:
			case wrong != nil:
				err = wrong
			case also != nil:
				err = fmt.Errorf("%v: %w", key, also)
			default:
				m[key] = value
			}
		})
		return m, err
	}
	return nil, fmt.Errorf("a %s cannot stand here; write texts, numbers, true, false and tables of them", v.Type())
}

// A form reads the fields of a table.
type form struct {
	what   string // such as t:call
	fields map[any]any
	known  []string
	err    error
}

// table reads the argument i, a table with these fields.
func table(a *vm.Args, i int, what string) (*form, error) {
	v, err := plain(a, a.Value(i), 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	fields, _ := v.(map[any]any)
	return &form{what: what, fields: fields}, nil
}

// take returns a field, nil if the table has none.
func (f *form) take(name string) any {
	f.known = append(f.known, name)
	return f.fields[name]
}

func (f *form) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(f.what+": "+format, args...)
	}
}

func (f *form) text(name string) string {
	switch v := f.take(name).(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return lua.LNumber(v).String()
	default:
		f.fail("%s is a %s; write a text", name, kind(v))
		return ""
	}
}

func (f *form) number(name string, without float64) float64 {
	switch v := f.take(name).(type) {
	case nil:
		return without
	case float64:
		return v
	default:
		f.fail("%s is a %s; write a number", name, kind(v))
		return without
	}
}

func (f *form) flag(name string) bool {
	switch v := f.take(name).(type) {
	case nil:
		return false
	case bool:
		return v
	default:
		f.fail("%s is a %s; write true or false", name, kind(v))
		return false
	}
}

// list returns a list, nil if there is none; one thing is a list of one.
func (f *form) list(name string) []any {
	v := f.take(name)
	switch v := v.(type) {
	case nil:
		return nil
	case map[any]any:
		list := make([]any, len(v))
		for i := range list {
			if list[i] = v[float64(i+1)]; list[i] == nil {
				f.fail("%s has names or gaps; write a list: {\"one\", \"two\"}", name)
				return nil
			}
		}
		return list
	default:
		return []any{v}
	}
}

func (f *form) texts(name string) []string {
	list := f.list(name)
	if list == nil {
		return nil
	}
	texts := []string{}
	for _, v := range list {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case float64:
			texts = append(texts, lua.LNumber(v).String())
		default:
			f.fail("%s has a %s in it; write texts", name, kind(v))
		}
	}
	return texts
}

// pairs returns a table of texts by name.
func (f *form) pairs(name string) map[string]string {
	v, ok := f.take(name).(map[any]any)
	if !ok {
		if f.fields[name] != nil {
			f.fail("%s is a %s; write {NAME = \"value\"}", name, kind(f.fields[name]))
		}
		return nil
	}
	pairs := map[string]string{}
	for k, v := range v {
		switch v := v.(type) {
		case float64:
			pairs[fmt.Sprint(k)] = lua.LNumber(v).String()
		case bool:
			if v {
				pairs[fmt.Sprint(k)] = "true"
			} else {
				pairs[fmt.Sprint(k)] = "" // a variable that is not there
			}
		default:
			pairs[fmt.Sprint(k)] = fmt.Sprint(v)
		}
	}
	return pairs
}

// person reads the fields at and on.
func (f *form) person() (p flowtest.Person) {
	if at, ok := f.take("at").(map[any]any); ok {
		p.At = map[float64]string{}
		for k, v := range at {
			second, ok := k.(float64)
			text, isText := v.(string)
			if !ok || !isText {
				f.fail("at: write at = {[3] = \"press 1\", [12] = \"hangup\"}: by the second, what the person does")
			}
			p.At[second] = text
		}
	} else if f.fields["at"] != nil {
		f.fail("at: write at = {[3] = \"press 1\"}")
	}
	if on, ok := f.take("on").(map[any]any); ok {
		p.On = map[string][]string{}
		for k, v := range on {
			inner := &form{what: f.what + " on", fields: map[any]any{"x": v}}
			p.On[fmt.Sprint(k)] = inner.texts("x")
			if _, isText := k.(string); !isText || inner.err != nil {
				f.fail("on: write on = {[\"welcome.wav\"] = \"press 1\"}, or a list of what the person does each time")
			}
		}
	} else if f.fields["on"] != nil {
		f.fail("on: write on = {[\"welcome.wav\"] = \"press 1\"}")
	}
	return p
}

// end returns what is wrong with the table, such as a field that nobody has taken.
func (f *form) end() error {
	for k := range f.fields {
		name := fmt.Sprint(k)
		switch near := spell.Nearest(name, f.known); {
		case f.err != nil || slices.Contains(f.known, name):
		case near != "":
			f.fail("there is no %s; did you mean %s?", name, near)
		default:
			f.fail("there is no %s; there are %s", name, strings.Join(f.known, ", "))
		}
	}
	return f.err
}

func kind(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "table"
}
