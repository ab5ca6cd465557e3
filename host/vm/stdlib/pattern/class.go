package pattern

// classEnd is the index behind the single-character item at p, or broken.
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

// single tells whether the subject's byte at s is one that the item Pattern[p:ep] stands for.
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

// inSet tells whether c is in the set whose "[" is at p and whose "]" is at end.
func (m *Matcher) inSet(c byte, p, end int) bool {
	set, in := m.Pattern, true
	if set[p+1] == '^' {
		in = false
		p++
	}
	m.step((end - p) >> 2)
	for p++; p < end; p++ {
		switch {
		case set[p] == '%':
			p++
			if inClass(c, set[p]) {
				return in
			}
		case set[p+1] == '-' && p+2 < end:
			p += 2
			if set[p-2] <= c && c <= set[p] {
				return in
			}
		case set[p] == c:
			return in
		}
	}
	return !in
}

// inClass tells whether c is of the class that "%" and the letter name; a capital letter is its opposite, anything
// that names no class is itself.
func inClass(c, letter byte) bool {
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
