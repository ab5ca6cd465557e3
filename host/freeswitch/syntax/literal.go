package syntax

import "strings"

// Literal writes an application's argument so that it is not expanded: ${...}
// in it reaches the application as text
// (switch_channel.c:switch_channel_expand_variables_check). It does not help on
// a channel whose app_disable_expand_variables is true, where nothing is
// expanded and nothing unescaped either.
func Literal(s string) string {
	if len(s) > 1 && s[0] == '%' && (s[1] == '[' || len(s) > 2 && s[2] == '[') {
		return Scope(s) // an empty scope keeps s from setting variables
	}
	return Unexpanded(s)
}

// Scope writes an application's argument, as Literal does, with variables that
// are set while the application runs
// (switch_core_session.c:switch_core_session_exec).
func Scope(arg string, vars ...Var) string {
	return Unexpanded("%[" + balanced(assignments(vars), ',', '[', ']') + "]" + arg)
}

// Unexpanded writes a text of which FreeSWITCH's expansion makes s again. A scope that
// s begins with stays one.
func Unexpanded(s string) string {
	if !hasReference(s) && !hasEscape(s) {
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

// hasReference reports whether FreeSWITCH finds a variable in s: a "$" and a
// "{" with nothing but backslashes between them
// (switch_utils.h:switch_string_var_check_const).
func hasReference(s string) bool {
	dollar := false
	for i := range len(s) {
		switch {
		case s[i] == '$':
			dollar = true
		case dollar && s[i] == '{':
			return true
		case s[i] != '\\':
			dollar = false
		}
	}
	return false
}

// hasEscape reports whether FreeSWITCH finds an escape in s
// (switch_utils.h:switch_string_has_escaped_data).
func hasEscape(s string) bool {
	for i := 1; i < len(s); i++ {
		if s[i-1] == '\\' && strings.IndexByte(`\nst'`, s[i]) >= 0 {
			return true
		}
	}
	return false
}
