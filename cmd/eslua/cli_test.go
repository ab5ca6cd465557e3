package main

import (
	"context"
	"os"
	"testing"

	"github.com/eslua/eslua/host/call/outbound/callbench"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if callbench.IsPeer() { // the switch of the benchmarks is this program again
		os.Exit(callbench.Main(m))
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
