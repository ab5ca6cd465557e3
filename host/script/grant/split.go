package grant

import "strings"

// words splits as switch_utils.c:separate_string_blank_delim: at most max
// words, the last one keeps the rest.
func words(s string, max int) []string {
	if strings.HasPrefix(s, "^^") && len(s) > 3 {
		return parts(s, ' ', max)
	}
	var raw []string
	for i := 0; i < len(s) && len(raw) < max; {
		if len(raw) == max-1 {
			raw = append(raw, s[i:])
			break
		}
		for i < len(s) && s[i] == ' ' {
			i++
		}
		start, quoted := i, false
		for ; i < len(s); i++ {
			if s[i] == '\\' {
				i++
			} else if s[i] == '\'' {
				quoted = !quoted
			} else if s[i] == ' ' && !quoted {
				break
			}
		}
		raw = append(raw, s[start:min(i, len(s))])
		for i < len(s) && s[i] == ' ' {
			i++
		}
	}
	for i := range raw {
		raw[i] = cleaned(raw[i], 0)
	}
	return raw
}

// parts splits as switch_utils.c:separate_string_char_delim, with the ^^ that
// changes the delimiter.
func parts(s string, delim byte, max int) []string {
	if strings.HasPrefix(s, "^^") && len(s) > 3 {
		delim, s = s[2], s[3:]
	}
	var raw []string
	last := strings.LastIndexByte(s, '\'')
	start, quoted := 0, false
	for i := 0; i < len(s) && len(raw) < max-1; i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\'' && (quoted || last > i):
			quoted = !quoted
		case s[i] == delim && !quoted:
			raw, start = append(raw, s[start:i]), i+1
		}
	}
	raw = append(raw, s[start:])
	for i := range raw {
		raw[i] = cleaned(raw[i], delim)
	}
	return raw
}

// cleaned is switch_utils.c:cleanup_separated_string: outer blanks go, quotes
// go, escapes are resolved.
func cleaned(s string, delim byte) string {
	s = strings.TrimLeft(s, " ")
	last := strings.LastIndexByte(s, '\'')
	var out strings.Builder
	end, quoted := 0, false
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if c, yes := escaped(s[i+1], delim); yes {
				i++
				out.WriteByte(c)
				end = out.Len()
				continue
			}
		}
		if s[i] == '\'' && (quoted || last > i) {
			if quoted = !quoted; quoted {
				end = out.Len()
			}
			continue
		}
		out.WriteByte(s[i])
		if s[i] != ' ' || quoted {
			end = out.Len()
		}
	}
	return out.String()[:end]
}

func escaped(c, delim byte) (byte, bool) {
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
	return c, c == '\'' || c == '"' || c == '\\' || delim != 0 && c == delim
}

// word is the i-th, "" if there is none.
func word(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// plain takes quotes and backslashes off a text, as FreeSWITCH's splitters and
// its expansion do one after the other: what any number of them can make of it
// is to be found in the result. \s and its like become a blank.
func plain(s string) string {
	if !strings.ContainsAny(s, `'\`) {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); i++ {
		run := i
		for i < len(s) && s[i] == '\\' {
			i++
		}
		switch {
		case i == len(s) || s[i] == '\'':
		case i > run && strings.IndexByte("snrt", s[i]) >= 0:
			out.WriteByte(' ')
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String()
}
