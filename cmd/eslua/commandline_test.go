//go:build !race

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestCommandLine runs the command line as it is used: testdata/*.txtar. Each command is a
// process of its own, which has hardly begun when it ends: the race detector takes four times
// as long and finds nothing there.
func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}
