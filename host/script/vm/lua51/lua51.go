// Package lua51 finds PUC-Rio's Lua 5.1 interpreter, which tests compare eslua with.
package lua51

import (
	"os"
	"os/exec"
	"testing"
)

// Path returns the path of the interpreter: LUA51, or lua5.1 in PATH. It skips the
// test if there is none.
func Path(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("LUA51"); path != "" {
		return path
	}
	path, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed, so eslua is not compared with it. " +
			"Install it (Debian: apt-get install lua5.1) or name one in LUA51.")
	}
	return path
}
