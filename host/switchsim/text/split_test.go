package text

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSplitAsFreeSWITCH holds Split against the recorded answers that
// hold syntax.Split, which shares no code with it.
func TestSplitAsFreeSWITCH(t *testing.T) {
	data, err := os.ReadFile("../../freeswitch/syntax/testdata/split.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var r struct {
			In, Delim string
			Max       int
			Parts     []string
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if got := Split(r.In, r.Delim[0], r.Max); !slices.Equal(got, r.Parts) {
			t.Errorf("%q splits at %q into at most %d parts %q, FreeSWITCH's are %q", r.In, r.Delim, r.Max, got, r.Parts)
		}
	}
}
