package syntax

import "strings"

// Split separates s at delim as FreeSWITCH's commands and applications do with
// their arguments (switch_utils.c:switch_separate_string): 'quotes' hold a part
// together, a backslash escapes, and both are gone from the result, as are
// blanks around a part. Split returns at most max parts, of which the last one
// keeps the rest. A run of blanks counts as one delimiter; a text that begins
// with ^^x is separated at x instead of delim.
func Split(s string, delim byte, max int) []string {
	if strings.HasPrefix(s, "^^") && len(s) > 3 {
		delim, s = s[2], s[3:]
	}
	var parts []string
	for s != "" && len(parts) < max {
		end := len(s)
		if len(parts) < max-1 {
			end = partEnd(s, delim)
		}
		parts = append(parts, clean(s[:end], delim))
		s = s[min(end+1, len(s)):]
		if delim == ' ' {
			s = strings.TrimLeft(s, " ")
		}
	}
	return parts
}

// partEnd returns the index of the delimiter that ends the first part of s
// (switch_utils.c:separate_string_char_delim). Between blanks a quote needs no
// second one to begin a quotation (separate_string_blank_delim).
func partEnd(s string, delim byte) int {
	quoted, start := false, 0
	if delim == ' ' {
		start = len(s) - len(strings.TrimLeft(s, " "))
	}
	for i := start; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\'' && (quoted || delim == ' ' || strings.IndexByte(s[i+1:], '\'') >= 0):
			quoted = !quoted
		case s[i] == delim && !quoted:
			return i
		}
	}
	return len(s)
}

// clean removes the blanks around a part and its quotes, and replaces its
// escapes (switch_utils.c:cleanup_separated_string).
func clean(s string, delim byte) string {
	s = strings.TrimLeft(s, " ")
	if !strings.ContainsAny(s, `'\`) {
		return strings.TrimRight(s, " ")
	}
	out := make([]byte, 0, len(s))
	end, quoted := 0, false
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if c, ok := unescape(s[i+1], delim); ok {
				i++
				out = append(out, c)
				end = len(out)
				continue
			}
		}
		if s[i] == '\'' && (quoted || strings.IndexByte(s[i+1:], '\'') >= 0) {
			if quoted = !quoted; quoted {
				end = len(out)
			}
			continue
		}
		out = append(out, s[i])
		if s[i] != ' ' || quoted {
			end = len(out)
		}
	}
	return string(out[:end])
}

// unescape returns the byte that \c means, and reports whether \c is an escape.
func unescape(c, delim byte) (byte, bool) {
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 's':
		return ' ', true
	}
	return c, c == '\'' || c == '"' || c == '\\' || c == delim && delim != ' '
}
