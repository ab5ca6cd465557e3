package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/switchsim"
)

// BenchmarkCampaignKilled has a list dialled by a process that is killed with kill -9 five
// times, and fails unless each number was dialled exactly as often as its retries say. The
// list has 500 numbers, or as many as ESLUA_CAMPAIGN says.
func BenchmarkCampaignKilled(b *testing.B) {
	size, kills := 500, 5
	if n, err := strconv.Atoi(os.Getenv("ESLUA_CAMPAIGN")); err == nil {
		size = n
	}
	var mu sync.Mutex
	dials := map[string]int{}
	gw := "sofia/gateway/carrier/"
	sim := simulated(b, switchsim.Config{NoJournal: true, Trace: func(e switchsim.Entry) {
		if e.Kind == "begin" {
			number, _, _ := strings.Cut(e.Channel[strings.LastIndexByte(e.Channel, '/')+1:], "@")
			mu.Lock()
			defer mu.Unlock()
			dials[number]++
		}
	}, Endpoints: []switchsim.Endpoint{
		{Dial: gw + "1*", Ring: time.Second},
		{Dial: gw + "2*", Ring: time.Second, Cause: "USER_BUSY"},
		{Dial: gw + "3*", Silent: true},
		{Dial: gw + "4*", Cause: "UNALLOCATED_NUMBER"},
	}})
	dir := b.TempDir()
	write(b, dir, "greet.lua", "session:sleep(2000)")
	write(b, dir, "start.lua", fmt.Sprintf(`local n = 0
local c = campaign{
	name = "siege", list = function() n = n + 1; if n <= %d then return (n %% 4 + 1) .. ("%%06d"):format(n) end end, to = %q,
	on_answer = "greet", timeout = 10, rate = 100, at_once = 200, retries = {busy = 2, ["no answer"] = 1}, retry_after = 2, window = "00:00-24:00",
}
print(c.state, c.added, c.known)`, size, gw+"{number}"))
	write(b, dir, "eslua.yaml", fmt.Sprintf("listen: %s\nstate: %s\nadmin: %s\nstartup: [start]\ncampaigns: {rate: 1000}\nnodes: [{name: fs, address: %q, password: ClueCon}]\nflows: {start: {grants: {campaigns: [siege]}}}\n",
		freeAddress(b), b.TempDir(), dir+"/sock", sim.Addr()))
	binary, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "eslua") // by this name TestMain knows the command
	if err := os.Symlink(binary, file); err != nil {
		b.Fatal(err)
	}
	var running *exec.Cmd
	start := func() {
		running = exec.Command(file, "serve", "--config", dir+"/eslua.yaml", "--scripts", dir)
		out, err := running.StderrPipe()
		if err == nil {
			err = running.Start()
		}
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if text := lines.Text(); strings.Contains(text, "level=ERROR") {
					b.Log(text)
				}
			}
		}()
	}
	start()
	client := admin.NewClient(dir + "/sock")
	done := func() int {
		s, _ := client.Campaign(b.Context(), "siege")
		if s.State == campaign.Ended {
			return 2 * size
		}
		return s.Progress.Done()
	}
	began := time.Now()
	for i := range kills {
		for done() < size*(i+1)/(kills+1) {
			time.Sleep(50 * time.Millisecond)
		}
		_ = running.Process.Kill()
		_ = running.Wait()
		start()
	}
	for done() < 2*size {
		time.Sleep(time.Second)
	}
	took := time.Since(began)
	all := map[string]campaign.Entry{}
	if err := client.CampaignResults(b.Context(), "siege", func(e campaign.Entry) error { all[e.Number] = e; return nil }); err != nil {
		b.Error(err)
	}
	_ = running.Process.Kill()
	_ = running.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(all) != size {
		b.Errorf("%d numbers, not %d", len(all), size)
	}
	for number, e := range all {
		want := map[byte]struct {
			times   int
			outcome string
		}{'1': {1, "answered"}, '2': {3, "busy"}, '3': {2, "no answer"}, '4': {1, "unallocated"}}[number[0]]
		if n := dials[number]; n != want.times || len(e.Attempts) != n || e.Outcome != want.outcome || e.State != campaign.Done {
			text, _ := json.Marshal(e)
			b.Errorf("%s was dialled %d times, not %d, or is not %s: %s", number, n, want.times, want.outcome, text)
		}
	}
	b.ReportMetric(took.Seconds(), "s")
	b.ReportMetric(float64(size), "numbers")
}
