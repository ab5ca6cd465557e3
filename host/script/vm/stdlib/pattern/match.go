package pattern

// match matches the pattern from p on at s and returns the end of the match, noMatch or broken.
func (m *Matcher) match(s, p int) int {
	if m.depth++; m.depth > maxDepth {
		return m.fail("pattern too complex")
	}
	end := m.items(s, p)
	m.depth--
	return end
}

// items does lstrlib.c:match: it goes through the items of the pattern, and recurses through match only where it may
// have to backtrack.
func (m *Matcher) items(s, p int) int {
	for {
		m.step(1)
		if p >= len(m.Pattern) {
			return s
		}
		switch c := m.Pattern[p]; {
		case c == '(':
			if m.at(p+1) == ')' {
				return m.open(s, p+2, position)
			}
			return m.open(s, p+1, unfinished)
		case c == ')':
			return m.close(s, p+1)
		case c == '$' && p+1 == len(m.Pattern):
			if s == len(m.Subject) {
				return s
			}
			return noMatch
		case c == '%' && m.at(p+1) == 'b':
			if s = m.balance(s, p+2); s < 0 {
				return s
			}
			p += 4
			continue
		case c == '%' && m.at(p+1) == 'f':
			ep, end := m.frontier(s, p+2)
			if end < 0 {
				return end
			}
			p = ep
			continue
		case c == '%' && digitAt(m.Pattern, p+1):
			if s = m.back(s, m.Pattern[p+1]); s < 0 {
				return s
			}
			p += 2
			continue
		}
		ep := m.classEnd(p)
		if ep < 0 {
			return broken
		}
		switch m.at(ep) {
		case '?':
			if m.single(s, p, ep) {
				if end := m.match(s+1, ep+1); end != noMatch {
					return end
				}
			}
			p = ep + 1
		case '*':
			return m.most(s, p, ep)
		case '+':
			if !m.single(s, p, ep) {
				return noMatch
			}
			return m.most(s+1, p, ep)
		case '-':
			return m.least(s, p, ep)
		default:
			if !m.single(s, p, ep) {
				return noMatch
			}
			s, p = s+1, ep
		}
	}
}

// most tests few bytes one by one before it makes a set of bytes for the rest.
const few = 2

// most matches as many bytes as possible and gives back one after the other (max_expand).
func (m *Matcher) most(s, p, ep int) int {
	i := 0
	for i < few && m.single(s+i, p, ep) {
		i++
	}
	if i == few { // more will follow
		in := m.bytes(p, ep)
		for s+i < len(m.Subject) && in.has(m.Subject[s+i]) {
			i++
		}
	}
	m.step(i)
	for ; i >= 0; i-- {
		if end := m.match(s+i, ep+1); end != noMatch {
			return end
		}
	}
	return noMatch
}

// least matches as few bytes as possible (min_expand).
func (m *Matcher) least(s, p, ep int) int {
	for {
		if end := m.match(s, ep+1); end != noMatch {
			return end
		}
		if !m.single(s, p, ep) {
			return noMatch
		}
		s++
	}
}

func (m *Matcher) open(s, p, kind int) int {
	if m.level >= maxCaptures {
		return m.fail("too many captures")
	}
	m.caps[m.level] = capture{s, kind}
	m.level++
	end := m.match(s, p)
	if end == noMatch {
		m.level--
	}
	return end
}

func (m *Matcher) close(s, p int) int {
	l := m.level - 1
	for ; l >= 0 && m.caps[l].len != unfinished; l-- {
	}
	if l < 0 {
		return m.fail("invalid pattern capture")
	}
	m.caps[l].len = s - m.caps[l].start
	end := m.match(s, p)
	if end == noMatch {
		m.caps[l].len = unfinished
	}
	return end
}

// back matches the text of capture c ('1'..'9') again.
func (m *Matcher) back(s int, c byte) int {
	l := int(c) - '1'
	if l < 0 || l >= m.level || m.caps[l].len == unfinished {
		return m.fail("invalid capture index")
	}
	at := m.caps[l]
	if at.len < 0 || len(m.Subject)-s < at.len {
		return noMatch
	}
	m.step(at.len >> 4)
	if m.Subject[at.start:at.start+at.len] != m.Subject[s:s+at.len] {
		return noMatch
	}
	return s + at.len
}

// balance matches "%bxy"; p is the index of the x.
func (m *Matcher) balance(s, p int) int {
	if p+1 >= len(m.Pattern) {
		return m.fail("unbalanced pattern")
	}
	if s >= len(m.Subject) || m.Subject[s] != m.Pattern[p] {
		return noMatch
	}
	b, e, open := m.Pattern[p], m.Pattern[p+1], 1
	for i := s + 1; i < len(m.Subject); i++ {
		m.step(1)
		switch m.Subject[i] {
		case e:
			if open--; open == 0 {
				return i + 1
			}
		case b:
			open++
		}
	}
	return noMatch
}

// frontier matches "%f[set]"; p is the index of the "[". Both ends of the subject count as a zero byte.
func (m *Matcher) frontier(s, p int) (ep, end int) {
	if m.at(p) != '[' {
		return 0, m.fail("missing '[' after '%f' in pattern")
	}
	if ep = m.classEnd(p); ep < 0 {
		return 0, broken
	}
	var before, here byte
	if s > 0 {
		before = m.Subject[s-1]
	}
	if s < len(m.Subject) {
		here = m.Subject[s]
	}
	if m.inSet(before, p, ep-1) || !m.inSet(here, p, ep-1) {
		return 0, noMatch
	}
	return ep, s
}

// at returns the pattern's byte at i, or 0 after its end. A caller that must tell a zero byte from the end checks the
// length.
func (m *Matcher) at(i int) byte {
	if i < len(m.Pattern) {
		return m.Pattern[i]
	}
	return 0
}

func digitAt(p string, i int) bool { return i < len(p) && p[i] >= '0' && p[i] <= '9' }
