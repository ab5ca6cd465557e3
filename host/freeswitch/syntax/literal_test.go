package syntax

import (
	"strings"
	"testing"
)

// expand expands an argument as FreeSWITCH does.
func expand(s string) string {
	out, _ := Expand(s, given{"x": "LEAK"})
	return out
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
