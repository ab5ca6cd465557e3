package vm

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// What a writer writes of values, however large they are.
const (
	mostWritten = 64 << 10 // bytes of texts
	mostText    = 16 << 10 // bytes of one text
	mostEntries = 1000     // of all tables
	mostDepth   = 12       // tables within each other
	lineWidth   = 80       // of a table on one line
)

// A writer writes values as Lua that load understands: texts with escapes for all that does
// not print, tables with their keys sorted. It calls no metamethod. What Lua has no way to
// write is nil, or an empty table, behind a comment that says what it is.
type writer struct {
	state   *State
	L       *lua.LState
	values  []string
	bytes   int // of texts
	entries int
	above   []*lua.LTable
}

func (w *writer) add(v lua.LValue) { w.values = append(w.values, w.form(v)) }

func (w *writer) String() string { return strings.Join(w.values, ", ") }

// form returns a value as Lua.
func (w *writer) form(v lua.LValue) string {
	w.state.guard.ChargeCPU(w.L, 20)
	switch v := v.(type) {
	case *lua.LNilType, lua.LBool:
		return v.String()
	case lua.LNumber:
		return writeNumber(float64(v))
	case lua.LString:
		return w.text(string(v))
	case *lua.LTable:
		return w.table(v)
	}
	return comment(w.describe(v)) + " nil"
}

// describe says what a value is that Lua has no way to write.
func (w *writer) describe(v lua.LValue) string {
	switch v := v.(type) {
	case *lua.LFunction:
		if v.IsG || strings.HasPrefix(v.Proto.SourceName, guard.OwnPlace) || v.Proto.LineDefined == 0 {
			return "function"
		}
		return fmt.Sprintf("function %s:%d", v.Proto.SourceName, v.Proto.LineDefined)
	case *lua.LUserData:
		if c := w.state.machine.classOf(v); c != nil {
			return c.describe(v)
		}
	case *lua.LState:
		return "coroutine"
	}
	return v.Type().String()
}

// comment returns a comment of a text that could end it.
func comment(text string) string {
	const most = 100
	text = strings.Map(func(r rune) rune {
		switch {
		case r == ']':
			return ')'
		case !unicode.IsPrint(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), most)], ""))
	return "--[[" + text + "]]"
}

func writeNumber(x float64) string {
	switch {
	case math.IsNaN(x):
		return "0/0"
	case math.IsInf(x, 1):
		return "math.huge"
	case math.IsInf(x, -1):
		return "-math.huge"
	case x == math.Trunc(x) && math.Abs(x) < 1e15:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// text returns a text in quotes, cut if it is long.
func (w *writer) text(s string) string {
	room := min(mostText, max(0, mostWritten-w.bytes))
	shown := s[:min(len(s), room)]
	w.bytes += len(shown)
	w.state.guard.ChargeCPU(w.L, len(shown))
	if len(shown) == len(s) {
		return quote(s)
	}
	return quote(shown) + comment(fmt.Sprintf("and %d bytes more", len(s)-len(shown)))
}

// quote returns a text as Lua, with escapes for what does not print, or changes the direction
// of writing.
func quote(s string) string {
	out := make([]byte, 0, len(s)+2)
	out = append(out, '"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', s[i])
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r == utf8.RuneError && size == 1, !unicode.IsPrint(r), unicode.Is(unicode.Bidi_Control, r):
			for _, b := range []byte(s[i : i+size]) {
				out = append(out, fmt.Sprintf(`\%03d`, b)...)
			}
		default:
			out = append(out, s[i:i+size]...)
		}
		i += size
	}
	return string(append(out, '"'))
}

// table returns a table as Lua: on one line if it is short.
func (w *writer) table(t *lua.LTable) string {
	w.state.guard.FillLibrary(w.L, t)
	switch {
	case slices.Contains(w.above, t):
		return "{" + comment("a table that contains this one") + "}"
	case len(w.above) == mostDepth && isFilled(t):
		return "{" + comment("tables within") + "}"
	}
	w.above = append(w.above, t)
	parts := w.parts(t)
	w.above = w.above[:len(w.above)-1]
	short := "{" + strings.Join(parts, ", ") + "}"
	w.state.guard.ChargeCPU(w.L, len(short))
	if len(short) <= lineWidth && !strings.Contains(short, "\n") {
		return short
	}
	const step = "\n  "
	return "{" + step + strings.ReplaceAll(strings.Join(parts, ",\n"), "\n", step) + ",\n}"
}

func isFilled(t *lua.LTable) bool {
	k, _ := t.Next(lua.LNil)
	return k != lua.LNil
}

// parts returns the entries of a table: those of its list first, then the others, sorted.
func (w *writer) parts(t *lua.LTable) (parts []string) {
	n := 0
	for v := t.RawGetInt(1); v != lua.LNil && w.room(); v = t.RawGetInt(n + 1) {
		parts = append(parts, w.form(v))
		n++
	}
	var keys []lua.LValue
	from := lua.LValue(lua.LNil)
	if n > 0 {
		from = lua.LNumber(n)
	}
	cut := false
	for k, _ := t.Next(from); k != lua.LNil; k, _ = t.Next(k) {
		if cut = !w.room(); cut {
			break
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	for _, k := range keys {
		v := w.form(t.RawGet(k))
		switch k.(type) {
		case lua.LString, lua.LNumber, lua.LBool:
			parts = append(parts, w.key(k)+" = "+v)
		default: // nothing that load could read
			parts = append(parts, comment("the key is a "+w.describe(k))+" "+v)
		}
	}
	if cut {
		parts = append(parts, comment("and more")+" nil")
	}
	return parts
}

// room reports whether another entry is written, and counts it.
func (w *writer) room() bool {
	if w.entries >= mostEntries || w.bytes >= mostWritten {
		return false
	}
	w.entries++
	return true
}

func (w *writer) key(k lua.LValue) string {
	if name, ok := k.(lua.LString); ok && isName(string(name)) {
		return string(name)
	}
	return "[" + w.form(k) + "]"
}

// compareKeys sorts numbers before texts before all else.
func compareKeys(a, b lua.LValue) int {
	rank := func(v lua.LValue) int {
		switch v.(type) {
		case lua.LNumber:
			return 0
		case lua.LString:
			return 1
		}
		return 2
	}
	if n := cmp.Compare(rank(a), rank(b)); n != 0 {
		return n
	}
	switch a := a.(type) {
	case lua.LNumber:
		return cmp.Compare(a, b.(lua.LNumber))
	case lua.LString:
		return cmp.Compare(a, b.(lua.LString))
	}
	return 0
}

// isName reports whether a text is a name in Lua, which needs no quotes.
func isName(s string) bool {
	for i, c := range []byte(s) {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 60 && !slices.Contains(reserved, s)
}

var reserved = []string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
	"nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}
