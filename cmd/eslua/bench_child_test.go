//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/operate/config"
)

// benchPartEnv makes the test binary one part of a benchmark, the switch or a host,
// so that the processor time and the memory of a process are those of one host.
const benchPartEnv = "ESLUA_BENCH_PART"

// playPart obeys its parent's lines until they end. A host's only argument is its
// directory of flows.
func playPart(name string, in io.Reader, out io.Writer) error {
	runtime.MemProfileRate = 0 // as in the program, which is linked without a profiler of memory
	host := map[string]benchHost{
		"floor":    floorServer,
		"outbound": goHandler,
		"eslgo":    eslgoServer,
		"lua": func(ctx context.Context, l net.Listener) {
			if err := serveFlows(ctx, l, os.Args[1]); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		},
		"untraced": func(ctx context.Context, l net.Listener) {
			cfg := config.Default()
			cfg.Trace.Size = 0
			if err := serveFlowsOf(ctx, l, os.Args[1], cfg); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		},
	}[name]
	if host == nil {
		return servePeer(in, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		host(ctx, l)
	}()
	fmt.Fprintln(out, l.Addr())
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		switch lines.Text() {
		case "cpu":
			fmt.Fprintln(out, cpu().Nanoseconds())
		case "memory":
			fmt.Fprintln(out, inUse())
		}
	}
	stop()
	<-ended
	return lines.Err()
}

// cpu returns the user and system time that this process has used.
func cpu() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// inUse returns the bytes of the heap and of stacks that are in use.
func inUse() uint64 {
	for range 3 { // pools are emptied by the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// A child is a process that answers each line with a line.
type child struct {
	in  io.Writer
	out *bufio.Scanner
}

func startChild(t testing.TB, part, arg string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], arg)
	cmd.Env = append(os.Environ(), benchPartEnv+"="+part)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &child{in: in, out: bufio.NewScanner(out)}
}

func (c *child) tell(t testing.TB, line string) string {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, line); err != nil {
		t.Fatal(err)
	}
	return c.hear(t)
}

func (c *child) hear(t testing.TB) string {
	t.Helper()
	if !c.out.Scan() {
		t.Fatal("a part of the benchmark has ended:", c.out.Err())
	}
	return c.out.Text()
}

// A part is a host in its child process.
type part struct {
	*child
	addr string
}

func startPart(t testing.TB, name, scripts string) *part {
	t.Helper()
	c := startChild(t, name, scripts)
	return &part{c, c.hear(t)}
}

// ask returns the figure that a host says.
func (p *part) ask(t testing.TB, what string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(p.tell(t, what), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
