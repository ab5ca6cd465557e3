package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if isBenchPeer() {
		if err := servePeer(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "switch of the benchmark:", err)
			os.Exit(1)
		}
		return
	}
	// The parallel tests wait for calls that take their time, and compute little.
	_ = flag.Set("test.parallel", "32")
	testscript.Main(m, map[string]func(){"eslua": main})
}

// programFile returns a file that runs as the command eslua: this test, under the
// name by which TestMain knows it.
func programFile(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "eslua")
	if err := os.Symlink(self, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestCommandLine runs the command line as it is used: testdata/*.txtar.
func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}
