package pattern

import (
	"strings"
	"testing"
)

// The reference tries everything, in the order the manual gives, by continuations on a pattern that it makes itself
// from the fuzzer's bytes: it shares neither the parsing nor the walking with the matcher.

// An item is a step of the reference: it calls k with each place it can end at until k is content.
type item func(r *reference, at int, k func(int) bool) bool

type reference struct {
	subject string
	caps    []Capture
	open    []int
}

func (r *reference) run(items []item, at int, k func(int) bool) bool {
	if len(items) == 0 {
		return k(at)
	}
	return items[0](r, at, func(end int) bool { return r.run(items[1:], end, k) })
}

func one(in func(byte) bool) item {
	return func(r *reference, at int, k func(int) bool) bool {
		return at < len(r.subject) && in(r.subject[at]) && k(at+1)
	}
}

func quantified(in func(byte) bool, mark byte) item {
	return func(r *reference, at int, k func(int) bool) bool {
		most := at
		for most < len(r.subject) && in(r.subject[most]) && (mark != '?' || most == at) {
			most++
		}
		least := at
		if mark == '+' {
			least++
		}
		if mark == '-' {
			for i := least; i <= most; i++ {
				if k(i) {
					return true
				}
			}
			return false
		}
		for i := most; i >= least; i-- {
			if k(i) {
				return true
			}
		}
		return false
	}
}

func openCapture(r *reference, at int, k func(int) bool) bool {
	r.open = append(r.open, len(r.caps))
	r.caps = append(r.caps, Capture{Start: at, End: -1})
	if k(at) {
		return true
	}
	r.caps, r.open = r.caps[:len(r.caps)-1], r.open[:len(r.open)-1]
	return false
}

func closeCapture(r *reference, at int, k func(int) bool) bool {
	last := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	r.caps[last].End = at
	if k(at) {
		return true
	}
	r.open = append(r.open, last)
	return false
}

func placeCapture(r *reference, at int, k func(int) bool) bool {
	r.caps = append(r.caps, Capture{at, at, true})
	if k(at) {
		return true
	}
	r.caps = r.caps[:len(r.caps)-1]
	return false
}

func balanced(b, e byte) item {
	return func(r *reference, at int, k func(int) bool) bool {
		if at == len(r.subject) || r.subject[at] != b {
			return false
		}
		depth := 1
		for i := at + 1; i < len(r.subject); i++ {
			if r.subject[i] == e {
				depth--
			} else if r.subject[i] == b {
				depth++
			}
			if depth == 0 {
				return k(i + 1)
			}
		}
		return false
	}
}

func frontierOf(in func(byte) bool) item {
	return func(r *reference, at int, k func(int) bool) bool {
		padded := "\x00" + r.subject + "\x00"
		return !in(padded[at]) && in(padded[at+1]) && k(at)
	}
}

func again(n int) item {
	return func(r *reference, at int, k func(int) bool) bool {
		c := r.caps[n]
		return !c.Position && strings.HasPrefix(r.subject[at:], r.subject[c.Start:c.End]) && k(at+c.End-c.Start)
	}
}

func atEnd(r *reference, at int, k func(int) bool) bool { return at == len(r.subject) && k(at) }

