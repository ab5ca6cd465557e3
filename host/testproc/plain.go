package testproc

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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

// Plain returns the binary of the package's tests as it is without the race
// detector, whose time and shadow memory would hide those of what is tested.
func Plain(t testing.TB) string {
	t.Helper()
	if !Race {
		return Binary(t)
	}
	binary, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

var plain = sync.OnceValues(func() (string, error) {
	if out, err := exec.Command("go", "test", "-c", "-o", plainFile(), ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("the tests without the race detector: %w\n%s", err, out)
	}
	return plainFile(), nil
})

func plainFile() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("eslua-plain-%d.test", os.Getpid()))
}

func removePlain() { _ = os.Remove(plainFile()) }
