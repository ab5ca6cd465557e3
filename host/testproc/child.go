package testproc

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Run runs a program, mostly Plain, with more in its environment, and returns what
// it wrote and how it ended. If it hangs, its goroutines are part of that.
func Run(t testing.TB, stdin string, env []string, program string, args ...string) (out, errs string, state *os.ProcessState) {
	t.Helper()
	cmd := exec.CommandContext(Context(t), program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = lastWords / 3
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState
}

// Time returns the processor time that a process has used.
func Time(s *os.ProcessState) time.Duration { return s.UserTime() + s.SystemTime() }
