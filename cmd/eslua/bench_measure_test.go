package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"
)

// A benchHost answers the calls that come to l, any number at a time, until ctx ends.
type benchHost func(ctx context.Context, l net.Listener)

// benchRound is the number of calls that the host and floorServer serve in turns,
// because the speed of a machine changes.
const benchRound = 250

// benchWarm is the number of calls before that: each allocates up to 60 KB, and a host
// touches new memory, which the kernel clears for it, until the ballast has been
// allocated once.
const benchWarm = ballastBytes / (40 << 10)

// benchCalls reports the host's CPU time of a whole call (cpu-us/call) and how many
// times that of the floor it is (x-floor). Each has a process of its own, so that what
// its garbage costs is its own too. They serve in turns, and the ratio is the median
// of those of all turns: what another process on the machine disturbs is one turn.
func benchCalls(b *testing.B, name, scripts string) { benchBeside(b, name, "floor", scripts) }

// benchBeside does so with another host in floorServer's place.
func benchBeside(b *testing.B, name, reference, scripts string) {
	sw := newSwitch(b)
	floor, host := startPart(b, reference, scripts), startPart(b, name, scripts)
	sw.calls(b, floor.addr, benchWarm)
	sw.calls(b, host.addr, benchWarm)
	spent := func(p *part, calls int) time.Duration {
		before := p.ask(b, "cpu")
		sw.calls(b, p.addr, calls)
		return time.Duration(p.ask(b, "cpu") - before)
	}
	var total time.Duration
	var ratios []float64
	b.ResetTimer()
	for left := b.N; left > 0; left -= benchRound {
		n := min(left, benchRound)
		var least, own time.Duration
		if len(ratios)%2 == 0 { // who is first finds the switch less warm
			least, own = spent(floor, n), spent(host, n)
		} else {
			own, least = spent(host, n), spent(floor, n)
		}
		total += own
		ratios = append(ratios, float64(own)/float64(least))
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(total.Microseconds())/float64(b.N), "cpu-us/call")
	b.ReportMetric(ratios[len(ratios)/2], "x-"+reference)
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

// idleMemory returns the memory (heap and stacks in use) of one call that waits for
// the end of a playback, in bytes, over n such calls at a time.
func idleMemory(t testing.TB, name, scripts string, n int) float64 {
	sw, host := newSwitch(t), startPart(t, name, scripts)
	sw.calls(t, host.addr, n) // what is made once is made now
	before := host.ask(t, "memory")
	sw.say(t, fmt.Sprintf("idle %s %d", host.addr, n), "idle")
	during := host.ask(t, "memory")
	sw.say(t, "go on", "done")
	return float64(during-before) / float64(n)
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

// A remote is the switch in its child process.
type remote struct{ *child }

func newSwitch(t testing.TB) *remote { return &remote{startChild(t, "switch", "")} }

func (r *remote) calls(t testing.TB, addr string, n int) {
	t.Helper()
	r.say(t, fmt.Sprintf("calls %s %d", addr, n), "done")
}

func (r *remote) say(t testing.TB, line, answer string) {
	t.Helper()
	if got := r.tell(t, line); got != answer {
		t.Fatalf("the switch answers %q to %q, not %q", got, line, answer)
	}
}
