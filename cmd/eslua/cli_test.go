package main

import (
	"context"
	"fmt"
	"os"
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
	testscript.Main(m, map[string]func(){
		"eslua": func() {
			p := &program{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
			os.Exit(p.main(context.Background(), os.Args[1:]))
		},
	})
}

// TestCommandLine runs the command line as it is used: testdata/*.txtar.
func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}
