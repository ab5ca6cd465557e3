//go:build unix

package callbench

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
	"syscall"
	"testing"
	"time"
)

// Host answers the calls that come to l, any number at a time, until ctx ends.
type Host func(ctx context.Context, l net.Listener)

// Main is the TestMain of a package that measures calls.
func Main(m *testing.M) int {
	if !IsPeer() {
		return m.Run()
	}
	if err := servePeer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "callbench peer:", err)
		return 1
	}
	return 0
}

// round is how many calls host and floor make in turns.
const round = 500

// Calls reports the host's CPU time of a whole call (cpu-us/call) and how many
// times that of Floor it is, measured in turns with it (x-floor).
func Calls(b *testing.B, host Host) {
	sw := newSwitch(b)
	floor, ours := start(b, Floor), start(b, host)
	sw.calls(b, floor, round) // warm
	sw.calls(b, ours, round)
	var floorCPU, oursCPU time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; left -= round {
		n := min(left, round)
		b.StopTimer()
		floorCPU += cpu(func() { sw.calls(b, floor, n) })
		b.StartTimer()
		oursCPU += cpu(func() { sw.calls(b, ours, n) })
	}
	b.StopTimer()
	b.ReportMetric(float64(oursCPU.Microseconds())/float64(b.N), "cpu-us/call")
	b.ReportMetric(float64(oursCPU)/float64(floorCPU), "x-floor")
}

// Disturbed reports how many calls host serves in a second, alone (calls/s-alone)
// and, in turns with that, while disturb runs (calls/s), and the second as a part
// of the first (x-alone). disturb ends when its ctx does.
func Disturbed(b *testing.B, host Host, disturb func(ctx context.Context)) {
	sw := newSwitch(b)
	addr := start(b, host)
	sw.calls(b, addr, round) // warm
	var alone, disturbed time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; left -= round {
		n := min(left, round)
		b.StopTimer()
		alone += wall(func() { sw.calls(b, addr, n) })
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			disturb(ctx)
		}()
		b.StartTimer()
		disturbed += wall(func() { sw.calls(b, addr, n) })
		stop()
		<-ended
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/alone.Seconds(), "calls/s-alone")
	b.ReportMetric(float64(b.N)/disturbed.Seconds(), "calls/s")
	b.ReportMetric(alone.Seconds()/disturbed.Seconds(), "x-alone")
}

func wall(do func()) time.Duration {
	begin := time.Now()
	do()
	return time.Since(begin)
}

// Idle reports the memory (heap and stacks in use) of one call that waits for
// the end of a playback, over n such calls at a time. An operation is a call, as
// it is to Calls, but there are always n of them.
func Idle(b *testing.B, host Host, n int) {
	sw := newSwitch(b)
	addr := start(b, host)
	sw.calls(b, addr, n) // what is made once is made now
	var bytes int64
	b.ResetTimer()
	for left := b.N; left > 0; left -= n {
		before := inUse()
		sw.say(b, fmt.Sprintf("idle %s %d", addr, n), "idle")
		bytes = inUse() - before
		sw.say(b, "go on", "done")
	}
	b.ReportMetric(float64(bytes)/1024/float64(n), "KiB/idle-call")
}

func inUse() int64 {
	for range 3 { // pools are emptied by the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// cpu is the user and system time this process takes for do.
func cpu(do func()) time.Duration {
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	do()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	return time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
}

// start runs host until the benchmark ends, and tells where.
func start(b *testing.B, host Host) (addr string) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		host(ctx, l)
	}()
	b.Cleanup(func() {
		stop()
		<-ended
	})
	return l.Addr().String()
}

// remote is the switch in its child process.
type remote struct {
	in  io.Writer
	out *bufio.Scanner
}

func newSwitch(b *testing.B) *remote {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), peerEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &remote{in: in, out: bufio.NewScanner(out)}
}

func (r *remote) calls(b *testing.B, addr string, n int) {
	b.Helper()
	r.say(b, fmt.Sprintf("calls %s %d", addr, n), "done")
}

func (r *remote) say(b *testing.B, line, answer string) {
	b.Helper()
	_, err := fmt.Fprintln(r.in, line)
	if err != nil || !r.out.Scan() || r.out.Text() != answer {
		b.Fatalf("the switch does not answer %q to %q: %v", answer, line, err)
	}
}
