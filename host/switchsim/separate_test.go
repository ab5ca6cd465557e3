package switchsim

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// TestSeparateAsFreeSWITCH holds separate against the recorded answers that
// hold syntax.Split, which shares no code with it.
func TestSeparateAsFreeSWITCH(t *testing.T) {
	data, err := os.ReadFile("../freeswitch/syntax/testdata/split.jsonl")
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
		if got := separate(r.In, r.Delim[0], r.Max); !slices.Equal(got, r.Parts) {
			t.Errorf("%q splits at %q into at most %d parts %q, FreeSWITCH's are %q", r.In, r.Delim, r.Max, got, r.Parts)
		}
	}
}

// TestSeparateAndSplitAgree compares the two on texts nobody thought of.
func TestSeparateAndSplitAgree(t *testing.T) {
	const letters = "  ',\\|;=^abns\"{}"
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := make([]byte, random.IntN(16))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		s, delim, most := string(text), " ,|="[random.IntN(4)], 1+random.IntN(5)
		if got, want := separate(s, delim, most), syntax.Split(s, delim, most); !slices.Equal(got, want) {
			t.Fatalf("%q splits at %q into at most %d parts %q, for the simulator %q", s, delim, most, want, got)
		}
	}
}
