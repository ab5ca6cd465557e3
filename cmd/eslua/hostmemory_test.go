//go:build !race

package main

import (
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/unhurried"
)

const (
	hostMemoryEnv = "ESLUA_TEST_HOST_MEMORY" // makes the test binary the child of the test below
	hoarders      = 20
	tooMany       = 10 // of them must end: the others keep at most 10 * 12 MiB
)

// TestHostMemoryChild serves twenty calls that keep memory of which no census knows,
// beside twenty honest ones, until so many have ended that the others may stay, and
// prints the log and how each caller was hung up. Each MiB that the hole keeps, its
// script has worked for: by its work it is found. What an ended call kept is given up
// a little later than its script ends, so that a few more may end.
func TestHostMemoryChild(t *testing.T) {
	if os.Getenv(hostMemoryEnv) == "" {
		return
	}
	if err := syscall.Setrlimit(2, &syscall.Rlimit{Cur: 1 << 30, Max: 1 << 30}); err != nil { // RLIMIT_DATA
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.HostMemory = 128 << 20
	cfg.Fallback = config.Fallback{Action: config.Hangup, Data: "NORMAL_TEMPORARY_FAILURE"}
	cfg.Scripts = directory(t, map[string]string{
		"hoard.lua":  "session:answer()\nfor i = 1, 12 do local s = ('x'):rep(2^20) session:setVariable('a', s:sub(1, 9)) end session:streamFile('long.wav')",
		"honest.lua": `session:answer() session:streamFile("long.wav")`,
	})
	var mu sync.Mutex
	hole := map[*outbound.Call][][]byte{}
	l := listening(t)
	serving(t, l, cfg, unhurried.Clock(), slog.NewTextHandler(os.Stdout, nil), seams{
		traced: func(c *outbound.Call, _ vm.Trace) {
			if strings.HasPrefix(c.Path(), "hoard") {
				mu.Lock()
				defer mu.Unlock()
				hole[c] = append(hole[c], make([]byte, 1<<20))
			}
		},
		ended: func(c *outbound.Call) {
			mu.Lock()
			defer mu.Unlock()
			delete(hole, c)
		},
	})
	sim := simulated(t, switchsim.Config{
		NoJournal: true, Media: map[string]time.Duration{"long.wav": time.Hour},
		Dialplan: switchsim.Dialplan{"default": {{Match: "^(.*)$", Actions: []switchsim.Action{{App: "socket", Data: l.Addr().String() + "/$1 async full"}, {App: "hangup"}}}}},
	})
	calls := map[string][]*switchsim.Call{}
	ended := make(chan struct{}, 2*hoarders)
	for range hoarders {
		for _, flow := range []string{"hoard", "honest"} {
			c := sim.Call(switchsim.Caller{Number: "1000", Destination: flow})
			calls[flow] = append(calls[flow], c)
			go func() {
				<-c.Done()
				ended <- struct{}{}
			}()
		}
	}
	for range tooMany {
		<-ended
	}
	for flow, placed := range calls {
		for _, c := range placed {
			c.Hangup("NORMAL_CLEARING")
			<-c.Done()
			fmt.Println(flow, "ended with", c.Cause())
		}
	}
}

// Calls that keep memory of which nobody knows are ended one by one, each with its
// error and a line that counts them, and the others live.
func TestHostMemoryEndsThoseWhoHoard(t *testing.T) {
	text, errs, state := testproc.Run(t, "", []string{hostMemoryEnv + "=1", "GOMEMLIMIT=256MiB"}, testproc.Binary(t), "-test.run=^TestHostMemoryChild$")
	if !state.Success() {
		t.Fatalf("the process died: %v\n%.3000s", state, text+errs)
	}
	count := func(pattern string) int { return len(regexp.MustCompile(pattern).FindAllString(text, -1)) }
	if n := count(`honest ended with NORMAL_CLEARING`); n != hoarders {
		t.Errorf("%d honest calls were left alone, not %d", n, hoarders)
	}
	for _, pattern := range []string{
		`hoard ended with NORMAL_TEMPORARY_FAILURE`,
		`hoard\.lua:2: host_memory limit of 128 MiB for all runs together reached`,
		`the host's memory is full.*flow=hoard uuid=\S+ heap=\d+ host_memory=134217728 ended=\d+`,
	} {
		if n := count(pattern); n < tooMany {
			t.Errorf("%q is there %d times, at least %d are right", pattern, n, tooMany)
		}
	}
	if t.Failed() {
		t.Logf("%.5000s", text)
	}
}
