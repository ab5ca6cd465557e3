package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

// TestASignalEndsTheStart: SIGTERM ends eslua while it still reads its scripts, and
// SIGHUP does not.
func TestASignalEndsTheStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.lua", "return 1")
	for i := range 400 { // they take seconds to compile
		write(t, dir, fmt.Sprintf("slow%d.lua", i), fmt.Sprintf("-- %d\n", i)+strings.Repeat("local function f(a, b) return { a = b, [b] = a, f(a, b), a .. b } end\n", 150))
	}
	cmd := exec.Command(programFile(t, testproc.Binary(t)), "serve", "--listen", freeAddress(t), "--scripts", dir)
	cmd.Env = append(os.Environ(), "RUNTIME_DIRECTORY="+t.TempDir())
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for read := 0; read < 1_000_000; { // of the 6 MB that it reads twice before it compiles them
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", cmd.Process.Pid))
		if err != nil {
			t.Fatalf("it has ended: %v\n%s", err, &log)
		}
		_, _ = fmt.Sscanf(string(text), "rchar: %d", &read)
	}
	for _, signal := range []os.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil || strings.Contains(log.String(), "taking calls") || !strings.Contains(log.String(), "a signal came before eslua took calls") {
		t.Errorf("%v; the log:\n%s", err, &log)
	}
}
