package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc/unhurried"
)

// An ordinary call plays two prompts and asks for a digit; its hangup cause shows
// that all of it happened.
const ordinaryFlow = `
session:answer()
session:streamFile("hello.wav")
local digit = session:read(1, 1, "ask.wav", 3600000, "#")
session:streamFile("bye.wav")
session:hangup(digit == "4" and "USER_BUSY" or "CALL_REJECTED")
`

// crowdSize returns how many calls of each kind run at once, and how long a
// hostile one may compute.
func crowdSize() (ordinary, hostile int, burst time.Duration) {
	if testing.Short() {
		return 40, 15, 100 * time.Millisecond
	}
	return 200, 50, 250 * time.Millisecond
}

// TestHostileScriptsHurtNobodyElse runs ordinary calls while others run hostile
// scripts in the same process: every ordinary call ends as it should.
func TestHostileScriptsHurtNobodyElse(t *testing.T) {
	ordinary, hostile, burst := crowdSize()
	crowd(t, ordinary, hostile, burst)
}

// BenchmarkIsolation measures the 99th percentile of the ordinary calls beside
// hostile ones, also as a multiple of the same run without them.
func BenchmarkIsolation(b *testing.B) {
	ordinary, hostile, burst := crowdSize()
	var with, without time.Duration
	for b.Loop() {
		without += percentile99(crowd(b, ordinary, 0, burst))
		with += percentile99(crowd(b, ordinary, hostile, burst))
	}
	b.ReportMetric(with.Seconds()/float64(b.N), "s/p99")
	b.ReportMetric(float64(with)/float64(without), "x-alone")
}

func percentile99(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)*99/100]
}

// crowd runs the ordinary calls and so many hostile ones at once, and returns
// how long each ordinary call took.
func crowd(tb testing.TB, ordinary, hostile int, burst time.Duration) []time.Duration {
	dir := tb.TempDir()
	write(tb, dir, "ordinary.lua", ordinaryFlow)
	attacks := readAttacks(tb)
	for i := range hostile {
		write(tb, dir, fmt.Sprintf("hostile%d.lua", i), attacks[i%len(attacks)])
	}
	cfg := config.Default()
	cfg.Scripts = dir
	cfg.Limits.Burst = config.Duration(burst)
	// Each hostile call that failed is rejected; some attacks end well, as they should.
	cfg.Fallback = config.Fallback{Action: config.Hangup, Data: "NORMAL_TEMPORARY_FAILURE"}
	l := listening(tb)
	_, stop := serving(tb, l, cfg, unhurried.Clock(), nil, seams{})

	sim := simulated(tb, switchsim.Config{
		NoJournal: true,
		Media:     map[string]time.Duration{"hello.wav": 500 * time.Millisecond, "ask.wav": 2 * time.Second, "bye.wav": 500 * time.Millisecond},
		Dialplan: switchsim.Dialplan{"default": {{Match: "^(.*)$", Actions: []switchsim.Action{
			{App: "socket", Data: l.Addr().String() + "/$1 async full"}, {App: "hangup", Data: "NO_ANSWER"},
		}}}},
	})
	var calls sync.WaitGroup
	for i := range hostile {
		calls.Go(func() { <-sim.Call(switchsim.Caller{Number: "666", Destination: fmt.Sprint("hostile", i)}).Done() })
	}
	took := make([]time.Duration, ordinary)
	for i := range took {
		calls.Go(func() {
			begin := time.Now()
			c := sim.Call(switchsim.Caller{Number: "1000", Destination: "ordinary", Script: []switchsim.Step{
				switchsim.OnPlayback("ask.wav").After(time.Second).Press("4"),
			}})
			<-c.Done()
			took[i] = time.Since(begin)
			if c.Cause() != "USER_BUSY" {
				tb.Errorf("an ordinary call ended with %s", c.Cause())
			}
		})
	}
	calls.Wait()
	stop()
	return took
}

func readAttacks(tb testing.TB) []string {
	f, err := os.Open("../../host/script/vm/testdata/attacks.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var sources []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var a struct{ Src string }
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			tb.Fatal(err)
		}
		sources = append(sources, a.Src)
	}
	return sources
}
