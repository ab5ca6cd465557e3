// Package lua51 finds the Lua 5.1 of PUC-Rio, which says what is right, for tests.
package lua51

import (
	"os"
	"os/exec"
	"testing"
)

// Path is the interpreter that LUA51 names, or lua5.1 in PATH. Without one the
// test is skipped.
func Path(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("LUA51"); path != "" {
		return path
	}
	path, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed: what is ours is not compared with it. " +
			"Install it (Debian: apt-get install lua5.1) or name one in LUA51.")
	}
	return path
}
