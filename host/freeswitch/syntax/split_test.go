package syntax

import (
	"fmt"
	"strings"
	"testing"
)

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
