package syntax_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/switchsim/text"
)

// TestSplitAsTheSimulator compares Split with the simulator's, which shares no
// code with it, on random texts.
func TestSplitAsTheSimulator(t *testing.T) {
	const letters = "  ',\\|;=^abns\"{}"
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		letter := make([]byte, random.IntN(16))
		for i := range letter {
			letter[i] = letters[random.IntN(len(letters))]
		}
		s, delim, most := string(letter), " ,|="[random.IntN(4)], 1+random.IntN(5)
		if got, want := text.Split(s, delim, most), syntax.Split(s, delim, most); !slices.Equal(got, want) {
			t.Fatalf("%q splits at %q into at most %d parts %q, for the simulator %q", s, delim, most, want, got)
		}
	}
}
