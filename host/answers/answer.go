package answers

import (
	"bytes"
	"encoding/json"
	"strings"
)

// An Answer is one call of a function, and what came of it.
type Answer struct {
	Func    string  `json:"f"`           // "kv.get", "db:one"
	Object  int     `json:"o,omitempty"` // the number of the object whose method it is
	Args    []any   `json:"a,omitempty"`
	Calls   [][]any `json:"c,omitempty"` // the arguments with which it called the script back
	Results []any   `json:"r,omitempty"`
	Error   *string `json:"e,omitempty"`
	Bare    bool    `json:"b,omitempty"` // the error is one of C's
	Sent    bool    `json:"s,omitempty"` // it asked over the connection of the call, too
}

// Values are as JSON has them: null, booleans, numbers, texts, of which each rune is a byte, a
// list for a table, with its keys and values by turns, and for what Lua has else an object with
// one of these keys.
const (
	keyNumber = "n" // a number that JSON has not: "nan", "inf", "-inf"
	keyObject = "o" // the number of an object, with keyClass and keyFields where it comes first
	keyClass  = "c"
	keyFields = "f"
	keyMethod = "m" // the class and the name of a method that is handed out as a function
	keyOther  = "x" // the type of what cannot be written
)

// Encode writes an answer.
func (a *Answer) Encode() (string, error) {
	return written(a)
}

// written writes a value as JSON, with < and > as they are.
func written(v any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// Decode reads an answer.
func Decode(text string) (*Answer, error) {
	a := &Answer{}
	if err := json.Unmarshal([]byte(text), a); err != nil {
		return nil, err
	}
	return a, nil
}

// Mask has hidden values and texts replaced: hides reports whether the value of a name is
// hidden, and hidden and text return what stands for a value and for a text.
func (a *Answer) Mask(hides func(name string) bool, hidden, text func(string) string) {
	m := masking{hides, hidden, text}
	secret := len(a.Args) > 0 && m.names(a.Args[0])
	for i := range a.Args {
		a.Args[i] = m.value(a.Args[i], secret && i > 0)
	}
	for i := range a.Results {
		a.Results[i] = m.value(a.Results[i], secret)
	}
	for _, args := range a.Calls {
		for i := range args {
			args[i] = m.value(args[i], false)
		}
	}
	if a.Error != nil {
		masked := text(*a.Error)
		a.Error = &masked
	}
}

// A masking replaces what is hidden.
type masking struct {
	hides        func(name string) bool
	hidden, text func(string) string
}

// names reports whether a value is a name whose value is hidden.
func (m masking) names(v any) bool {
	name, ok := v.(string)
	return ok && m.hides(name)
}

// value returns what stands for a value; secret: it is hidden.
func (m masking) value(v any, secret bool) any {
	switch v := v.(type) {
	case string:
		if secret {
			return m.hidden(v)
		}
		return m.text(v)
	case float64:
		if text, _ := written(v); secret || m.text(text) != text {
			return m.hidden(text)
		}
	case []any:
		for i := 0; i+1 < len(v); i += 2 {
			hidden := secret || m.names(v[i])
			v[i], v[i+1] = m.value(v[i], secret), m.value(v[i+1], hidden)
		}
	case map[string]any:
		if fields, ok := v[keyFields].(map[string]any); ok {
			for name, field := range fields {
				fields[name] = m.value(field, secret || m.hides(name))
			}
		}
	}
	return v
}
