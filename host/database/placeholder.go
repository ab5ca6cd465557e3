package database

import (
	"strconv"
	"strings"
)

// numbered writes the placeholders ? of a command as PostgreSQL has them, $1 and so on,
// and returns how many there are, or -1 if the command has such ones itself. Texts,
// names and comments stay as they are, and ?? becomes the operator ?.
func numbered(text string) (string, int) {
	var out strings.Builder
	n := 0
	for i := 0; i < len(text); {
		if size := unread(text[i:]); size > 0 {
			out.WriteString(text[i : i+size])
			i += size
			continue
		}
		switch c := text[i]; {
		case c == '?' && strings.HasPrefix(text[i+1:], "?"):
			out.WriteByte('?')
			i++
		case c == '?':
			n++
			out.WriteString("$" + strconv.Itoa(n))
		case c == '$' && i+1 < len(text) && text[i+1] >= '1' && text[i+1] <= '9':
			return text, -1
		default:
			out.WriteByte(c)
		}
		i++
	}
	return out.String(), n
}

// unread returns the size of the text, name or comment with which a command begins; 0
// if it begins with something else.
func unread(s string) int {
	switch s[0] {
	case '\'', '"':
		return closing(s, s[:1], 1)
	case 'e', 'E':
		if strings.HasPrefix(s[1:], "'") {
			return escaped(s)
		}
	case '-':
		if strings.HasPrefix(s, "--") {
			return closing(s, "\n", 2)
		}
	case '/':
		if strings.HasPrefix(s, "/*") {
			return closing(s, "*/", 2)
		}
	case '$':
		if tag, _, ok := strings.Cut(s[1:], "$"); ok && (tag == "" || isTag(tag)) {
			return closing(s, "$"+tag+"$", len(tag)+2)
		}
	}
	return 0
}

// closing returns the size of a text that is closed by end; from is where its inside
// begins.
func closing(s, end string, from int) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// escaped returns the size of a text E'...', in which a backslash takes what follows.
func escaped(s string) int {
	for i := 2; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return i + 1
		}
	}
	return len(s)
}

func isTag(s string) bool {
	return s[0] > '9' && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
