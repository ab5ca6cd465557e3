package syntax

import (
	"strings"
	"testing"
)

var torture = []string{
	"\\\t", "", " ", "  ", "plain", "two words", " edge ", "it's", "''", `"quoted"`, `\`, `a\`, `\\`, `\'`, `\n`, `\s+`, `\d+`, `^\+?(49|0)\d{2,}$`,
	"line\nline", "cr\rlf\n", "${api(system rm)}", "$${global}", `\${x}`, `$\{x}`, `\\${x}`, "$$x", `$$x\n`, "50$", "$", `'${x}'`,
	"José 'the voice' Ñandú", "日本語 テスト", "^^:a:b", "%[a=b]x", "%;[a=b]x", "%", "a,b|c", `C:\sounds\new file.wav`, `\ `, ` \`, `x'`, `'x`, "tab\there", "a=b", "a,b=c", `,\`, `a\=b`, "=", `=\`,
}

func checkWord(t *testing.T, s string) {
	t.Helper()
	if got := Split("before "+Word(s)+" after", ' ', 3); len(got) != 3 || got[1] != s || got[2] != "after" {
		t.Errorf("word %q written as %q is read as %q", s, Word(s), got)
	}
	if got := Split(Word(s)+" after", ' ', 2); len(got) != 2 || got[0] != s || got[1] != "after" {
		t.Errorf("first word %q written as %q is read as %q", s, Word(s), got)
	}
	if got := Split("uuid name "+Rest(s), ' ', 3); s != "" && (len(got) != 3 || got[2] != s) {
		t.Errorf("rest %q written as %q is read as %q", s, Rest(s), got)
	}
	checkPair(t, s, "name="+Value(s))
	if w := Word(s) + Rest(s) + Value(s); strings.ContainsAny(w, "\r\n") {
		t.Errorf("%q is written with a line end: %q", s, w)
	}
}

// checkPair compares name=value with the value; FreeSWITCH reads no empty one.
func checkPair(t *testing.T, value, pair string) {
	t.Helper()
	got := Split(pair, '=', 9)
	if value == "" && len(got) == 1 {
		return
	}
	if len(got) != 2 || got[1] != value {
		t.Errorf("value %q written as %q is read as %q", value, pair, got)
	}
}

func TestWordsAreReadBack(t *testing.T) {
	for _, s := range torture {
		checkWord(t, s)
		if got := Split(expand(Literal("a "+Word(s)+" b")), ' ', 3); len(got) != 3 || got[1] != s {
			t.Errorf("%q as a word of an application's argument is read as %q", s, got)
		}
	}
}

func TestWordsThatNeedNothingStayReadable(t *testing.T) {
	for _, s := range []string{"ivr/hello.wav", "tone_stream://%(300,0,440)", `\d+`, "4711#", "sofia/gateway/gw/0049"} {
		if Word(s) != s || Literal(s) != s || Rest(s) != s {
			t.Errorf("%q became %q, %q, %q", s, Word(s), Rest(s), Literal(s))
		}
	}
	if got := Rest("two words"); got != "two words" {
		t.Errorf("rest became %q", got)
	}
}

func FuzzWord(f *testing.F) {
	for _, s := range torture {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return
		}
		checkWord(t, s)
	})
}
