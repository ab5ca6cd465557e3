package text

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// recorded reads one file of FreeSWITCH's recorded answers, which hold package
// syntax too.
func recorded[T any](t *testing.T, file string) (answers []T) {
	t.Helper()
	data, err := os.ReadFile("../../freeswitch/syntax/testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var answer T
		if err := json.Unmarshal([]byte(line), &answer); err != nil {
			t.Fatalf("%s: %q: %v", file, line, err)
		}
		answers = append(answers, answer)
	}
	return answers
}

func TestCauseAsFreeSWITCH(t *testing.T) {
	for _, r := range recorded[struct{ In, Name string }](t, "cause.jsonl") {
		if got := Cause(r.In); got != r.Name {
			t.Errorf("%s is read as %s, FreeSWITCH says %s", r.In, got, r.Name)
		}
	}
}

func TestExpandAsFreeSWITCH(t *testing.T) {
	lookup := func(name string) string {
		if name == "x" {
			return "LEAK"
		}
		return ""
	}
	for _, r := range recorded[struct{ In, Out string }](t, "expand.jsonl") {
		if got := Expand(r.In, lookup, func(string, string) string { return "" }); got != r.Out {
			t.Errorf("%q is expanded to %q, by FreeSWITCH to %q", r.In, got, r.Out)
		}
	}
}
