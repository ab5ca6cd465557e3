package pattern

// classEnd returns the index after the single-character item at p, or broken.
func (m *Matcher) classEnd(p int) int {
	c := m.Pattern[p]
	p++
	switch c {
	case '%':
		if p >= len(m.Pattern) {
			return m.fail("malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		if m.at(p) == '^' {
			p++
		}
		for first := true; first || m.at(p) != ']' || p >= len(m.Pattern); first = false {
			if p >= len(m.Pattern) {
				return m.fail("malformed pattern (missing ']')")
			}
			m.step(1)
			if m.Pattern[p] == '%' && p+1 < len(m.Pattern) {
				p++ // an escape, as in "[%]]"
			}
			p++
		}
		return p + 1
	}
	return p
}

// single reports whether the item Pattern[p:ep] matches the subject's byte at s.
func (m *Matcher) single(s, p, ep int) bool {
	if s >= len(m.Subject) {
		return false
	}
	c := m.Subject[s]
	switch m.Pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.Pattern[p+1])
	case '[':
		return m.inSet(c, p, ep-1)
	}
	return m.Pattern[p] == c
}

// inSet reports whether c is in the set whose "[" is at p and whose "]" is at end.
func (m *Matcher) inSet(c byte, p, end int) bool {
	items, in := m.Pattern, true
	if items[p+1] == '^' {
		in = false
		p++
	}
	m.step((end - p) >> 2)
	for p++; p < end; p++ {
		switch {
		case items[p] == '%':
			p++
			if inClass(c, items[p]) {
				return in
			}
		case items[p+1] == '-' && p+2 < end:
			p += 2
			if items[p-2] <= c && c <= items[p] {
				return in
			}
		case items[p] == c:
			return in
		}
	}
	return !in
}

// A set is a set of bytes, a bit for each.
type set [4]uint64

func (t *set) has(c byte) bool { return t[c>>6]>>(c&63)&1 != 0 }

func (t *set) add(c byte) { t[c>>6] |= 1 << (c & 63) }

// bytes returns the bytes that the item Pattern[p:ep] matches.
func (m *Matcher) bytes(p, ep int) (t set) {
	pattern := m.Pattern
	switch pattern[p] {
	case '.':
		return set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	case '%':
		return *classOf(pattern[p+1])
	case '[':
	default:
		t.add(pattern[p])
		return t
	}
	end, not := ep-1, pattern[p+1] == '^'
	if not {
		p++
	}
	m.step((end - p) >> 1)
	for p++; p < end; p++ {
		switch {
		case pattern[p] == '%':
			p++
			for i, word := range classOf(pattern[p]) {
				t[i] |= word
			}
		case pattern[p+1] == '-' && p+2 < end:
			p += 2
			m.step(32)
			for c := int(pattern[p-2]); c <= int(pattern[p]); c++ {
				t.add(byte(c))
			}
		default:
			t.add(pattern[p])
		}
	}
	if not {
		for i := range t {
			t[i] = ^t[i]
		}
	}
	return t
}

// inClass reports whether c is of the class that "%" and the letter name.
func inClass(c, letter byte) bool { return classOf(letter).has(c) }

// classOf returns the class that "%" and the letter name. A capital letter is its complement; any other character
// matches itself.
func classOf(letter byte) *set { return &byName[letter] }

var byName = func() (all [256]set) {
	for letter := range all {
		for c := range 256 {
			if classed(byte(c), byte(letter)) {
				all[letter].add(byte(c))
			}
		}
	}
	return all
}()

func classed(c, letter byte) bool {
	var in bool
	switch letter | 0x20 {
	case 'a':
		in = classes[c]&alpha != 0
	case 'c':
		in = classes[c]&control != 0
	case 'd':
		in = classes[c]&decimal != 0
	case 'g':
		in = classes[c]&(alpha|decimal|punct) != 0
	case 'l':
		in = classes[c]&lower != 0
	case 'p':
		in = classes[c]&punct != 0
	case 's':
		in = classes[c]&space != 0
	case 'u':
		in = classes[c]&upper != 0
	case 'w':
		in = classes[c]&(alpha|decimal) != 0
	case 'x':
		in = classes[c]&hex != 0
	case 'z':
		in = c == 0
	default:
		return letter == c
	}
	return in == (letter >= 'a')
}

const (
	lower = 1 << iota
	upper
	decimal
	hex
	punct
	space
	control
	alpha = lower | upper
)

// classes is <ctype.h> of the C locale.
var classes = func() (t [256]uint8) {
	for c := range 128 {
		switch {
		case c >= 'a' && c <= 'z':
			t[c] |= lower
		case c >= 'A' && c <= 'Z':
			t[c] |= upper
		case c >= '0' && c <= '9':
			t[c] |= decimal | hex
		case c > ' ' && c < 127:
			t[c] |= punct
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			t[c] |= hex
		}
		if c == ' ' || c >= '\t' && c <= '\r' {
			t[c] |= space
		}
		if c < ' ' || c == 127 {
			t[c] |= control
		}
	}
	return t
}()
