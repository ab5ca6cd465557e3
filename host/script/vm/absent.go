package vm

import (
	"sort"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// explain returns what an error adds about a name that is nil: what to use
// instead, or the name that was probably meant.
func (m *Machine) explain(self lua.LValue, name string) string {
	full, prefix, known := name, "", m.globals.List()
	if ud, ok := self.(*lua.LUserData); ok {
		c := m.classOf(ud)
		if c == nil {
			return ""
		}
		full, known = c.declared.Name+":"+name, nil
		for _, f := range c.declared.Methods {
			known = append(known, f.Name)
		}
	} else if table, field, ok := strings.Cut(name, "."); ok {
		name, prefix, known = field, table+".", nil
		for _, l := range m.libraries {
			if l.name == table {
				known = l.fields.List()
			}
		}
	}
	if advice := m.absent[full]; advice != "" {
		return ": " + advice
	}
	if meant := Nearest(name, known); meant != "" {
		return ": did you mean " + prefix + meant + "?"
	}
	return ""
}

func (m *Machine) classOf(ud *lua.LUserData) *class {
	for _, c := range m.classes {
		if ud.Metatable == c.metatable {
			return c
		}
	}
	return nil
}

// Nearest returns the known name that a mistyped one was meant to be, or "". It
// differs in case only, or by one typing error, or by two in a long name.
func Nearest(name string, known []string) string {
	best, distance := "", 1+max(1, min(2, len(name)/5))
	sort.Strings(known)
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return k
		}
		if d := edits(name, k); d < distance {
			best, distance = k, d
		}
	}
	if best == name { // it is there, and the script has taken it away
		return ""
	}
	return best
}

// edits returns how many letters to add, drop, change or swap to turn a into b.
// Names too long to be typed by hand are far from all others.
func edits(a, b string) int {
	const long = 64
	if len(a) > long || len(b) > long {
		return long
	}
	var rows [3][long + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
