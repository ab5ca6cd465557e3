package stdlib

import (
	"strings"

	"github.com/eslua/eslua/host/vm/guard"
	"github.com/eslua/eslua/host/vm/stdlib/pattern"
	lua "github.com/yuin/gopher-lua"
)

// meter lets a pattern.Matcher charge the state it works for: a state by another name, so that it costs no allocation.
type meter lua.LState

func (m *meter) Work(units int) {
	L := (*lua.LState)(m)
	guard.Of(L).Work(L, units)
}

func stringFind(L *lua.LState) int { return search(L, true) }

func stringMatch(L *lua.LState) int { return search(L, false) }

// search is string.find and string.match (lstrlib.c:str_find_aux).
func search(L *lua.LState, find bool) int {
	s, p := argString(L, 1), argString(L, 2)
	at := min(max(from(optInt(L, 3, 1), len(s))-1, 0), len(s))
	if find && (lua.LVAsBool(L.Get(4)) || pattern.Plain(p)) {
		return plain(L, s, p, at)
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
	m.Settle()
	if end < 0 {
		L.Push(lua.LNil)
		return 1
	}
	if !find {
		return pushCaptures(L, &m, start, end)
	}
	L.Push(integer(start + 1))
	L.Push(integer(end))
	if m.Captures() == 0 {
		return 2
	}
	return 2 + pushCaptures(L, &m, start, end)
}

func plain(L *lua.LState, s, p string, at int) int {
	if len(s)-at >= bytesPerUnit {
		guard.Of(L).Work(L, (len(s)-at)/bytesPerUnit)
	}
	i := strings.Index(s[at:], p)
	if i < 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(integer(at + i + 1))
	L.Push(integer(at + i + len(p)))
	return 2
}

// anchored takes the "^" off m's pattern and tells whether there was one.
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

// captured is capture i of a match, where 0 is also the whole match of a pattern that has no captures.
func captured(L *lua.LState, g *guard.Guard, m *pattern.Matcher, i, start, end int) lua.LValue {
	if i == 0 && m.Captures() == 0 {
		return whole(L, g, m.Subject, start, end)
	}
	c, err := m.Capture(i)
	if err != nil {
		fail(L, "%s", err)
	}
	if c.Position {
		return integer(c.Start + 1)
	}
	return whole(L, g, m.Subject, c.Start, c.End)
}

func whole(L *lua.LState, g *guard.Guard, s string, start, end int) lua.LValue {
	if end-start == len(s) {
		g.Alloc(L, headerSize)
		return lua.LString(s)
	}
	return part(L, g, s[start:end])
}

// stringGmatch returns an iterator. What it walks over and where it is are upvalues, where the guard's census sees
// them. A "^" has no meaning here in 5.1: it is matched as a character.
func stringGmatch(L *lua.LState) int {
	s, p := argString(L, 1), argString(L, 2)
	g := guard.Of(L)
	g.Alloc(L, 512)
	g.Work(L, 10)
	L.Push(L.NewClosure(gmatchNext, lua.LString(s), lua.LString(p), lua.LNumber(0)))
	return 1
}

func gmatchNext(L *lua.LState) int {
	s, _ := toString(L.Get(lua.UpvalueIndex(1)))
	p, _ := toString(L.Get(lua.UpvalueIndex(2)))
	at, _ := toNumber(L.Get(lua.UpvalueIndex(3)))
	g := guard.Of(L)
	m := pattern.Matcher{Subject: s, Pattern: p, Meter: (*meter)(L)}
	start, end, err := m.Find(int(at))
	if err != nil {
		return fail(L, "%s", err)
	}
	m.Settle()
	next := end
	switch {
	case end < 0:
		next = len(s) + 1
	case start == end:
		next++
	}
	L.Replace(lua.UpvalueIndex(3), g.Number(float64(next)))
	if end < 0 {
		return 0
	}
	return pushCaptures(L, &m, start, end)
}
