package legs

import (
	"testing"

	"github.com/eslua/eslua/host/clock"
)

func TestRedirect(t *testing.T) {
	r := New(clock.System())
	for _, c := range []struct{ port, listener, want string }{
		{"", "fs.example:8084", "fs.example:8084"},
		{"41000", "fs.example:8084", "fs.example:41000"},
		{"41000", "[::1]:8084", "[::1]:41000"},
		{"41000", "", ""},
	} {
		r.Redirect(c.port)
		if got := r.listener(c.listener); got != c.want {
			t.Errorf("redirected to %q, %q is %q, want %q", c.port, c.listener, got, c.want)
		}
	}
}
