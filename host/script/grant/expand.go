package grant

import "strings"

// hole stands in a text for what FreeSWITCH will put in the place of ${...}:
// nobody knows it before. It cannot come from a script, for NUL is never sent.
const hole = "\x00"

// expansion is one ${...}: a command with its arguments, or a variable.
type expansion struct {
	command   bool
	name, arg string
	end       int // behind its last byte in the text
}

// expansionAt reads the ${...} whose "{" stands at s[open]
// (switch_channel.c:switch_channel_expand_variables_check): it goes to the
// matching brace or, if there is none, to the end, and it is a command if a
// blank or a parenthesis stands in it.
func expansionAt(s string, open int) expansion {
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
	body, x := s[open+1:e], expansion{end: min(e+1, len(s))}
	cut := strings.IndexAny(body, " (")
	if cut < 0 {
		x.name = body
		return x
	}
	x.command, x.name, x.arg = true, strings.TrimSpace(body[:cut]), body[cut+1:]
	if body[cut] == '(' {
		x.arg = x.arg[:closing(x.arg)]
	}
	return x
}

// closing is where the parenthesis that is open before s closes.
func closing(s string) int {
	depth := 1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// expansions are all ${...} of a text, the nested ones after their outer ones.
// Where escapes count, those behind a backslash are none; but what follows an
// expansion at once is copied unread, so that a backslash there escapes nothing.
func expansions(s string, escapes bool, found func(expansion) error) error {
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
			if err := found(expansionAt(s, i+1)); err != nil {
				return err
			}
			i++
		}
	}
	return nil
}

// holed is a text with a hole in the place of each outermost ${...}.
func holed(s string) string {
	if !strings.Contains(s, "${") {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '$' && i+1 < len(s) && s[i+1] == '{' {
			out.WriteString(hole)
			i = expansionAt(s, i+1).end
			continue
		}
		out.WriteByte(s[i])
		i++
	}
	return out.String()
}

func unknown(s string) bool { return strings.Contains(s, hole) }
