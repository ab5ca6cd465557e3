package stdlib

import (
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/stdlib/pattern"
	lua "github.com/yuin/gopher-lua"
)

// meter lets a pattern.Matcher charge a state. It is the state converted, which costs no allocation.
type meter lua.LState

func (m *meter) ChargeCPU(units int) {
	L := (*lua.LState)(m)
	guard.Of(L).ChargeCPU(L, units)
}

func stringFind(L *lua.LState) int { return search(L, true) }

func stringMatch(L *lua.LState) int { return search(L, false) }

// search implements string.find and string.match (lstrlib.c:str_find_aux).
func search(L *lua.LState, find bool) int {
	s, p := argString(L, 1), argString(L, 2)
	at := min(max(from(optInt(L, 3, 1), len(s))-1, 0), len(s))
	if find && (lua.LVAsBool(guard.Arg(L, 4)) || pattern.Plain(p)) {
		return findText(L, s, p, at)
	}
	m := pattern.Matcher{Subject: s, Pattern: p, Meter: (*meter)(L)}
	start := at
	var end int
	var err error
	if anchored(&m) {
		end, err = m.At(at)
	} else {
		start, end, err = m.Find(at)
	}
	if err != nil {
		return fail(L, "%s", err)
	}
	m.Flush()
	if end < 0 {
		L.Push(lua.LNil)
		return 1
	}
	if !find {
		return pushCaptures(L, &m, start, end)
	}
	L.Push(guard.Integer(start + 1))
	L.Push(guard.Integer(end))
	if m.Captures() == 0 {
		return 2
	}
	return 2 + pushCaptures(L, &m, start, end)
}

// findText implements string.find for a text without a pattern.
func findText(L *lua.LState, s, p string, at int) int {
	i := index(L, s[at:], p)
	if i < 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(guard.Integer(at + i + 1))
	L.Push(guard.Integer(at + i + len(p)))
	return 2
}

// index does strings.Index and charges it, piece by piece: how long a piece takes depends on what the texts have in
// common.
func index(L *lua.LState, s, p string) int {
	const piece = 64 << 10
	perUnit := bytesPerUnit
	if len(p) > 63 { // what the processor compares at once
		perUnit = 8
	}
	step := max(piece, 4*len(p))
	for from := 0; ; from += step {
		end := min(len(s), from+step+len(p)-1)
		if n := (end - from) / perUnit; n > 0 {
			guard.Of(L).ChargeCPU(L, n)
		}
		if i := strings.Index(s[from:end], p); i >= 0 {
			return from + i
		}
		if end == len(s) {
			return -1
		}
	}
}

// anchored removes the "^" from m's pattern and reports whether there was one.
func anchored(m *pattern.Matcher) bool {
	if strings.HasPrefix(m.Pattern, "^") {
		m.Pattern = m.Pattern[1:]
		return true
	}
	return false
}

// pushCaptures pushes the captures of a match, or all of it if the pattern has none, and returns how many.
func pushCaptures(L *lua.LState, m *pattern.Matcher, start, end int) int {
	n := max(m.Captures(), 1)
	g := guard.Of(L)
	for i := range n {
		L.Push(captured(L, g, m, i, start, end))
	}
	return n
}

// captured returns capture i of a match. Capture 0 is the whole match if the pattern has no captures.
func captured(L *lua.LState, g *guard.Guard, m *pattern.Matcher, i, start, end int) lua.LValue {
	if i == 0 && m.Captures() == 0 {
		return whole(L, g, m.Subject, start, end)
	}
	c, err := m.Capture(i)
	if err != nil {
		fail(L, "%s", err)
	}
	if c.Position {
		return guard.Integer(c.Start + 1)
	}
	return whole(L, g, m.Subject, c.Start, c.End)
}

func whole(L *lua.LState, g *guard.Guard, s string, start, end int) lua.LValue {
	if end-start == len(s) {
		g.ChargeMemory(L, headerSize)
		return lua.LString(s)
	}
	return part(L, g, s[start:end])
}

// A walk is the state of a gmatch. It is in an upvalue of the iterator, as are the subject and the pattern, where the
// census finds them.
type walk struct {
	m  pattern.Matcher
	at int
}

// Holds returns what the census counts for it.
func (w *walk) Holds(func(lua.LValue)) int { return walkSize }

const walkSize = 700

// stringGmatch pushes an iterator. A "^" has no special meaning here in 5.1.
func stringGmatch(L *lua.LState) int {
	s, p := argString(L, 1), argString(L, 2)
	g := guard.Of(L)
	g.ChargeMemory(L, walkSize+512)
	g.ChargeCPU(L, 10)
	w := &walk{m: pattern.Matcher{Subject: s, Pattern: p}}
	L.Push(L.NewClosure(gmatchNext, &lua.LUserData{Value: w, Metatable: lua.LNil}, lua.LString(s), lua.LString(p)))
	return 1
}

func gmatchNext(L *lua.LState) int {
	w := L.Get(lua.UpvalueIndex(1)).(*lua.LUserData).Value.(*walk)
	m := &w.m
	m.Meter = (*meter)(L)
	start, end, err := m.Find(w.at)
	m.Flush()
	m.Meter = nil // else a coroutine that called would live as long as this
	if err != nil {
		return fail(L, "%s", err)
	}
	switch {
	case end < 0:
		w.at = len(m.Subject) + 1
		return 0
	case start == end:
		w.at = end + 1
	default:
		w.at = end
	}
	return pushCaptures(L, m, start, end)
}
