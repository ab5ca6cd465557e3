package syntax

import "strings"

// Word writes s so that Split at blanks gives back exactly s as one part. A
// word that needs nothing is returned as it is. A line feed or carriage return
// becomes the splitter's own \n and \r, so it passes in one line.
func Word(s string) string {
	w := escape(s, ' ')
	if s == "" || strings.Contains(s, " ") || strings.HasPrefix(s, "^^") {
		return "'" + w + "'"
	}
	return w
}

// Rest writes s as the last word of a command, which keeps everything that is
// left: blanks need no quotes inside, only at the edges.
func Rest(s string) string { return edges(escape(s, ' ')) }

// Value writes s as the value in name=value for a command that splits there
// (mod_commands.c:global_setvar_function); another "=" in s stays part of it.
func Value(s string) string { return Part(s, '=') }

// Part writes s as one part of a text that a command splits at delim, which is no
// blank.
func Part(s string, delim byte) string { return edges(escape(s, delim)) }

// edges writes the blanks at either end, which a split would trim, as \s.
func edges(s string) string {
	inner := strings.Trim(s, " ")
	lead := strings.Index(s, inner)
	return strings.Repeat(`\s`, lead) + inner + strings.Repeat(`\s`, len(s)-lead-len(inner))
}

// escape writes s so that one split at delim gives it back, if the blanks at
// its edges and, for a delimiter that is a blank, those inside are taken care
// of. It protects quotes, the delimiter, and those backslashes that would be
// read as an escape; others stay, so that a regular expression such as \d+ is
// readable in FreeSWITCH's log.
func escape(s string, delim byte) string {
	if !strings.ContainsAny(s, "\\'\n\r\t") && strings.IndexByte(s, delim) < 0 {
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
		case c == '\t':
			b.WriteString(`\t`)
			continue
		case c == '\'', c == delim && delim != ' ':
			b.WriteByte('\\')
		case c == '\\' && (i+1 == len(s) || s[i+1] == delim || strings.IndexByte("\\'\"nrts\n\r\t ", s[i+1]) >= 0):
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
