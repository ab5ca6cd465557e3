package syntax

import "strings"

// A Reference is one ${...} in a text: a variable, or an API command with its
// argument, which FreeSWITCH replaces by its value or its output.
type Reference struct {
	Command   bool
	Name, Arg string
	end       int
	open      bool // nothing ends it
}

// ReplaceReferences puts what with returns in the place of each outermost ${...},
// escaped or not.
func ReplaceReferences(s string, with func(Reference) string) string {
	if !strings.Contains(s, "${") {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], "${") {
			r := referenceAt(s, i+1)
			out.WriteString(with(r))
			i = r.end
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
	for ; e < len(s) && depth > 0; e++ {
		if e != open+1 && s[e] == '{' {
			depth++
		} else if s[e] == '}' {
			depth--
		}
	}
	r := Reference{end: e, open: depth > 0}
	if !r.open {
		e--
	}
	body := s[open+1 : e]
	cut := strings.IndexAny(body, " (")
	if cut < 0 {
		r.Name = body
		return r
	}
	r.Command, r.Name, r.Arg = true, body[:cut], untilParenthesis(body[cut+1:], body[cut] == '(')
	return r
}

// untilParenthesis cuts an argument at the ")" that closes the "(" before it or, if
// there is none, the first one in it.
func untilParenthesis(arg string, opened bool) string {
	depth := 0
	if opened {
		depth = 1
	}
	for i := range len(arg) {
		switch {
		case arg[i] == '(':
			depth++
		case arg[i] == ')' && depth == 1:
			return arg[:i]
		case arg[i] == ')':
			depth = max(depth-1, 0)
		}
	}
	return arg
}
