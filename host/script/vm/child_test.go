package vm_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"go.uber.org/goleak"
)

// childEnv makes the test binary a child that runs the script on its standard
// input with that burst limit, as a process of its own that a script may kill
// if it can. With the value unhurried it may take an hour.
const (
	childEnv  = "ESLUA_TEST_CHILD"
	unhurried = time.Hour
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	dir, err := os.MkdirTemp("", "eslua-child-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	childDir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

var childDir string

// childBinary is this test without the race detector, whose time and shadow
// memory would hide what a script takes.
var childBinary = sync.OnceValues(func() (string, error) {
	if !raceDetector {
		return os.Args[0], nil
	}
	binary := filepath.Join(childDir, "child.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("the child without the race detector: %w\n%s", err, out)
	}
	return binary, nil
})

const (
	exitDone  = 0
	exitError = 3 // the script ended with an error, which is on standard error
	dataLimit = 1 << 30
)

func child() int {
	limit := syscall.Rlimit{Cur: dataLimit, Max: dataLimit}
	if err := syscall.Setrlimit(rlimitData, &limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	src, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	script, err := vm.Compile("attack.lua", src)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitError
	}
	m, err := vm.NewMachine()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	burst, err := time.ParseDuration(os.Getenv(childEnv))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if burst == unhurried {
		debug.SetGCPercent(-1) // the collector runs as late as this little memory lets it: that halves the test's time
		debug.SetMemoryLimit(48 << 20)
	}
	o := vm.StateOptions{Print: func(line string) { fmt.Println(line) }, Limits: guard.Limits{Burst: burst, CPU: 60 * burst}}
	s := m.NewState(o)
	defer s.Close()
	if err := s.Run(context.Background(), script, []string{"attack"}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitError
	}
	return exitDone
}

// rlimitData is RLIMIT_DATA, which package syscall names on some systems only.
const rlimitData = 2

// outcome is how a child ended.
type outcome struct {
	exit     int
	out, err string
	took     time.Duration // processor time
	resident int64         // bytes at most
}

func runChild(t *testing.T, burst time.Duration, src string) outcome {
	t.Helper()
	ctx := t.Context()
	if deadline, ok := t.Deadline(); ok { // a child that hangs then dumps its goroutines
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-5*time.Second))
		defer cancel()
	}
	binary, err := childBinary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 3 * time.Second
	cmd.Env = append(os.Environ(), childEnv+"="+burst.String())
	cmd.Stdin = strings.NewReader(src)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return outcome{cmd.ProcessState.ExitCode(), out.String(), errs.String(), took, usage.Maxrss << 10}
}
