package text

import "strings"

// Split splits s as switch_utils.c:switch_separate_string does, at most into
// max parts, the last of which keeps the rest: 'quotes' group and a backslash
// escapes. Runs of blanks are one delimiter, and ^^x in front changes it.
func Split(s string, delim byte, max int) []string {
	if len(s) > 3 && s[0] == '^' && s[1] == '^' {
		s, delim = s[3:], s[2]
	}
	var parts []string
	part, open := []byte{}, false // open: a part has begun
	quoted, blank := false, delim == ' '
	for i := 0; i < len(s); i++ {
		if !open {
			if open = true; len(parts) == max-1 {
				part = []byte(s[i:])
				break
			}
		}
		c := s[i]
		switch {
		case c == '\\':
			if i++; i < len(s) {
				part = append(part, c)
				c = s[i]
			}
		case c == '\'' && (blank || quoted || strings.Contains(s[i+1:], "'")):
			quoted = !quoted
		case c == delim && !quoted && !(blank && strings.Trim(string(part), " ") == ""):
			parts, part, open = append(parts, cleanPart(string(part), delim)), part[:0], false
			for blank && i+1 < len(s) && s[i+1] == ' ' {
				i++
			}
			continue
		}
		part = append(part, c)
	}
	if open {
		parts = append(parts, cleanPart(string(part), delim))
	}
	return parts
}

// cleanPart removes outer blanks and quotes and resolves escapes, as
// switch_utils.c:cleanup_separated_string does.
func cleanPart(s string, delim byte) string {
	s = strings.TrimLeft(s, " ")
	out := make([]byte, 0, len(s))
	kept, quoted := 0, false // kept: blanks after it are outer ones
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\'' && (quoted || strings.Contains(s[i+1:], "'")) {
			quoted = !quoted
			if quoted {
				kept = len(out)
			}
			continue
		}
		escaped := c == '\\' && i+1 < len(s) && (strings.IndexByte(`\'"nrts`, s[i+1]) >= 0 || s[i+1] == delim && delim != ' ')
		if escaped {
			i++
			c = s[i]
			if at := strings.IndexByte("nrts", c); at >= 0 {
				c = "\n\r\t "[at]
			}
		}
		out = append(out, c)
		if escaped || quoted || c != ' ' {
			kept = len(out)
		}
	}
	return string(out[:kept])
}

// Brackets takes a leading {a=b,c=d} (or [..], <..>) off s, as
// switch_event_create_brackets does: ^^: changes the delimiter, a value may be
// 'quoted', several groups may follow each other.
func Brackets(s string, open, shut byte) (vars [][2]string, rest string, ok bool) {
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
		for _, item := range Split(list, delim, 1024) {
			if pair := Split(item, '=', 2); len(pair) == 2 {
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
