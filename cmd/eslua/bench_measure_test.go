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
	"syscall"
	"testing"
	"time"
)

// A benchHost answers the calls that come to l, any number at a time, until ctx ends.
type benchHost func(ctx context.Context, l net.Listener)

// benchRound is the number of calls that the host and floorServer serve in turns,
// because the speed of a machine changes.
const benchRound = 500

// benchCalls reports the host's CPU time of a whole call (cpu-us/call) and how many
// times that of floorServer it is, measured in turns with it (x-floor).
func benchCalls(b *testing.B, host benchHost) {
	sw := newSwitch(b)
	floor, ours := startBenchHost(b, floorServer), startBenchHost(b, host)
	sw.calls(b, floor, benchRound) // warm
	sw.calls(b, ours, benchRound)
	var floorCPU, oursCPU time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; left -= benchRound {
		n := min(left, benchRound)
		b.StopTimer()
		floorCPU += cpu(func() { sw.calls(b, floor, n) })
		b.StartTimer()
		oursCPU += cpu(func() { sw.calls(b, ours, n) })
	}
	b.StopTimer()
	b.ReportMetric(float64(oursCPU.Microseconds())/float64(b.N), "cpu-us/call")
	b.ReportMetric(float64(oursCPU)/float64(floorCPU), "x-floor")
}

// benchDisturbed reports how many calls host serves in a second, alone (calls/s-alone)
// and, in turns with that, while disturb runs (calls/s), and the ratio of the second
// to the first (x-alone). disturb ends when its ctx does.
func benchDisturbed(b *testing.B, host benchHost, disturb func(ctx context.Context)) {
	sw := newSwitch(b)
	addr := startBenchHost(b, host)
	sw.calls(b, addr, benchRound) // warm
	var alone, disturbed time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; left -= benchRound {
		n := min(left, benchRound)
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

// benchIdle reports the memory (heap and stacks in use) of one call that waits for
// the end of a playback, over n such calls at a time. An operation is a call, as
// it is to Calls, but there are always n of them.
func benchIdle(b *testing.B, host benchHost, n int) {
	sw := newSwitch(b)
	addr := startBenchHost(b, host)
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

// cpu returns the user and system time that this process spends in do.
func cpu(do func()) time.Duration {
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	do()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	return time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
}

// startBenchHost runs host until the benchmark ends and returns its address.
func startBenchHost(b *testing.B, host benchHost) (addr string) {
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
	cmd.Env = append(os.Environ(), benchPeerEnv+"=1")
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
