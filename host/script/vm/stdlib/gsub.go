package stdlib

import (
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/stdlib/pattern"
	lua "github.com/yuin/gopher-lua"
)

// stringGsub goes through the subject once and copies the text between two matches in one piece.
func stringGsub(L *lua.LState) int {
	s, p := argString(L, 1), argString(L, 2)
	with := guard.Arg(L, 3)
	switch with.Type() {
	case lua.LTString, lua.LTNumber, lua.LTTable, lua.LTFunction:
	default:
		argError(L, 3, "string/function/table expected")
	}
	most := optInt(L, 4, len(s)+1)
	g := guard.Of(L)
	m := pattern.Matcher{Subject: s, Pattern: p, Meter: (*meter)(L)}
	anchor := anchored(&m)
	replacement, _ := toString(with)
	out := text{L: L, g: g}
	defer out.drop()
	copied, at, n := 0, 0, 0
	for n < most {
		start := at
		var end int
		var err error
		if anchor {
			end, err = m.At(at)
		} else {
			start, end, err = m.Find(at)
		}
		if err != nil {
			return fail(L, "%s", err)
		}
		if end < 0 {
			break
		}
		n++
		out.add(s[copied:start])
		copied = end
		out.keep()
		switch with := with.(type) {
		case *lua.LTable:
			addValue(&out, &m, start, end, L.GetTable(with, captured(L, g, &m, 0, start, end)))
		case *lua.LFunction:
			L.Push(with)
			L.Call(pushCaptures(L, &m, start, end), 1)
			addValue(&out, &m, start, end, pop(L))
		default:
			addTemplate(&out, &m, start, end, replacement)
		}
		switch {
		case end > start:
			at = end
		case start < len(s):
			at = start + 1
		default:
			most = n // the empty match at the end of the subject
		}
		if anchor {
			break
		}
	}
	m.Flush()
	if n == 0 {
		L.Push(sameString(L, 1))
	} else {
		out.add(s[copied:])
		L.Push(out.value())
	}
	L.Push(guard.Integer(n))
	return 2
}

// addTemplate adds a replacement string, in which %0 to %9 are captures and % escapes any other character.
func addTemplate(out *text, m *pattern.Matcher, start, end int, template string) {
	out.grow(len(template))
	out.g.ChargeCPU(out.L, 1+len(template)/4)
	for i := 0; i < len(template); i++ {
		c := template[i]
		if c != '%' {
			out.addByte(c)
			continue
		}
		i++
		switch {
		case i == len(template):
			out.addByte(0) // the NUL that ends a C string, which 5.1 takes for the character after the %
		case template[i] < '0' || template[i] > '9':
			out.addByte(template[i])
		case template[i] == '0':
			out.add(m.Subject[start:end])
		default:
			addCapture(out, m, int(template[i]-'1'), start, end)
		}
	}
}

func addCapture(out *text, m *pattern.Matcher, i, start, end int) {
	if i == 0 && m.Captures() == 0 {
		out.add(m.Subject[start:end])
		return
	}
	c, err := m.Capture(i)
	switch {
	case err != nil:
		fail(out.L, "%s", err)
	case c.Position:
		out.addNumber(float64(c.Start + 1))
	default:
		out.add(m.Subject[c.Start:c.End])
	}
}

// addValue adds the result of a replacement function or table; nil and false keep the match.
func addValue(out *text, m *pattern.Matcher, start, end int, v lua.LValue) {
	switch v := v.(type) {
	case lua.LString:
		out.add(string(v))
	case lua.LNumber:
		out.addNumber(float64(v))
	default:
		if lua.LVAsBool(v) {
			fail(out.L, "invalid replacement value (a %s)", v.Type())
		}
		out.add(m.Subject[start:end])
	}
}
