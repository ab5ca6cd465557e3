package grant

import (
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// hole replaces each ${...} in a text: FreeSWITCH puts an unknown value there. It
// cannot come from a script, because NUL is never sent.
const hole = "\x00"

// holed returns a text with a hole in the place of each outermost ${...}.
func holed(s string) string { return syntax.ReplaceReferences(s, hole) }

// isUnknown reports whether FreeSWITCH puts something into a text.
func isUnknown(s string) bool { return strings.Contains(s, hole) }

// wordAt returns the word with an index, "" if there is none.
func wordAt(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return ""
}

// stripQuotes removes quotes and backslashes, as FreeSWITCH's splitters and its
// expansion do one after the other: the result contains what any number of them
// can make of the text. \s and the like become a blank.
func stripQuotes(s string) string {
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
