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
// times, and fails if a number was dialled more or less often than its record says, or if
// one whose outcomes were all heard was not dialled as often as the retries say. The list
// has 500 numbers, or as many as ESLUA_CAMPAIGN says.
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
	on_answer = "greet", timeout = 3, rate = 100, at_once = 200, retries = {busy = 2, ["no answer"] = 1}, retry_after = 2, window = "00:00-24:00",
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
	unknown, never, all := 0, 0, map[string]campaign.Entry{}
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
		n, want := dials[number], map[byte]int{'1': 1, '2': 3, '3': 2, '4': 1}[number[0]]
		lost := 0
		for _, a := range e.Attempts {
			if a.Outcome == campaign.Unknown {
				lost++
			}
		}
		text, _ := json.Marshal(e)
		switch {
		case n > len(e.Attempts) || n > want || e.State != campaign.Done || n < len(e.Attempts)-lost:
			b.Errorf("%s was dialled %d times: %s", number, n, text)
		case lost == 0 && n != want:
			b.Errorf("%s was dialled %d times, not %d: %s", number, n, want, text)
		case lost > 0:
			unknown++
			if n < len(e.Attempts) {
				never++
			}
		}
	}
	b.ReportMetric(took.Seconds(), "s")
	b.ReportMetric(float64(unknown), "unknown")
	b.ReportMetric(float64(never), "never-dialled")
}
