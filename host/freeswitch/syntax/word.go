package syntax

import "strings"

// Word writes s so that FreeSWITCH's splitter gives back exactly s as one
// word (switch_utils.c:separate_string_blank_delim, cleanup_separated_string).
// A word that needs nothing is returned as it is. A line feed or carriage
// return becomes the splitter's own \n and \r, so it passes in one line.
func Word(s string) string {
	w := escape(s, 0)
	if s == "" || strings.ContainsRune(s, ' ') || strings.HasPrefix(s, "^^") {
		return "'" + w + "'"
	}
	return w
}

// Rest writes s as the last argument of a command whose splitter takes
// everything that is left: blanks need no quotes inside, only at the edges.
func Rest(s string) string { return edges(escape(s, 0)) }

// Value writes s as what stands behind the "=" of a command that splits there
// (mod_commands.c:global_setvar_function); another "=" in it stays part of it.
func Value(s string) string { return edges(escape(s, '=')) }

// Variables writes the {name=value,...} that stands in front of a dial string
// (switch_event.c:switch_event_create_brackets). A brace in a value has no
// escape there and is left out. The ":_:" that makes several calls of a dial
// string is looked for before anything is split (switch_ivr_originate.c:
// switch_ivr_enterprise_originate); quotes that the split takes away break it.
func Variables(vars [][2]string) string {
	if len(vars) == 0 {
		return ""
	}
	pairs := make([]string, len(vars))
	for i, v := range vars {
		value := strings.ReplaceAll(strings.ReplaceAll(v[1], "{", ""), "}", "")
		pairs[i] = strings.ReplaceAll(edges(escape(v[0]+"="+Value(value), ',')), ":_", ":''_")
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

// edges writes blanks at either end so that the splitter does not trim them.
func edges(w string) string {
	inner := strings.Trim(w, " ")
	if inner == "" {
		return strings.Repeat(`\s`, len(w))
	}
	lead := strings.Index(w, inner)
	tail := len(w) - lead - len(inner)
	return strings.Repeat(`\s`, lead) + inner + strings.Repeat(`\s`, tail)
}

// escape protects quotes, the delimiter if there is one besides the blank, and
// those backslashes the splitter would read as an escape; others stay, so that
// a regular expression such as \d+ is readable in FreeSWITCH's log.
func escape(s string, delim byte) string {
	if !strings.ContainsAny(s, "\\'\n\r=,") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n':
			b.WriteString(`\n`)
			continue
		case c == '\r':
			b.WriteString(`\r`)
			continue
		case c == '\'', delim != 0 && c == delim:
			b.WriteByte('\\')
		case c == '\\' && (i+1 == len(s) || strings.IndexByte("\\'\"nrts\n\r =,", s[i+1]) >= 0):
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Literal writes an application's argument so that it is not expanded:
// ${...} in it reaches the application as text
// (switch_channel.c:switch_channel_expand_variables_check). It does not help
// on a channel whose app_disable_expand_variables is true, where nothing is
// expanded and nothing unescaped either.
func Literal(s string) string {
	s = guardScope(s)
	if !expanded(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); i++ {
		if s[i] == '$' || s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`\$'`, s[i+1]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// expanded tells whether FreeSWITCH looks into s at all: a "$" and a "{" with
// nothing but backslashes between them (switch_string_var_check_const), or one
// of its escapes (switch_string_has_escaped_data).
func expanded(s string) bool {
	dollar := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '$':
			dollar = true
		case dollar && s[i] == '{':
			return true
		case s[i] != '\\':
			dollar = false
		case i+1 < len(s) && strings.IndexByte(`\nst'`, s[i+1]) >= 0:
			return true
		}
	}
	return false
}

// guardScope keeps an argument that begins like %[name=value] from setting
// variables: an empty scope in front takes the meaning.
func guardScope(s string) string {
	if len(s) > 1 && s[0] == '%' && (s[1] == '[' || len(s) > 2 && s[2] == '[') {
		return "%[]" + s
	}
	return s
}
