package replay

import (
	"strings"
	"testing"

	"github.com/eslua/eslua/host/trace"
)

// TestDiffer compares ladders, of which the rungs of the channel are in capitals.
func TestDiffer(t *testing.T) {
	for _, c := range []struct {
		real, now     string
		inReal, inNow int
	}{
		{"a b C d", "a b C d", -1, -1},
		{"a b C d", "a C b d", -1, -1}, // which of both was first, nobody chose
		{"a b C d", "a x C d", 1, 1},
		{"a b C d", "a b D d", 2, 2},
		{"a b C d", "a b C", 3, 3},
		{"a b C", "a b C d", 3, 3},
		{"a C b D", "a C D", 2, 3},
		{"a b C D", "b a D C", 0, 0},
		{"", "a", 0, 0},
		{"a9<masked>02 b", "a912302 b", -1, -1},
		{"a912302 b", "a9<masked>02 b", -1, -1},
		{"a<masked>c912302 b", "a<masked>c9<masked>02 b", -1, -1},
		{"a<masked>c b", "a12d b", 0, 0},
	} {
		p := &Peer{same: newNames()}
		inReal, inNow := p.Differ(rungs(c.real), rungs(c.now))
		if inReal != c.inReal || inNow != c.inNow {
			t.Errorf("%q and %q differ at %d and %d, want %d and %d", c.real, c.now, inReal, inNow, c.inReal, c.inNow)
		}
	}
}

func rungs(text string) (l trace.Ladder) {
	for i, what := range strings.Fields(text) {
		who := trace.Script
		if what == strings.ToUpper(what) {
			who = trace.Switch
		}
		l.Steps = append(l.Steps, trace.Rung{N: i, Who: who, What: what})
	}
	return l
}
