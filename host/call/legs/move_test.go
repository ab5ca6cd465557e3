package legs

import (
	"testing"

	"github.com/eslua/eslua/host/clock"
)

func TestMove(t *testing.T) {
	r := New(clock.System())
	for _, c := range []struct{ moved, listener, want string }{
		{"", "fs.example:8084", "fs.example:8084"},
		{"41000", "fs.example:8084", "fs.example:41000"},
		{"41000", "[::1]:8084", "[::1]:41000"},
		{"41000", "", ""},
	} {
		r.Redirect(c.moved)
		if got := r.reached(c.listener); got != c.want {
			t.Errorf("moved to %q, %q is %q, want %q", c.moved, c.listener, got, c.want)
		}
	}
}
