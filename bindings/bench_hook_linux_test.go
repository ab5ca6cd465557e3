package bindings_test

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/percipia/eslgo"
	"golang.org/x/sys/unix"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
)

// hangups returns the last event of a call as FreeSWITCH has sent it, and the same with
// another cause, each framed.
func hangups(b *testing.B) (normal, busy string) {
	f, err := os.Open("event/testdata/outbound-bridge.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	wire := ""
	for in := json.NewDecoder(bufio.NewReader(f)); ; {
		var entry struct{ From, Data string }
		if in.Decode(&entry) != nil {
			break
		}
		if entry.From == "switch" {
			wire += entry.Data
		}
	}
	at := strings.Index(wire, "Event-Name: CHANNEL_HANGUP_COMPLETE\n")
	if at < 0 {
		b.Fatal("there is no such event")
	}
	text, _, _ := strings.Cut(wire[at:], "\n\n")
	text += "\n\n"
	other := strings.Replace(text, "Hangup-Cause: NORMAL_CLEARING\n", "Hangup-Cause: USER_BUSY\n", 1)
	if other == text {
		b.Fatal("the cause is not NORMAL_CLEARING")
	}
	return framed(text), framed(other)
}

// BenchmarkHookEvents reports how long an event of the control connection takes, which a hook
// in Lua gets that reads a header (lua), or which a filter rejects (rejected), and how many
// times as long eslgo takes to deliver the same bytes to a function in Go that reads the same
// (x-eslgo): by the clock, and in processor time without that of the sender. All run in turns,
// and the figures are the medians of all turns.
func BenchmarkHookEvents(b *testing.B) {
	ballast := make([]byte, 64<<20) // as in cmd/eslua: the collector runs more rarely
	defer runtime.KeepAlive(ballast)
	normal, busy := hangups(b)
	const burst = 200 // less than any queue holds
	bursts := []byte(strings.Repeat(normal, burst-1) + busy)
	var told atomic.Int64
	arrived := make(chan struct{}, 1)
	run := func(script string) (turn func(n int), stop func()) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		core := "a816de5e-dd00-4676-ad5e-3df344958d3a"
		peer := &socketNode{}
		peer.core.Store(&core)
		go peer.serve(l)
		log := loadedLog{slog.DiscardHandler, make(chan struct{}, 1)}
		site := &hookSite{t: b, log: slog.New(log)}
		site.save(map[string]string{"hooks/bench.lua": script})
		end := site.run(config.Default(), []node.Node{{Name: "fs", Address: l.Addr().String(), Password: "ClueCon"}}, node.Options{}, teller(func(string) {
			told.Add(1)
			arrived <- struct{}{}
		}))
		if err := site.links[0].AwaitFirst(b.Context()); err != nil {
			b.Fatal(err)
		}
		<-log.loaded
		turn = func(n int) {
			for range n {
				peer.send(nil, bursts)
				<-arrived
			}
		}
		return turn, func() { end(); _ = l.Close(); peer.cut() }
	}
	byLua, stop := run(`on("CHANNEL_HANGUP_COMPLETE", function(e)
	if e:getHeader("Hangup-Cause") == "USER_BUSY" and e:getHeader("Caller-Destination-Number") then tell("") end
end)`)
	defer stop()
	byFilter, stop := run(`on("CHANNEL_HANGUP_COMPLETE", {["Hangup-Cause"] = "USER_BUSY"}, function() tell("") end)`)
	defer stop()
	reading, stop := byESLGo(b, func(e *eslgo.Event) bool {
		return e.GetHeader("Hangup-Cause") == "USER_BUSY" && e.GetHeader("Caller-Destination-Number") != ""
	}, bursts, arrived)
	defer stop()
	ways := []func(int){byLua, byFilter, reading}
	const turn = 5
	type costs struct{ wall, cpu time.Duration } // of one event; without what it takes to send it
	measured := make([][]costs, len(ways))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range max(1, b.N/(turn*burst)) {
		for i, way := range ways {
			cpu, sender := processTime(), threadTime()
			wall := took(func() { way(turn) })
			measured[i] = append(measured[i], costs{wall / (turn * burst), (processTime() - cpu - (threadTime() - sender)) / (turn * burst)})
		}
	}
	report := func(unit string, of func(turn int) float64) {
		var all []float64
		for i := range measured[0] {
			all = append(all, of(i))
		}
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], unit)
	}
	names := []string{"lua", "rejected", "eslgo"}
	for w, name := range names {
		report(name+"-ns", func(i int) float64 { return float64(measured[w][i].wall) })
		report(name+"-cpu-ns", func(i int) float64 { return float64(measured[w][i].cpu) })
	}
	for w, name := range names[:2] {
		report(name+"-x-eslgo", func(i int) float64 { return float64(measured[2][i].wall) / float64(measured[w][i].wall) })
		report(name+"-cpu-x-eslgo", func(i int) float64 { return float64(measured[2][i].cpu) / float64(measured[w][i].cpu) })
	}
}

// processTime returns the processor time of all threads.
func processTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

// byESLGo has eslgo deliver the events to a function.
func byESLGo(b *testing.B, wanted func(*eslgo.Event) bool, bursts []byte, arrived chan struct{}) (turn func(int), stop func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	core := ""
	peer := &socketNode{}
	peer.core.Store(&core)
	go peer.serve(l)
	o := eslgo.DefaultInboundOptions
	o.Logger, o.Password, o.AuthTimeout = nil, "ClueCon", time.Minute
	var end context.CancelFunc
	o.Context, end = context.WithCancel(context.Background())
	conn, err := o.Dial(l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	conn.RegisterEventListener(eslgo.EventListenAll, func(e *eslgo.Event) {
		if wanted(e) {
			arrived <- struct{}{}
		}
	})
	return func(n int) {
		for range n {
			peer.send(nil, bursts)
			<-arrived
		}
	}, func() { end(); peer.cut(); _ = l.Close() }
}
