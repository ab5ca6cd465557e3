package dialplan

import (
	"os"
	"strings"
	"testing"
)

// TestPatterns compares with what pcre2 said to each pattern of testdata/pcre2.tsv
// (grep -P). A pattern that it compiles must not be called wrong.
func TestPatterns(t *testing.T) {
	table, err := os.ReadFile("testdata/pcre2.tsv")
	if err != nil {
		t.Fatal(err)
	}
	found, missed := 0, 0
	for line := range strings.Lines(string(table)) {
		pattern, said, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		switch wrong := wrongPattern(pattern); {
		case said == "ok" && wrong != "":
			t.Errorf("%s: %s, but pcre2 compiles it", pattern, wrong)
		case said != "ok" && wrong != "":
			found++
		case said != "ok":
			missed++
			t.Logf("%s is taken, but pcre2 says %s", pattern, said)
		}
	}
	if found < 40 || missed > 14 {
		t.Errorf("%d wrong patterns were found, %d not", found, missed)
	}
}

func TestPatternsOfFreeSWITCHsOwn(t *testing.T) {
	for pattern, want := range map[string]string{
		`/^abc$/i`: "", `/(abc/i`: "a ( has no )", `/abc`: "it begins with / and has no second one",
		`_X.`: "", `${x}(`: "", ``: "", `^+49(\d+)$`: `+ repeats nothing; write \+ for the character`,
	} {
		if got := wrongPattern(pattern); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}
