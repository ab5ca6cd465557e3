package durable

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{"a": true, "a-B_7": true, "": false, "a.b": false, "a b": false, "a/b": false, "*": false, strings.Repeat("a", 65): false} {
		if err := CheckName("name of a bucket", name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
