package syntax

import "strings"

// write returns one endpoint with its variables. The text in the brackets
// passes the splits at "=", at the delimiter, at "," and at "|"; the endpoint
// passes the last two.
func (l Leg) write() string {
	s := l.Endpoint
	if list := assignments(l.Vars); len(list) > 0 {
		delim := delimiter(list)
		s = "[^^" + string(delim) + balanced(list, delim, '[', ']') + "]" + s
	}
	return interrupted(escape(escape(s, ','), '|'))
}

// Variables writes the {name=value,...} that precedes a dial string and gives
// every leg its variables.
func Variables(vars []Var) string {
	list := assignments(vars)
	if len(list) == 0 {
		return ""
	}
	return "{" + interrupted(balanced(list, ',', '{', '}')) + "}"
}

// assignments writes name=value for the split at "=".
func assignments(vars []Var) []string {
	var out []string
	for _, v := range vars {
		if v.Value != "" {
			out = append(out, v.Name+"="+Value(v.Value))
		}
	}
	return out
}

// delimiter chooses one that occurs in no item, so that the log is readable;
// any of them serves even if it does.
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

// balanced joins items so that brackets in them neither close the list nor keep
// it open. It adds items that are brackets alone, for the count: FreeSWITCH sets
// no variable for an item without "=".
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

// interrupted puts empty quotes, which the outermost split removes, into two
// marks that FreeSWITCH looks for in the whole string before it splits anything:
// the one between several dial strings, and the one that lets ${...} into values.
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
