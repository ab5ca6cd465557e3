package syntax

import (
	"iter"
	"strings"
)

// A Reference is one ${...} in a text: a variable, or an API command with its
// argument, which FreeSWITCH replaces by its value or its output.
type Reference struct {
	Command   bool
	Name, Arg string
	end       int
}

// References returns every ${...} of a text, nested ones after the outer ones.
// Without escapes a backslash means nothing. With them, one that is escaped is
// left out; but what directly follows a reference is copied without being read,
// so that a backslash there escapes nothing.
func References(s string, escapes bool) iter.Seq[Reference] {
	return func(yield func(Reference) bool) {
		for i := 0; i+1 < len(s); i++ {
			escape := escapes && s[i] == '\\' && (i == 0 || s[i-1] != '}')
			switch {
			case escape && strings.IndexByte(`\'`, s[i+1]) >= 0:
				i++
			case escape && s[i+1] == '$':
				i++
				if i+1 < len(s) && s[i+1] == '$' {
					i++
				}
			case s[i] == '$' && s[i+1] == '{':
				if !yield(referenceAt(s, i+1)) {
					return
				}
				i++
			}
		}
	}
}

// ReplaceReferences puts a replacement in the place of each outermost ${...}.
func ReplaceReferences(s, replacement string) string {
	if !strings.Contains(s, "${") {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], "${") {
			out.WriteString(replacement)
			i = referenceAt(s, i+1).end
			continue
		}
		out.WriteByte(s[i])
		i++
	}
	return out.String()
}

// referenceAt reads the ${...} whose "{" is s[open]
// (switch_channel.c:switch_channel_expand_variables_check): it ends at the
// matching brace or at the end of s, and is a command if it has a blank or a
// parenthesis.
func referenceAt(s string, open int) Reference {
	e, depth := open+1, 1
	for ; e < len(s); e++ {
		if depth == 1 && s[e] == '}' {
			break
		}
		if e != open+1 && s[e] == '{' {
			depth++
		} else if depth > 1 && s[e] == '}' {
			depth--
		}
	}
	body, r := s[open+1:e], Reference{end: min(e+1, len(s))}
	cut := strings.IndexAny(body, " (")
	if cut < 0 {
		r.Name = body
		return r
	}
	r.Command, r.Name, r.Arg = true, strings.TrimSpace(body[:cut]), body[cut+1:]
	if body[cut] == '(' {
		if end := closing("("+r.Arg, '(', ')'); end > 0 {
			r.Arg = r.Arg[:end-1]
		}
	}
	return r
}
