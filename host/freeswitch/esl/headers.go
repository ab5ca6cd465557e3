package esl

import "strings"

// lookup finds the first header called name, in any case, among the lines up to
// the first empty one. It skips lines that are not headers: an unencoded
// value with a newline (getvar) causes them.
func lookup(s, name string) (value string, ok bool) {
	for s != "" {
		end := strings.IndexByte(s, '\n')
		if named(s, name) {
			return valueAfter(s, name, end), true
		}
		if end < 0 || blank(s[:end]) {
			break
		}
		s = s[end+1:]
	}
	return "", false
}

// named reports whether s begins with the header called name.
func named(s, name string) bool {
	n := len(name)
	return len(s) > n && s[n] == ':' && n > 0 && s[0]|0x20 == name[0]|0x20 && (s[:n] == name || strings.EqualFold(s[:n], name))
}

// initial returns the set of the one letter, in any case, that a header's name
// begins with.
func initial(s string) uint32 {
	if s == "" {
		return 0
	}
	return 1 << (s[0] & 0x1f) // upper and lower case differ in a higher bit
}

func valueAfter(s, name string, end int) string {
	if end < 0 {
		end = len(s)
	}
	return headerValue(s[min(len(name)+1, end):end])
}

// nextLine cuts the first header line off s; it reports false at the empty line
// that ends the headers, or at the end.
func nextLine(s string) (line, rest string, ok bool) {
	line, rest, _ = strings.Cut(s, "\n")
	return line, rest, !blank(line)
}

func blank(line string) bool { return line == "" || line == "\r" }

// bodyOf returns the text after the first empty line.
func bodyOf(s string) string {
	for ok := s != ""; ok; {
		_, s, ok = nextLine(s)
	}
	return s
}

// headerValue removes the one blank that FreeSWITCH writes after the colon, and the
// CR of a CRLF peer.
func headerValue(s string) string {
	if s != "" && s[0] == ' ' {
		s = s[1:]
	}
	return strings.TrimSuffix(s, "\r")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
