package syntax

import (
	"slices"
	"testing"
)

func TestSocketHosts(t *testing.T) {
	for arg, want := range map[string][]SocketHost{
		"":                          nil,
		" ":                         nil,
		"127.0.0.1 async full":      {{"127.0.0.1", "8084", "", "127.0.0.1:8084"}},
		"a:1/flow|b/other|c:2 full": {{"a", "1", "flow", "a:1"}, {"b", "1", "other", "b:1"}, {"c", "2", "", "c:2"}},
		"::1:8084/x":                {{"::1", "8084", "x", "[::1]:8084"}},
		"[::1]:8084":                {{"[::1]", "8084", "", "[::1]:8084"}},
		"'a:1|b:2' async":           {{"a", "1", "", "a:1"}, {"b", "2", "", "b:2"}},
		"a:1/x/y/z|a:1/x":           {{"a", "1", "x/y/z", "a:1"}, {"a", "1", "x", "a:1"}},
	} {
		if got := SocketHosts(arg); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", arg, got, want)
		}
	}
}
