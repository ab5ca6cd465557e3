package switchsim

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// variables holds a channel's variables in FreeSWITCH's order: setting one again
// moves it to the end (EF_UNIQ_HEADERS in switch_event.c). Names are compared
// without case. The header names are made once, because events repeat them.
type variables struct{ list []wire.Header }

const variablePrefix = "variable_"

func (v *variables) find(name string) int {
	for i := range v.list {
		if n := v.list[i].Name[len(variablePrefix):]; len(n) == len(name) && strings.EqualFold(n, name) {
			return i
		}
	}
	return -1
}

func (v *variables) get(name string) string {
	if base, index, ok := arrayIndex(name); ok {
		items := arrayItems(v.get(base))
		if index < len(items) {
			return items[index]
		}
		return ""
	}
	if i := v.find(name); i >= 0 {
		return v.list[i].Value
	}
	return ""
}

// beginning returns the values of the variables whose names begin so.
func (v *variables) beginning(prefix string) (values []string) {
	for _, h := range v.list {
		if n := h.Name[len(variablePrefix):]; len(n) >= len(prefix) && strings.EqualFold(n[:len(prefix)], prefix) {
			values = append(values, h.Value)
		}
	}
	return values
}

// set stores a value; an empty one removes the variable.
func (v *variables) set(name, value string) {
	if base, index, ok := arrayIndex(name); ok {
		items := arrayItems(v.get(base))
		for len(items) <= index {
			items = append(items, "")
		}
		if items[index] = value; len(items) == 1 {
			v.set(base, value)
			return
		}
		v.set(base, "ARRAY::"+strings.Join(items, "|:"))
		return
	}
	if i := v.find(name); i >= 0 {
		v.list = append(v.list[:i], v.list[i+1:]...)
	}
	if value != "" {
		v.list = append(v.list, wire.Header{Name: variablePrefix + name, Value: value})
	}
}

// setAll sets variables in order; each is a name and a value.
func (v *variables) setAll(list [][2]string) {
	for _, x := range list {
		v.set(x[0], x[1])
	}
}

// push appends an item to an array variable.
func (v *variables) push(name, item string) {
	items := append(arrayItems(v.get(name)), item)
	if i := v.find(name); i >= 0 {
		v.list[i].Value = "ARRAY::" + strings.Join(items, "|:")
		return
	}
	v.set(name, item)
}

func arrayItems(value string) []string {
	if value == "" {
		return nil
	}
	if list, ok := strings.CutPrefix(value, "ARRAY::"); ok {
		return strings.Split(list, "|:")
	}
	return []string{value}
}

// arrayIndex splits name[3] into name and 3.
func arrayIndex(name string) (base string, index int, ok bool) {
	if !strings.HasSuffix(name, "]") {
		return "", 0, false
	}
	open := strings.IndexByte(name, '[')
	if open <= 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(name[open+1 : len(name)-1])
	if err != nil || n < 0 || n > 4000 {
		return "", 0, false
	}
	return name[:open], n, true
}
