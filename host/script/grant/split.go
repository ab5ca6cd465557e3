package grant

import "strings"

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
