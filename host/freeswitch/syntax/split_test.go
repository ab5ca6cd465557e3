package syntax

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSplitAsFreeSWITCH holds Split against the recorded answers of FreeSWITCH's
// own function.
func TestSplitAsFreeSWITCH(t *testing.T) {
	for r := range recorded[splitAnswer](t, "split.jsonl") {
		if got := Split(r.In, r.Delim[0], r.Max); !slices.Equal(got, r.Parts) {
			t.Errorf("%q splits at %q into at most %d parts %q, FreeSWITCH's are %q", r.In, r.Delim, r.Max, got, r.Parts)
		}
	}
}

type splitAnswer struct {
	In    string
	Delim string
	Max   int
	Parts []string
}

// recorded returns the answers in a file of testdata, one a line.
func recorded[T any](t *testing.T, file string) iter.Seq[T] {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(T) bool) {
		for line := range strings.Lines(string(data)) {
			var answer T
			if err := json.Unmarshal([]byte(line), &answer); err != nil {
				t.Fatalf("%s: %q: %v", file, line, err)
			}
			if !yield(answer) {
				return
			}
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range torture {
		f.Add(s, byte(' '), 3)
		f.Add("a,"+s+",b", byte(','), 9)
	}
	f.Fuzz(func(t *testing.T, s string, delim byte, max int) {
		parts := Split(s, delim, max)
		if len(parts) > 0 && len(parts) > max {
			t.Errorf("%q splits into %d parts and not %d: %q", s, len(parts), max, parts)
		}
		for _, part := range parts {
			if !strings.Contains(s, part) && !strings.ContainsAny(s, `\'^`) {
				t.Errorf("%q splits into %q", s, parts)
			}
		}
	})
}

func ExampleSplit() {
	fmt.Printf("%q\n", Split(`originate 'user/1000 ' &park\s()`, ' ', 10))
	fmt.Printf("%q\n", Split("^^;a=b;c=d,e", ',', 10))
	// Output:
	// ["originate" "user/1000 " "&park ()"]
	// ["a=b" "c=d,e"]
}
