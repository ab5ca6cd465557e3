package switchsim

import "strings"

// separate is switch_separate_string_blank_delim / _char_delim: it splits on
// delim, 'single quotes' group, a backslash escapes; at most max parts, the
// last one keeps the rest. Blanks as delimiters collapse.
func separate(s string, delim byte, max int) []string {
	var parts []string
	for i := 0; i < len(s); {
		if delim == ' ' {
			for i < len(s) && s[i] == ' ' {
				i++
			}
			if i == len(s) {
				break
			}
		}
		if len(parts) == max-1 {
			parts = append(parts, cleanPart(s[i:], delim))
			return parts
		}
		start, quoted := i, false
		for i < len(s) && (quoted || s[i] != delim) {
			switch {
			case s[i] == '\\' && i+1 < len(s) && (s[i+1] == delim || s[i+1] == '\'' || s[i+1] == '\\'):
				i++
			case s[i] == '\'' && (quoted || strings.IndexByte(s[i+1:], '\'') >= 0):
				quoted = !quoted
			}
			i++
		}
		parts = append(parts, cleanPart(s[start:i], delim))
		i++
		if i == len(s) && delim != ' ' {
			parts = append(parts, "")
		}
	}
	return parts
}

// cleanPart is cleanup_separated_string: outer blanks go, quotes group and go,
// escapes are resolved.
func cleanPart(s string, delim byte) string {
	s = strings.Trim(s, " ")
	if !strings.ContainsAny(s, `'\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (strings.IndexByte(`\'"nrts`, s[i+1]) >= 0 || s[i+1] == delim && delim != ' '):
			i++
			switch s[i] {
			case 'n':
				out = append(out, '\n')
			case 'r':
				out = append(out, '\r')
			case 't':
				out = append(out, '\t')
			case 's':
				out = append(out, ' ')
			default:
				out = append(out, s[i])
			}
		case s[i] == '\'' && (quoted || strings.IndexByte(s[i+1:], '\'') >= 0):
			quoted = !quoted
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}

// brackets takes a leading {a=b,c=d} (or [..], <..>) off s, as
// switch_event_create_brackets does: ^^: changes the delimiter, a value may be
// 'quoted', several groups may follow each other.
func brackets(s string, open, shut byte) (vars [][2]string, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	for len(s) > 0 && s[0] == open {
		end := closing(s, open, shut)
		if end < 0 {
			return nil, s, false
		}
		list, delim := s[1:end], byte(',')
		if strings.HasPrefix(list, "^^") && len(list) > 2 {
			delim, list = list[2], list[3:]
		}
		for _, item := range separate(list, delim, 1024) {
			if pair := separate(item, '=', 2); len(pair) == 2 {
				vars = append(vars, [2]string{pair[0], pair[1]})
			}
		}
		s = strings.TrimLeft(s[end+1:], " ")
	}
	return vars, s, true
}

// closing finds the bracket that closes the one at s[0], skipping nested ones.
func closing(s string, open, shut byte) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
