package vm_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/testproc"
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
	testproc.Main(m)
}

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

// An outcome says how a child ended.
type outcome struct {
	exit     int
	out, err string
	took     time.Duration // processor time
	resident int64         // bytes at most
}

func runChild(t *testing.T, burst time.Duration, src string) outcome {
	t.Helper()
	out, errs, state := testproc.Run(t, src, []string{childEnv + "=" + burst.String()}, testproc.Binary(t))
	usage := state.SysUsage().(*syscall.Rusage)
	return outcome{state.ExitCode(), out, errs, testproc.Time(state), usage.Maxrss << 10}
}
