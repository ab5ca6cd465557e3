package testproc

import (
	"os"
	"testing"
)

// Binary returns the binary of the package's tests.
func Binary(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}
