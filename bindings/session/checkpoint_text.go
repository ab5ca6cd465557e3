package session

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/call/checkpoint"
	lua "github.com/yuin/gopher-lua"
)

// The text form of a checkpoint's table. Equal tables have equal texts:
//
//	t  f            true and false
//	n1.5;           a number
//	s3:abc          a string of 3 bytes
//	k17;            a task of schedHangup
//	{...}           a table: keys and values in turn, numbers before strings

// maxDepth limits how deep tables are nested.
const maxDepth = 16

// encodeTable returns the text of a table.
func encodeTable(t *lua.LTable) (string, error) {
	var w encoder
	if err := w.table(t, ""); err != nil {
		return "", err
	}
	return w.text.String(), nil
}

type encoder struct {
	text  strings.Builder
	depth int
}

func (w *encoder) value(v lua.LValue, name string) error {
	switch v := v.(type) {
	case lua.LBool:
		w.text.WriteByte("ft"[indexOf(bool(v))])
		return nil
	case lua.LNumber:
		w.text.WriteString("n" + strconv.FormatFloat(float64(v), 'g', -1, 64) + ";")
		return nil
	case lua.LString:
		w.text.WriteString("s" + strconv.Itoa(len(v)) + ":")
		if len(v) <= checkpoint.MaxBytes {
			w.text.WriteString(string(v))
			return nil
		}
		return tooLong(name)
	case *lua.LTable:
		return w.table(v, name)
	case *lua.LUserData:
		if task, ok := v.Value.(Task); ok {
			w.text.WriteString("k" + strconv.Itoa(task.id) + ";")
			return nil
		}
	}
	return fmt.Errorf("checkpoint: %s is a %s; a checkpoint can store strings, numbers, booleans, tasks of schedHangup, and tables of them", name, v.Type())
}

func indexOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func tooLong(name string) error {
	return fmt.Errorf("checkpoint: %s takes more than the %d bytes that a checkpoint can store: store less, such as an id instead of the data", name, checkpoint.MaxBytes)
}

func (w *encoder) table(t *lua.LTable, name string) error {
	if w.depth++; w.depth > maxDepth {
		return fmt.Errorf("checkpoint: %s is nested more than %d deep; does a table contain itself?", name, maxDepth)
	}
	defer func() { w.depth-- }()
	var keys []lua.LValue
	for key, _ := t.Next(lua.LNil); key != lua.LNil; key, _ = t.Next(key) {
		if keys = append(keys, key); len(keys) > checkpoint.MaxBytes {
			return tooLong(orTheTable(name))
		}
	}
	slices.SortFunc(keys, compareKeys)
	w.text.WriteByte('{')
	for _, key := range keys {
		field := fieldName(name, key)
		switch key.(type) {
		case lua.LString, lua.LNumber:
		default:
			return fmt.Errorf("checkpoint: a key of %s is a %s; a checkpoint can store keys that are strings or numbers", orTheTable(name), key.Type())
		}
		if err := w.value(key, field); err != nil {
			return err
		}
		if err := w.value(t.RawGet(key), field); err != nil {
			return err
		}
		if w.text.Len() > checkpoint.MaxBytes {
			return tooLong(orTheTable(name))
		}
	}
	w.text.WriteByte('}')
	return nil
}

func orTheTable(name string) string {
	if name == "" {
		return "the table"
	}
	return name
}

func fieldName(table string, key lua.LValue) string {
	if len(key.String()) > 40 {
		key = lua.LString(key.String()[:40] + "...")
	}
	if table == "" {
		return key.String()
	}
	return table + "." + key.String()
}

// compareKeys orders numbers before strings; other keys are refused anyway.
func compareKeys(a, b lua.LValue) int {
	x, xn := a.(lua.LNumber)
	y, yn := b.(lua.LNumber)
	switch {
	case xn && yn && x < y, xn && !yn:
		return -1
	case xn && yn && x > y, yn && !xn:
		return 1
	case xn && yn:
		return 0
	}
	return strings.Compare(a.String(), b.String())
}

var errDamaged = errors.New("its table is damaged")

// decodeTable reads the text of encodeTable; task makes the task of an id.
func decodeTable(text string, task func(id int) lua.LValue) (*lua.LTable, error) {
	r := decoder{rest: text, task: task}
	v, err := r.value()
	t, ok := v.(*lua.LTable)
	if err != nil || !ok || r.rest != "" {
		return nil, errDamaged
	}
	return t, nil
}

type decoder struct {
	rest  string
	depth int
	task  func(id int) lua.LValue
}

func (r *decoder) value() (lua.LValue, error) {
	if r.rest == "" {
		return nil, errDamaged
	}
	kind := r.rest[0]
	r.rest = r.rest[1:]
	switch kind {
	case 't':
		return lua.LTrue, nil
	case 'f':
		return lua.LFalse, nil
	case 'n':
		x, err := strconv.ParseFloat(r.until(";"), 64)
		return lua.LNumber(x), err
	case 'k':
		id, err := strconv.Atoi(r.until(";"))
		if err != nil || id < 0 {
			return nil, errDamaged
		}
		return r.task(id), nil
	case 's':
		n, err := strconv.Atoi(r.until(":"))
		if err != nil || n < 0 || n > len(r.rest) {
			return nil, errDamaged
		}
		s := r.rest[:n]
		r.rest = r.rest[n:]
		return lua.LString(s), nil
	case '{':
		return r.table()
	}
	return nil, errDamaged
}

// until reads up to the mark and skips the mark.
func (r *decoder) until(mark string) string {
	before, after, _ := strings.Cut(r.rest, mark)
	r.rest = after
	return before
}

func (r *decoder) table() (lua.LValue, error) {
	if r.depth++; r.depth > maxDepth {
		return nil, errDamaged
	}
	defer func() { r.depth-- }()
	t := &lua.LTable{Metatable: lua.LNil}
	for !strings.HasPrefix(r.rest, "}") {
		key, err := r.value()
		if err != nil {
			return nil, err
		}
		switch k := key.(type) {
		case lua.LString:
		case lua.LNumber:
			if k != k {
				return nil, errDamaged
			}
		default:
			return nil, errDamaged
		}
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		t.RawSet(key, value)
	}
	r.rest = r.rest[1:]
	return t, nil
}
