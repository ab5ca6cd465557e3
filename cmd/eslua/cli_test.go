package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/unhurried"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if part := os.Getenv(benchPartEnv); part != "" {
		if err := playPart(part, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "%s of the benchmark: %v\n", part, err)
			os.Exit(1)
		}
		return
	}
	// The parallel tests wait for calls that take their time, and compute little.
	_ = flag.Set("test.parallel", "32")
	testscript.Main(testproc.Watched(m), map[string]func(){"eslua": main, "unhurried": unhurriedMain, "nats-server": natsServerMain})
}

// unhurriedMain does what main does, on a clock whose limits do not come.
func unhurriedMain() {
	p := machineProgram()
	p.clock = unhurried.Clock()
	os.Exit(p.main(context.Background(), os.Args[1:]))
}

// programFile returns a file that runs as the command eslua on an unhurried clock: a
// binary of this test, under the name by which TestMain knows it.
func programFile(t testing.TB, binary string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "unhurried")
	if err := os.Symlink(binary, file); err != nil {
		t.Fatal(err)
	}
	return file
}
