package luajson

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

type writer struct {
	*Format
	a     *vm.Args
	text  []byte
	depth int
}

func (w *writer) value(v lua.LValue) error {
	w.a.ChargeCPU(40)
	if len(w.text) > MaxText {
		return errTooLong
	}
	switch {
	case v == lua.LNil, w.Null != nil && v == w.Null:
		w.text = append(w.text, "null"...)
		return nil
	case w.Empty != nil && v == w.Empty:
		w.text = append(w.text, "[]"...)
		return nil
	}
	switch v := v.(type) {
	case lua.LString:
		return w.string(string(v))
	case lua.LNumber:
		return w.number(float64(v))
	case lua.LBool:
		w.text = strconv.AppendBool(w.text, bool(v))
		return nil
	case *lua.LTable:
		return w.table(v)
	}
	return fmt.Errorf("Cannot serialise %s: type not supported", v.Type()) //nolint:staticcheck // lua-cjson's words
}

func (w *writer) number(x float64) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		if w.NonFinite == "" {
			return errors.New("Cannot serialise number: must not be NaN or Inf") //nolint:staticcheck // lua-cjson's words
		}
		w.text = append(w.text, w.NonFinite...)
		return nil
	}
	if w.Digits == 0 || w.Digits == 14 {
		w.text = number.Append(w.text, x)
	} else {
		w.text = strconv.AppendFloat(w.text, x, 'g', w.Digits, 64)
	}
	return nil
}

func (w *writer) table(t *lua.LTable) error {
	if w.depth++; w.depth > w.Format.depth() {
		return fmt.Errorf("Cannot serialise, excessive nesting (%d)", w.depth) //nolint:staticcheck // lua-cjson's words
	}
	w.a.L.Push(t) // while a function of the script runs, which may forget it
	defer w.a.L.Pop(1)
	w.a.FillLibrary(t)
	var known Written
	if w.Write != nil {
		var err error
		if known, err = w.Write(t); err != nil {
			return err
		}
		if known.Text != nil {
			w.text = append(w.text, *known.Text...)
			w.depth--
			return nil
		}
	}
	n, err := w.arrayLength(t)
	if err != nil {
		return err
	}
	if n == 0 && known.Object {
		n = -1
	}
	if n < 0 {
		err = w.object(t, known.First)
	} else {
		err = w.array(t, n)
	}
	w.depth--
	return err
}

// arrayLength returns the length of the array that a table is, -1 for an object.
func (w *writer) arrayLength(t *lua.LTable) (int, error) {
	if w.Length {
		if n, ok := t.RawGet(lua.LNumber(0)).(lua.LNumber); ok {
			return max(0, int(n)), nil
		}
	}
	s := Shape{Whole: true}
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		w.a.ChargeCPU(6)
		s.Count++
		if n, ok := k.(lua.LNumber); ok && n >= 1 && n == lua.LNumber(int(n)) {
			s.Largest = max(s.Largest, int(n))
			s.One = s.One || n == 1
			continue
		}
		s.Others++
		s.Whole = false
	}
	array := w.Array
	if array == nil {
		array = CJSON
	}
	n := array(t, s)
	if n == Sparse {
		return 0, errors.New("Cannot serialise table: excessively sparse array") //nolint:staticcheck // lua-cjson's words
	}
	return n, nil
}

func (w *writer) array(t *lua.LTable, n int) error {
	w.text = append(w.text, '[')
	for i := 1; i <= n; i++ {
		if i > 1 {
			w.text = append(w.text, ',')
		}
		if err := w.value(t.RawGetInt(i)); err != nil {
			return err
		}
	}
	w.text = append(w.text, ']')
	return nil
}

func (w *writer) object(t *lua.LTable, first []string) error {
	w.text = append(w.text, '{')
	some := false
	pair := func(k, v lua.LValue) error {
		if some {
			w.text = append(w.text, ',')
		}
		some = true
		w.newLine(w.depth)
		name := ""
		switch k := k.(type) {
		case lua.LString:
			name = string(k)
		case lua.LNumber:
			name = number.String(float64(k))
		default:
			return fmt.Errorf("Cannot serialise %s: table key must be a number or string", k.Type()) //nolint:staticcheck // lua-cjson's words
		}
		if err := w.string(name); err != nil {
			return err
		}
		w.text = append(w.text, ':')
		return w.value(v)
	}
	written := map[string]bool{}
	for _, name := range first {
		if v := t.RawGetString(name); v != lua.LNil && !written[name] {
			written[name] = true
			if err := pair(lua.LString(name), v); err != nil {
				return err
			}
		}
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		w.a.ChargeCPU(6)
		if name, ok := k.(lua.LString); ok && written[string(name)] {
			continue
		}
		if err := pair(k, v); err != nil {
			return err
		}
	}
	if some {
		w.newLine(w.depth - 1)
	}
	w.text = append(w.text, '}')
	return nil
}

func (w *writer) newLine(levels int) {
	if w.Indent != "" {
		w.a.ChargeCPU(levels)
		w.text = append(append(w.text, '\n'), strings.Repeat(w.Indent, levels)...)
	}
}

// Quote returns a text as JSON.
func (f *Format) Quote(a *vm.Args, s string) (string, error) {
	w := writer{Format: f, a: a}
	err := w.string(s)
	return string(w.text), err
}

func (w *writer) string(s string) error {
	if len(s) > MaxText {
		return errTooLong
	}
	w.a.ChargeCPU(10 + len(s)/2)
	w.text = append(w.text, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '/' && w.Slash:
			w.text = append(w.text, '\\', c)
		case c < ' ' || c == 127 && (w.Slash || w.Unicode):
			if at := strings.IndexByte("\b\f\n\r\t", c); at >= 0 {
				w.text = append(w.text, '\\', "bfnrt"[at])
			} else {
				w.text = fmt.Appendf(w.text, "\\u%04x", c)
			}
		case c >= 0xC2 && w.Unicode:
			n := w.unsafe(s[i:])
			i += n - 1
			if n == 0 {
				w.text = append(w.text, c)
				i++
			}
		default:
			w.text = append(w.text, c)
		}
	}
	w.text = append(w.text, '"')
	return nil
}

// unsafe escapes a character that JavaScript takes for a blank or a line's end, and
// returns its length; 0 if s does not begin with one.
func (w *writer) unsafe(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case n == 1:
		return 0 // not UTF-8
	case r >= 0x80 && r <= 0x9F, r == 0xAD, r >= 0x600 && r <= 0x604, r == 0x70F, r == 0x17B4, r == 0x17B5,
		r >= 0x200C && r <= 0x200F, r >= 0x2028 && r <= 0x202F, r >= 0x2060 && r <= 0x206F, r == 0xFEFF, r >= 0xFFF0 && r <= 0xFFFF:
		w.text = fmt.Appendf(w.text, "\\u%04x", r)
		return n
	}
	return 0
}
