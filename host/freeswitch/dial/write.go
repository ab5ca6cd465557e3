package dial

import "strings"

// write is one endpoint with its variables: what is in the brackets passes
// the split at "=", the one at delimiter, at "," and at "|", the endpoint the
// last two.
func (l Leg) write() string {
	s := l.Endpoint
	if vars := items(l.Vars); len(vars) > 0 {
		delim := delimiter(vars)
		s = "[^^" + string(delim) + balanced(vars, delim, '[', ']') + "]" + s
	}
	return interrupted(escape(escape(s, ','), '|'))
}

// braced writes the variables of all legs.
func braced(list []Var) string {
	vars := items(list)
	if len(vars) == 0 {
		return ""
	}
	return "{" + interrupted(balanced(vars, ',', '{', '}')) + "}"
}

// items are name=value as the split at "=" wants it.
func items(list []Var) []string {
	var out []string
	for _, v := range list {
		if v.Value != "" {
			out = append(out, v.Name+"="+edges(escape(v.Value, 0)))
		}
	}
	return out
}

// delimiter is one that occurs in no item, for a log that can be read; the
// last one serves even if it does.
func delimiter(items []string) byte {
	const candidates = ";~!#:"
	all := strings.Join(items, "")
	for i := range len(candidates) {
		if strings.IndexByte(all, candidates[i]) < 0 {
			return candidates[i]
		}
	}
	return ';'
}

// balanced joins items so that brackets in them neither close the list nor
// keep it open: an item that is a bracket alone has no "=", so that
// FreeSWITCH counts it and sets nothing.
func balanced(items []string, delim, open, shut byte) string {
	depth, lowest := 0, 0
	for _, item := range items {
		for i := range len(item) {
			switch item[i] {
			case open:
				depth++
			case shut:
				depth--
				lowest = min(lowest, depth)
			}
		}
	}
	var out strings.Builder
	pad := func(bracket byte, n int) {
		for range n {
			out.WriteByte(bracket)
		}
	}
	sep := string(delim)
	if lowest < 0 {
		pad(open, -lowest)
		out.WriteString(sep)
	}
	for i, item := range items {
		if i > 0 {
			out.WriteString(sep)
		}
		out.WriteString(escape(item, delim))
	}
	if depth -= lowest; depth > 0 {
		out.WriteString(sep)
		pad(shut, depth)
	}
	return out.String()
}

// escape writes s so that one split at delim gives it back
// (switch_utils.c:separate_string_char_delim, cleanup_separated_string).
func escape(s string, delim byte) string {
	if !strings.ContainsAny(s, `\'`) && strings.IndexByte(s, delim) < 0 {
		return s
	}
	var out strings.Builder
	out.Grow(len(s) + 8)
	for i := range len(s) {
		if s[i] == '\\' || s[i] == '\'' || s[i] == delim {
			out.WriteByte('\\')
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// edges writes the blanks at either end, which a split would trim, as \s.
func edges(s string) string {
	inner := strings.Trim(s, " ")
	lead := strings.Index(s, inner)
	return strings.Repeat(`\s`, lead) + inner + strings.Repeat(`\s`, len(s)-lead-len(inner))
}

// interrupted puts empty quotes, which the outermost split takes away, into
// what FreeSWITCH looks for in the whole string before it splits anything:
// the mark of several calls, and the switch that lets ${...} into values.
func interrupted(s string) string {
	if strings.Contains(s, ":_:") {
		s = strings.ReplaceAll(s, ":_", ":''_")
	}
	const nested = "origination_nested_vars="
	for i := 0; i+len(nested) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(nested)], nested) {
			i += len("origination")
			s = s[:i] + "''" + s[i:]
		}
	}
	return s
}