// compose makes a pattern of a script of bytes, as text and as the reference's items.
func compose(script []byte) (pattern string, items []item) {
	var text strings.Builder
	next := func(n int) int {
		if len(script) == 0 {
			return 0
		}
		c := int(script[0]) % n
		script = script[1:]
		return c
	}
	sets := []struct {
		text string
		in   func(byte) bool
	}{
		{"a", func(c byte) bool { return c == 'a' }},
		{"b", func(c byte) bool { return c == 'b' }},
		{".", func(byte) bool { return true }},
		{"%d", func(c byte) bool { return c >= '0' && c <= '9' }},
		{"%D", func(c byte) bool { return c < '0' || c > '9' }},
		{"[ab]", func(c byte) bool { return c == 'a' || c == 'b' }},
		{"[^b-z]", func(c byte) bool { return c < 'b' || c > 'z' }},
		{"[%d(]", func(c byte) bool { return c >= '0' && c <= '9' || c == '(' }},
		{"%(", func(c byte) bool { return c == '(' }},
	}
	var open, closed []int
	captures := 0
	for len(script) > 0 && len(items) < 7 {
		set := sets[next(len(sets))]
		switch kind := next(12); {
		case kind < 4:
			text.WriteString(set.text)
			items = append(items, one(set.in))
		case kind < 7:
			mark := "*+-?"[next(4)]
			text.WriteString(set.text + string(mark))
			items = append(items, quantified(set.in, mark))
		case kind == 7:
			text.WriteString("(")
			items = append(items, openCapture)
			open = append(open, captures)
			captures++
			if len(script) == 0 || script[0]%12 == 8 { // "()" would be a position
				text.WriteString("a")
				items = append(items, one(sets[0].in))
			}
			text.WriteString("b?") // never let a capture be closed at once
			items = append(items, quantified(sets[1].in, '?'))
		case kind == 8 && len(open) > 0:
			text.WriteString(")")
			items = append(items, closeCapture)
			closed = append(closed, open[len(open)-1])
			open = open[:len(open)-1]
		case kind == 9:
			text.WriteString("()")
			items = append(items, placeCapture)
			closed = append(closed, captures)
			captures++
		case kind == 10 && len(closed) > 0:
			n := closed[next(len(closed))]
			text.WriteString("%" + string(rune('1'+n)))
			items = append(items, again(n))
		case next(2) == 0:
			text.WriteString("%b()")
			items = append(items, balanced('(', ')'))
		default:
			if set.text == "." {
				set = sets[0] // a point is no class between brackets
			}
			text.WriteString("%f[" + strings.Trim(set.text, "[]") + "]")
			items = append(items, frontierOf(set.in))
		}
	}
	for range open {
		text.WriteString(")")
		items = append(items, closeCapture)
	}
	if next(3) == 1 {
		text.WriteString("$")
		items = append(items, atEnd)
	}
	return text.String(), items
}

func FuzzReference(f *testing.F) {
	f.Add([]byte("\x00\x04\x01\x02\x05\x02"), "aab12")
	f.Add([]byte("\x05\x07\x02\x05\x00\x08\x08\x00\x0a\x00"), "aab12(a)baab")
	f.Add([]byte("\x00\x0b\x00\x03\x0b\x01"), "(a(b)1)")
	f.Add([]byte("\x02\x06\x02\x02\x06\x02\x02\x06\x02\x01\x00"), "aaaaaaaa")
	f.Fuzz(func(t *testing.T, script []byte, subject string) {
		if len(subject) > 12 || len(script) > 40 {
			return
		}
		pattern, items := compose(script)
		m := Matcher{Subject: subject, Pattern: pattern, Meter: new(counter)}
		start, end, err := m.Find(0)
		if err != nil {
			t.Fatalf("%q: %v", pattern, err)
		}
		got := describe(t, &m, start, end)
		want := "-"
		for at := 0; at <= len(subject) && want == "-"; at++ {
			r := reference{subject: subject}
			r.run(items, at, func(end int) bool {
				seen := Matcher{Subject: subject, level: len(r.caps)}
				for i, c := range r.caps {
					seen.caps[i] = capture{c.Start, c.End - c.Start}
					if c.Position {
						seen.caps[i].len = position
					}
				}
				want = describe(t, &seen, at, end)
				return true
			})
		}
		if got != want {
			t.Errorf("%q against %q: %s, want %s", subject, pattern, got, want)
		}
	})
}

// FuzzHostile takes any bytes for a pattern: no panic, and an end.
func FuzzHostile(f *testing.F) {
	for _, p := range []string{"%", "[", "[^", "%f[", "%b", "((", "))", "%1", "[%", "[a-]", "[]-a]", "^$", "%f[]", "(()%2"} {
		f.Add("ab(c)", p)
	}
	f.Fuzz(func(t *testing.T, subject, pattern string) {
		defer func() {
			if v := recover(); v != nil {
				if _, ok := v.(*overdrawn); !ok {
					panic(v)
				}
			}
		}()
		m := Matcher{Subject: subject, Pattern: pattern, Meter: &overdrawn{100000}}
		start, end, err := m.Find(0)
		if err == nil && end >= 0 && (start > end || end > len(subject)) {
			t.Fatalf("%d-%d of %d", start, end, len(subject))
		}
		for i := range m.Captures() {
			if c, err := m.Capture(i); err == nil && (c.Start < 0 || c.Start > c.End || c.End > len(subject)) {
				t.Fatal(c)
			}
		}
	})
}
