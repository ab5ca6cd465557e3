//go:build !race

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// A besieged is an eslua in a process of its own, under a limit on its memory, that
// serves honest calls of a simulated switch while others attack it.
type besieged struct {
	t      testing.TB
	cmd    *exec.Cmd
	listen string
	logged atomic.Int64 // bytes
	ended  chan error
	sim    *switchsim.Switch
}

// besiegedMemory is the limit on the data of the process.
const besiegedMemory = 2 << 30

// besiege starts an eslua with these flows, besides the honest one, and settings.
func besiege(t testing.TB, flows map[string]string, settings string) *besieged {
	t.Helper()
	dir, err := os.MkdirTemp("", "eslua") // short, for the path of a Unix socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	flows["ordinary.lua"] = ordinaryFlow
	b := &besieged{t: t, listen: freeAddress(t), ended: make(chan error, 1)}
	write(t, dir, "eslua.yaml", fmt.Sprintf("listen: %s\nscripts: %s\nadmin: %s/admin\ndrain: 100ms\nfallback: hangup NORMAL_TEMPORARY_FAILURE\n%s", b.listen, directory(t, flows), dir, settings))
	b.cmd = exec.Command("sh", "-c", fmt.Sprintf("ulimit -d %d && exec %s serve --config %s", besiegedMemory>>10, programFile(t, testproc.Binary(t)), filepath.Join(dir, "eslua.yaml")))
	b.cmd.Env = []string{"HOME=" + dir}
	log, err := b.cmd.StderrPipe()
	if err == nil {
		err = b.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.cmd.Process.Kill() }) // it has ended, if all is well
	taking := make(chan struct{})
	go func() {
		up := sync.OnceFunc(func() { close(taking) })
		var last []string
		for in := bufio.NewReader(log); err == nil; {
			var line string
			line, err = in.ReadString('\n')
			b.logged.Add(int64(len(line)))
			if strings.Contains(line, "taking calls") {
				up()
			}
			last = append(last[max(0, len(last)-200):], line)
		}
		if t.Failed() {
			t.Logf("eslua logged:\n%.30000s", strings.Join(last, ""))
		}
		if err = b.cmd.Wait(); err != nil {
			t.Errorf("eslua ended with %v:\n%.30000s", err, strings.Join(last, ""))
		}
		up()
		b.ended <- err
	}()
	<-taking
	b.sim = simulated(t, switchsim.Config{
		NoJournal: true,
		Media:     map[string]time.Duration{"hello.wav": 20 * time.Millisecond, "ask.wav": 500 * time.Millisecond, "bye.wav": 20 * time.Millisecond},
		Dialplan: switchsim.Dialplan{"default": {{Match: "^(.*)$", Actions: []switchsim.Action{
			{App: "socket", Data: b.listen + "/$1 async full"}, {App: "hangup", Data: "NO_ANSWER"},
		}}}},
	})
	return b
}

// honest makes so many calls, twenty at a time, and returns how long each took.
func (b *besieged) honest(calls int) []time.Duration {
	var callers sync.WaitGroup
	took := make([]time.Duration, calls)
	var next atomic.Int64
	for range 20 {
		callers.Go(func() {
			for i := next.Add(1) - 1; i < int64(calls); i = next.Add(1) - 1 {
				begin := time.Now()
				c := b.sim.Call(switchsim.Caller{Number: "1000", Destination: "ordinary", Script: []switchsim.Step{
					switchsim.OnPlayback("ask.wav").After(20 * time.Millisecond).Press("4"),
				}})
				<-c.Done()
				took[i] = time.Since(begin)
				if c.Cause() != "USER_BUSY" {
					b.t.Errorf("an honest call ended with %s", c.Cause())
				}
			}
		})
	}
	callers.Wait()
	return took
}

// under makes honest calls while an attack lasts, which is until its context ends,
// and returns how long each took.
func (b *besieged) under(attack func(ctx context.Context), calls int) []time.Duration {
	ctx, stop := context.WithCancel(context.Background())
	var attacks sync.WaitGroup
	attacks.Go(func() { attack(ctx) })
	defer attacks.Wait()
	defer stop()
	return b.honest(calls)
}

// measure reports the 99th percentile of honest calls under attack, also as a
// multiple of those without it.
func (b *besieged) measure(bench *testing.B, attack func(ctx context.Context)) {
	var with, alone time.Duration
	for bench.Loop() {
		alone += percentile99(b.honest(200))
		with += percentile99(b.under(attack, 200))
	}
	bench.ReportMetric(with.Seconds()/float64(bench.N), "s/p99")
	bench.ReportMetric(float64(with)/float64(alone), "x-alone")
	b.end()
}

// memory returns how much memory the process has had at most, in MiB.
func (b *besieged) memory() (mib int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	_, _ = fmt.Sscan(rest, &mib)
	return mib >> 10
}

// end sends SIGTERM and waits for the end of the process, which may use a few seconds
// of processor time for it.
func (b *besieged) end() {
	b.t.Helper()
	begin, memory, before := time.Now(), b.memory(), b.cpu()
	_ = b.cmd.Process.Signal(syscall.SIGTERM)
	if err := <-b.ended; err != nil {
		return // which has been reported
	}
	used := b.cmd.ProcessState.UserTime() + b.cmd.ProcessState.SystemTime()
	b.t.Logf("eslua had at most %d MiB and logged %d KiB; it ended %v after SIGTERM, with %v of processor time",
		memory, b.logged.Load()>>10, time.Since(begin).Round(time.Millisecond), used-before)
	if used-before > 5*time.Second {
		b.t.Error("that is too much")
	}
}

// cpu returns the processor time of the process so far.
func (b *besieged) cpu() time.Duration {
	const ticks = 100 // a second; the kernel's ABI
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", b.cmd.Process.Pid))
	fields := strings.Fields(string(stat))
	var user, system int
	if len(fields) > 14 { // the second field is the program's name, a word
		_, _ = fmt.Sscan(fields[13]+" "+fields[14], &user, &system)
	}
	return time.Duration(user+system) * time.Second / ticks
}
