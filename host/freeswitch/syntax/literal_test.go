package syntax

import (
	"strings"
	"testing"
)

// expand reads as FreeSWITCH does (switch_channel_expand_variables_check), on a
// channel whose only variable is x = "LEAK".
func expand(s string) string {
	if !hasReference(s) && !hasEscape(s) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		escaped := false
		if s[i] == '\\' && i+1 < len(s) {
			switch s[i+1] {
			case '$':
				escaped = true
				if i++; i+1 < len(s) && s[i+1] == '$' {
					i++
				}
			case '\'':
				i++
				continue
			case '\\':
				i++
			}
		}
		if s[i] == '$' && !escaped && i+1 < len(s) {
			open := i + 1
			if s[open] == '$' {
				i++
				open++
			}
			if open < len(s) && s[open] == '{' {
				name, _, closed := strings.Cut(s[open+1:], "}")
				if name == "x" && closed {
					out.WriteString("LEAK")
				}
				if i = open + 1 + len(name) + 1; i >= len(s) {
					break
				}
				if s[i] == '$' {
					i--
					continue
				}
			}
		}
		out.WriteByte(s[i]) // even a backslash, when it follows a variable
	}
	return out.String()
}

// TestExpandAsFreeSWITCH holds the reader above against recorded answers.
func TestExpandAsFreeSWITCH(t *testing.T) {
	type answer struct{ In, Out string }
	for r := range recorded[answer](t, "expand.jsonl") {
		if got := expand(r.In); got != r.Out {
			t.Errorf("%q is expanded to %q, by FreeSWITCH to %q", r.In, got, r.Out)
		}
	}
}

func checkLiteral(t *testing.T, s string) {
	t.Helper()
	got := expand(Literal(s))
	got = strings.TrimPrefix(got, "%[]")
	if got != s {
		t.Errorf("%q written as %q is expanded to %q", s, Literal(s), got)
	}
	if scoped := expand(Literal(s)); len(scoped) > 2 && scoped[0] == '%' && (scoped[1] == '[' || scoped[2] == '[') && !strings.HasPrefix(scoped, "%[]") {
		t.Errorf("%q still sets scope variables", s)
	}
}

func TestLiteralIsReadBack(t *testing.T) {
	for _, s := range torture {
		checkLiteral(t, s)
	}
}

func FuzzLiteral(f *testing.F) {
	for _, s := range torture {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !strings.ContainsRune(s, 0) {
			checkLiteral(t, s)
		}
	})
}
