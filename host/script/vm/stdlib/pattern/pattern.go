// Package pattern matches Lua patterns as PUC Lua's lstrlib.c does, with %f, %b, back references, position captures and
// zero bytes, on a budget.
//
// A pattern can make a matcher backtrack for longer than a call lasts: ".-.-.-.-b" on 3000 letters. So every step is
// charged to a Meter, which ends the script when its budget is used up.
package pattern

import "strings"

// maxCaptures and maxDepth are lstrlib.c's LUA_MAXCAPTURES and MAXCCALLS: the second bounds Go's stack.
const (
	maxCaptures = 32
	maxDepth    = 200
)

// slice counts the steps between two charges.
const slice = 256

// perUnit counts the steps that take the time of one VM instruction.
const perUnit = 2

// A Meter is charged for the work of matching, one unit for the time of one VM instruction. It may stop the matcher by
// a panic (a Lua error); the Matcher must not be used again then.
type Meter interface{ ChargeCPU(units int) }

// An Error is a mistake in a pattern, in PUC Lua's words.
type Error string

func (e Error) Error() string { return string(e) }

// A Capture marks a part of the subject: Subject[Start:End], or for "()" the position Start, counted from 0.
type Capture struct {
	Start, End int
	Position   bool
}

// Matcher matches one pattern against one subject. It is ready when Subject, Pattern and Meter are set.
type Matcher struct {
	Subject, Pattern string
	Meter            Meter

	steps   int
	depth   int
	level   int
	failure Error
	caps    [maxCaptures]capture
}

type capture struct{ start, len int }

// The lengths of a capture that is open, and of a position.
const (
	unfinished = -1
	position   = -2
)

// match returns one of these instead of an index of the subject.
const (
	noMatch = -1
	broken  = -2 // m.failure says why
)

// At matches at index s of the subject only and returns the index after the match, or -1. A "^" has no special meaning:
// the caller removes it where it is an anchor.
func (m *Matcher) At(s int) (end int, err error) {
	m.level, m.depth = 0, 0
	end = m.match(s, 0)
	if end == broken {
		return noMatch, m.failure
	}
	return end, nil
}

// Find returns the first match at s or after it, or -1.
func (m *Matcher) Find(s int) (start, end int, err error) {
	lead, skip := m.lead()
	for ; s <= len(m.Subject); s++ {
		if skip {
			n := strings.IndexByte(m.Subject[s:], lead)
			if n < 0 {
				m.step((len(m.Subject) - s) >> 4)
				return noMatch, noMatch, nil
			}
			m.step(n >> 4)
			s += n
		}
		if end, err = m.At(s); end >= 0 || err != nil {
			return s, end, err
		}
	}
	return noMatch, noMatch, nil
}

// Flush charges the steps since the last charge.
func (m *Matcher) Flush() {
	if m.steps > 0 {
		m.Meter.ChargeCPU(1 + m.steps/perUnit)
		m.steps = 0
	}
}

// Captures returns the number of captures of the last match.
func (m *Matcher) Captures() int { return m.level }

// Capture returns capture i of the last match, counted from 0.
func (m *Matcher) Capture(i int) (Capture, error) {
	if i >= m.level {
		return Capture{}, Error("invalid capture index")
	}
	c := m.caps[i]
	switch c.len {
	case unfinished:
		return Capture{}, Error("unfinished capture")
	case position:
		return Capture{Start: c.start, End: c.start, Position: true}, nil
	}
	return Capture{Start: c.start, End: c.start + c.len}, nil
}

// Plain reports whether p has no character with a special meaning, so that it matches only itself.
func Plain(p string) bool { return !strings.ContainsAny(p, "^$*+?.([%-") }

// lead returns the byte that every match begins with, if that is easy to see.
func (m *Matcher) lead() (c byte, ok bool) {
	p := m.Pattern
	if p == "" || !Plain(p[:1]) || p[0] == ')' {
		return 0, false
	}
	if len(p) > 1 && (p[1] == '*' || p[1] == '?' || p[1] == '-') {
		return 0, false
	}
	return p[0], true
}

func (m *Matcher) step(n int) {
	if m.steps += n; m.steps >= slice {
		m.Meter.ChargeCPU(m.steps / perUnit)
		m.steps = 0
	}
}

func (m *Matcher) fail(why Error) int {
	m.failure = why
	return broken
}
